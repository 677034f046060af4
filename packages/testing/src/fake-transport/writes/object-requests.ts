import type {
  DeleteOptions,
  JsonPatchOperation,
  KubernetesObject,
  ObjectIdentifier,
} from '@depwatch/core';

import { checkMetadata } from '../objects/given-objects.ts';
import type { FieldWriter } from '../../api-server/apply/managed-fields.ts';
import type { JsonObject } from '../../api-server/http/api-object.ts';
import type { Kinds } from '../kinds/kinds.ts';
import { appliedTo, ownedAfterWrite } from './field-owners.ts';
import type { AnyObject, ObjectWriter, Place } from './object-writer.ts';
import { partOf, patched, replaced, viewOf } from './object-parts.ts';
import { Refusal } from '../answers/refusal.ts';
import { copy } from '../objects/copy.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  noSuchResource,
  notFound,
  versionOnCreate,
} from '../answers/statuses.ts';
import { createSubresource } from './subresources.ts';

/** What writes are sent with. */
export interface RequestOptions {
  readonly subresource: string;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly force: boolean;
}

/**
 * What an API server answers to requests for single objects. What is handed in may be kept, what is handed out may be
 * stored: copies are the caller's business.
 */
export class ObjectRequests {
  readonly #kinds: Kinds;
  readonly #writer: ObjectWriter;
  #generated = 0;

  constructor(kinds: Kinds, writer: ObjectWriter) {
    this.#kinds = kinds;
    this.#writer = writer;
  }

  get(id: ObjectIdentifier, subresource: string): KubernetesObject {
    return viewOf(this.#existing(this.#place('get', id, subresource)), subresource);
  }

  create(id: ObjectIdentifier, object: AnyObject, options: RequestOptions): KubernetesObject {
    const { subresource, dryRun } = options;
    checkMetadata(object);
    if (subresource) {
      const place = this.#place('create', id, subresource);
      return createSubresource(this.#writer, place, this.#existing(place), object, options);
    }
    const { generateName } = object.metadata ?? {};
    const place = id.name
      ? this.#place('create', id, '')
      : this.#placeOfItsOwn(id, generateName ?? '');
    const { resource, subresources } = place.served;
    if (object.metadata?.resourceVersion) throw new Refusal(versionOnCreate());
    if (this.#writer.read(place)) throw new Refusal(alreadyExists(resource, place.name));
    const { status, ...rest } = object;
    const next: AnyObject = subresources.includes('status')
      ? rest
      : { ...rest, ...(status !== undefined && { status }) };
    const owned = ownedAfterWrite(
      place.served,
      undefined,
      next,
      this.#writerOf(place, 'Update', options),
    );
    return this.#writer.store(place, owned, undefined, dryRun);
  }

  update(id: ObjectIdentifier, object: AnyObject, options: RequestOptions): KubernetesObject {
    const place = this.#place('update', id, options.subresource);
    return this.#replace(place, this.#existing(place), object, options);
  }

  patch(
    id: ObjectIdentifier,
    patch: object | readonly JsonPatchOperation[],
    options: RequestOptions,
  ): KubernetesObject {
    const place = this.#place('patch', id, options.subresource);
    const before = this.#existing(place);
    const current = viewOf(before, options.subresource);
    const changed = patched(current, patch);
    const { name, namespace, uid } = changed.metadata ?? {};
    if (name !== place.name || namespace !== place.namespace) {
      throw new Refusal(
        badRequest(
          `the name of the object (${name}) does not match the name on the URL (${place.name})`,
        ),
      );
    }
    if (uid !== current.metadata?.uid) throw this.#immutable(place, 'metadata.uid');
    return this.#replace(place, before, changed, options);
  }

  apply(id: ObjectIdentifier, given: AnyObject, options: RequestOptions): KubernetesObject {
    const { subresource, dryRun, force } = options;
    checkMetadata(given);
    const place = this.#place('patch', id, subresource);
    const { served, name } = place;
    const { metadata = {}, ...rest } = given;
    if (metadata.managedFields) throw new Refusal(badRequest('metadata.managedFields must be nil'));
    const before = subresource ? this.#existing(place) : this.#writer.read(place);
    if (!before && metadata.uid) throw new Refusal(conflict(served.resource, name));
    const writer = this.#writerOf(place, 'Apply', options);
    const applied = partOf(served.subresources, { ...rest, metadata }, subresource);
    const next = appliedTo(served, before, applied as JsonObject, writer, force);
    if (before) {
      const { uid, resourceVersion } = metadata;
      this.#checkPreconditions(place, before, { ...(resourceVersion && { resourceVersion }) });
      if (uid && uid !== before.metadata?.uid) throw this.#immutable(place, 'metadata.uid');
      this.#checkFinalizers(place, before, next);
    }
    return viewOf(this.#writer.store(place, next, before, dryRun), subresource);
  }

  /** @returns the object as it was, or as it is while it waits for its finalizers */
  delete(
    id: ObjectIdentifier,
    { preconditions, propagationPolicy, dryRun }: DeleteOptions,
  ): KubernetesObject {
    const place = this.#place('delete', id, '');
    const before = this.#existing(place);
    this.#checkPreconditions(place, before, preconditions ?? {});
    if (dryRun) return before;
    const finalizer = propagationPolicy && collectorFinalizers[propagationPolicy];
    const marked = this.#writer.delete(place, before, finalizer);
    if (!finalizer) return marked;
    // The garbage collector, which finds nothing to do here: it takes its finalizer away again.
    const finalizers = marked.metadata?.finalizers?.filter((other) => other !== finalizer);
    const released = { ...marked, metadata: { ...marked.metadata, finalizers: finalizers ?? [] } };
    return this.#writer.store(place, copy(released), marked);
  }

  /** @throws what the server refuses requests for such an object with */
  #place(verb: string, id: ObjectIdentifier, subresource: string): Place {
    const served = this.#kinds.byKind(id);
    if (!served) throw new Refusal(noSuchResource());
    const isMade = madeSubresources.has(subresource);
    if (subresource && !served.subresources.includes(subresource)) {
      throw new Refusal(noSuchResource());
    }
    if (!served.resource.verbs.includes(verb) && !isMade) {
      throw new Refusal(methodNotAllowed(verb, served.resource));
    }
    if (subresource && isMade !== (verb === 'create')) {
      throw new Refusal(methodNotAllowed(verb, served.resource));
    }
    return this.#writer.place(served, id);
  }

  #placeOfItsOwn(id: ObjectIdentifier, generateName: string): Place {
    for (;;) {
      this.#generated += 1;
      const name = `${generateName}${String(this.#generated).padStart(5, '0')}`;
      const place = this.#place('create', { ...id, name }, '');
      if (!this.#writer.read(place)) return place;
    }
  }

  #existing(place: Place): AnyObject {
    const found = this.#writer.read(place);
    if (found) return found;
    throw new Refusal(notFound(place.served.resource, place.name));
  }

  #replace(
    place: Place,
    before: AnyObject,
    given: AnyObject,
    options: RequestOptions,
  ): KubernetesObject {
    const { subresource, dryRun } = options;
    const { unconditionalUpdate, subresources } = place.served;
    checkMetadata(given);
    this.#checkPreconditions(place, before, given.metadata ?? {});
    if (!given.metadata?.resourceVersion && !unconditionalUpdate && subresource !== 'scale') {
      const field = 'metadata.resourceVersion';
      throw this.#invalid(place, field, 'Invalid value: 0: must be specified for an update');
    }
    const next = replaced(before, given, subresources, subresource);
    this.#checkFinalizers(place, before, next);
    const writer = this.#writerOf(place, 'Update', options);
    const owned = ownedAfterWrite(place.served, before, next, writer);
    const stored = this.#writer.store(place, owned, before, dryRun);
    return viewOf(stored, subresource);
  }

  #checkPreconditions(
    { served: { resource }, name }: Place,
    { metadata }: KubernetesObject,
    { uid, resourceVersion }: { uid?: string; resourceVersion?: string },
  ): void {
    if (uid && uid !== metadata?.uid) {
      const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata?.uid}). The object might have been deleted and then recreated`;
      throw new Refusal(conflict(resource, name, why));
    }
    if (resourceVersion && resourceVersion !== metadata?.resourceVersion) {
      throw new Refusal(conflict(resource, name));
    }
  }

  #checkFinalizers(place: Place, before: KubernetesObject, next: KubernetesObject): void {
    if (!before.metadata?.deletionTimestamp) return;
    const known = before.metadata.finalizers ?? [];
    const added = (next.metadata?.finalizers ?? []).filter(
      (finalizer) => !known.includes(finalizer),
    );
    if (added.length === 0) return;
    const why = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
    throw this.#invalid(place, 'metadata.finalizers', why);
  }

  #immutable(place: Place, field: string): Refusal {
    return this.#invalid(place, field, 'field is immutable');
  }

  #invalid({ served: { gvk }, name }: Place, field: string, why: string): Refusal {
    return new Refusal(invalid(gvk.kind, name, field, why));
  }

  #writerOf(
    { served: { gvk } }: Place,
    operation: 'Apply' | 'Update',
    { fieldManager, subresource }: RequestOptions,
  ): FieldWriter {
    const apiVersion = gvk.group ? `${gvk.group}/${gvk.version}` : gvk.version;
    return {
      manager: fieldManager,
      operation,
      apiVersion,
      subresource,
      time: this.#writer.timestamp(),
    };
  }
}

/** What can only be created. */
const madeSubresources = new Set(['binding', 'eviction', 'token']);

/** What the garbage collector is waited for by. */
const collectorFinalizers = {
  Background: undefined,
  Foreground: 'foregroundDeletion',
  Orphan: 'orphan',
} as const;

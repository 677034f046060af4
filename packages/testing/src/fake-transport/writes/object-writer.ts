import { isDeepStrictEqual } from 'node:util';

import {
  formatGroupVersion,
  invalidInput,
  type KubernetesObject,
  type ObjectIdentifier,
  objectIdentifierFrom,
  type ObjectMeta,
  validateQuery,
} from '@depwatch/core';

import { checkDefinition } from '../kinds/custom-resources.ts';
import { ownedAfterPut } from './field-owners.ts';
import type { Kinds, ServedKind } from '../kinds/kinds.ts';
import { checkMetadata, copyOfGiven } from '../objects/given-objects.ts';
import { type Change, type ObjectHistory, objectKey } from '../objects/object-history.ts';
import { Refusal } from '../answers/refusal.ts';
import { copy } from '../objects/copy.ts';

/** Where an object stands, or would. */
export interface Place {
  readonly served: ServedKind;
  readonly storage: string;
  readonly key: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A stored object, or one that is about to be. */
export interface AnyObject extends KubernetesObject {
  metadata?: ObjectMeta & { managedFields?: object[] };
  spec?: unknown;
  status?: unknown;
}

/** Stores objects as an API server does: what it fills in, what it ignores, when an object goes. */
export class ObjectWriter {
  readonly #history: ObjectHistory;
  readonly #kinds: Kinds;
  readonly #now: () => number;
  readonly #written: (change: Change) => void;
  #created = 0;

  /** @param written called with each write, once it can be read */
  constructor(
    history: ObjectHistory,
    kinds: Kinds,
    now: () => number,
    written: (change: Change) => void,
  ) {
    this.#history = history;
    this.#kinds = kinds;
    this.#now = now;
    this.#written = written;
  }

  /** Creates or replaces an object, whatever is there: the server's own hand, which no field is owned by. */
  put(object: KubernetesObject): KubernetesObject {
    const given = copyOfGiven(object);
    refusedAsInput(() => checkMetadata(given));
    const place = this.#locate(objectIdentifierFrom(given));
    const before = this.read(place);
    const isTracked = before?.metadata?.managedFields && !given.metadata?.managedFields;
    const next = isTracked ? ownedAfterPut(place.served, before, given) : given;
    return copy(this.store(place, next, before));
  }

  remove(object: ObjectIdentifier | KubernetesObject): KubernetesObject | undefined {
    const place = this.#locate(identify(object));
    const before = this.read(place);
    return before && copy(this.delete(place, before));
  }

  get(object: ObjectIdentifier | KubernetesObject): KubernetesObject | undefined {
    const stored = this.read(this.#locate(identify(object)));
    return stored && copy(stored);
  }

  /** Deletes all objects of a resource, finalizers or not. */
  clear(storage: string): void {
    for (const [key] of this.#history.snapshot(storage)) this.#write(storage, key, () => undefined);
  }

  /** What is stored there; nobody may change it. */
  read({ storage, key }: Place): AnyObject | undefined {
    return this.#history.get(storage, key);
  }

  /**
   * Stores an object, which is the writer's from then on. One that is no other than before is not written again; one
   * whose last finalizer is gone is deleted.
   *
   * @param dryRun does all but that
   * @returns what is stored now, or would be
   */
  store(
    place: Place,
    given: AnyObject,
    before: AnyObject | undefined,
    dryRun = false,
  ): KubernetesObject {
    const { served, storage, key, name, namespace } = place;
    const { namespace: _, ...metadata } = given.metadata ?? {};
    const next: AnyObject = {
      ...given,
      apiVersion: formatGroupVersion(served.gvk),
      kind: served.gvk.kind,
      metadata: { ...metadata, name, ...(namespace && { namespace }) },
    };
    checkDefinition(next);
    this.#fillIn(next, before);
    if (before && isDeepStrictEqual(next, before)) return before;
    if (dryRun) return next;
    if (next.metadata?.deletionTimestamp && !next.metadata.finalizers?.length) {
      this.#write(storage, key, () => undefined);
      return next;
    }
    this.#write(storage, key, (version) => {
      next.metadata!.resourceVersion = String(version);
      return next;
    });
    return next;
  }

  /**
   * Deletes an object; one with finalizers is only marked.
   *
   * @param finalizer one more that it has then
   * @returns its last state, or the marked one
   */
  delete(place: Place, before: AnyObject, finalizer?: string): KubernetesObject {
    const { storage, key } = place;
    const { metadata } = before;
    const finalizers = [...(metadata?.finalizers ?? []), ...(finalizer ? [finalizer] : [])];
    if (finalizers.length === 0) {
      this.#write(storage, key, () => undefined);
      return before;
    }
    if (metadata?.deletionTimestamp) return before;
    const next = copy(before);
    this.#write(storage, key, (version) => {
      Object.assign(next.metadata!, {
        finalizers,
        deletionTimestamp: this.timestamp(),
        deletionGracePeriodSeconds: 0,
        resourceVersion: String(version),
      });
      return next;
    });
    return next;
  }

  /** @throws DepwatchError ERR_INVALID_INPUT when an object of that kind can't be there */
  place(served: ServedKind, { name, namespace: given, selector }: ObjectIdentifier): Place {
    const { resource, gvk, storage } = served;
    const namespace = resource.namespaced ? given : undefined;
    if (!name || selector) throw invalidInput('name: must be set, and no selector');
    if (resource.namespaced && !namespace) {
      throw invalidInput(`metadata.namespace: must be set, since ${gvk.kind} lives in namespaces`);
    }
    for (const [field, value] of Object.entries({ name, namespace })) {
      if (value && /[/%]/.test(value)) {
        throw invalidInput(
          `metadata.${field}: ${JSON.stringify(value)} may not contain "/" or "%"`,
        );
      }
    }
    const inNamespace = namespace && { namespace };
    const key = objectKey({ metadata: { name, ...inNamespace } });
    return { served, storage, key, name, ...inNamespace };
  }

  /** Now, in seconds, as Kubernetes writes it. */
  timestamp(afterMs = 0): string {
    return new Date(this.#now() + afterMs).toISOString().replace(/\.[0-9]+Z$/, 'Z');
  }

  #locate(id: ObjectIdentifier): Place {
    const served = this.#kinds.byKind(id);
    if (served) return this.place(served, id);
    throw invalidInput(
      `kind: ${formatGroupVersion(id)} ${id.kind} is not served; name it in the option "resources" or ` +
        'put its CustomResourceDefinition before it (or call registerKind())',
    );
  }

  /** What the server decides itself, whatever a client sends. */
  #fillIn(next: AnyObject, before: AnyObject | undefined): void {
    const { metadata } = next;
    if (!metadata) return;
    for (const field of serverFields) delete metadata[field];
    for (const field of leftOutFields) {
      if (Object.keys(metadata[field] ?? {}).length === 0) delete metadata[field];
    }
    if (before) {
      for (const field of serverFields) {
        const value = before.metadata?.[field];
        if (value !== undefined) Object.assign(metadata, { [field]: value });
      }
    } else {
      this.#created += 1;
      metadata.uid = `00000000-0000-4000-8000-${String(this.#created).padStart(12, '0')}`;
      metadata.creationTimestamp = this.timestamp();
    }
    if (!Object.hasOwn(next, 'spec')) return;
    const generation = before?.metadata?.generation ?? 0;
    metadata.generation =
      before && isDeepStrictEqual(desired(next), desired(before)) ? generation : generation + 1;
  }

  #write(
    storage: string,
    key: string,
    make: (version: number) => KubernetesObject | undefined,
  ): void {
    this.#written(this.#history.write(storage, key, make));
  }
}

const serverFields = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What metadata leaves out where it is empty. */
const leftOutFields = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** What of an object counts for its generation. */
function desired(object: AnyObject): object {
  const { metadata: _, status: __, ...rest } = object;
  return rest;
}

/** What a server would refuse, in the words of who called. */
function refusedAsInput(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw invalidInput(error.message);
  }
}

function identify(object: ObjectIdentifier | KubernetesObject): ObjectIdentifier {
  if (typeof object !== 'object' || object === null) {
    throw invalidInput('object: expected one, or its identifier');
  }
  if ('version' in object) {
    validateQuery(object);
    return object;
  }
  return objectIdentifierFrom(object);
}

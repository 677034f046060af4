import { randomUUID } from 'node:crypto';

import { applyObject } from '../apply/apply-object.ts';
import {
  isSameButForTimes,
  managersOfCreate,
  managersOfUpdate,
  type TrackedWrite,
  withManagers,
} from '../apply/write-managers.ts';
import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { applyDefaults } from '../kinds/defaults.ts';
import { canonicalObject } from '../kinds/metadata.ts';
import { withPodLabels } from '../kinds/pod-owners.ts';
import type { Registry, Resource } from '../store/registry.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { checkDefined } from '../schemas/check-defined.ts';
import { shownAs, storedForm } from '../schemas/custom-objects.ts';
import { withStoredVersion } from '../schemas/definitions/definition-status.ts';
import { annotationsOf, generatedName, labelsOf, timestamp } from './server-fields.ts';
import {
  alreadyExists,
  badRequest,
  forbidden,
  internalFailure,
  invalid,
  namespaceTerminating,
  notFound,
} from '../http/status.ts';
import { endedPod, isReleased, markedAsDeleted } from './deletion-marks.ts';
import { replacement } from './replacement.ts';
import { type StoredObject, storageKey } from '../store/store.ts';
import { validateObject } from '../validation/validation.ts';
import {
  checkBody,
  checkDeletePreconditions,
  checkPreconditions,
  checkUid,
  inNamespace,
} from './write-checks.ts';
import { typedPatched } from './typed-body.ts';
import type { ApplyOptions, DeleteOptions, WriteOptions, WriteTarget } from './write-options.ts';

/** What a delete did: removed the object, or marked one that finalizers or a grace period keep. */
export interface DeleteResult {
  readonly stored: StoredObject;
  readonly removed: boolean;
}

/** Hears of writes that change more than the object itself. */
export interface WriteObserver {
  /** After each stored write. */
  wrote(resource: Resource, stored: StoredObject, removed: boolean): void;
}

const immortalNamespaces = new Set(['default', 'kube-system', 'kube-public']);

/** All ways in which objects change, with the checks and side effects that the real server gives them. */
export class ObjectWriter {
  readonly #registry: Registry;
  readonly #now: () => Date;
  readonly #observer: WriteObserver;

  constructor(registry: Registry, now: () => Date, observer: WriteObserver) {
    this.#registry = registry;
    this.#now = now;
    this.#observer = observer;
  }

  /** @throws StatusError 400, 403, 404, 409, 422 or 500 as the real server words them */
  create(target: WriteTarget, body: unknown, options: WriteOptions = {}): StoredObject {
    const { resource, namespace, version } = target;
    const { type, table } = resource;
    const object = inNamespace(checkBody(target, body, options), namespace);
    const metadata = asJsonObject(object.metadata);
    if (metadata.resourceVersion) {
      throw internalFailure('resourceVersion should not be set on objects to be created');
    }
    let name = asText(metadata.name);
    const generateName = asText(metadata.generateName);
    if (name === '' && generateName !== '') name = generatedName(generateName);
    if (type.namespaced) this.#checkNamespaceTakesObjects(type, namespace, name);
    const uid = randomUUID();
    const labelled = type.custom ? object : withPodLabels(type.kind, object, name, uid);
    const defaulted = canonicalObject(type, applyDefaults(type, labelled, undefined), {
      ...asJsonObject(labelled.metadata),
      ...labelsOf(type, name, metadata),
      ...annotationsOf(type, object, undefined),
      name,
      namespace,
      uid,
      creationTimestamp: timestamp(this.#now()),
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
      generation: type.generation === 'none' ? metadata.generation : 1,
      managedFields: undefined,
    });
    const write = this.#tracked(type, version, '', options);
    const managedFields = options.managedFields ?? managersOfCreate(write, object, defaulted);
    const created = withManagers(type, defaulted, managedFields);
    target.admit?.(created, undefined);
    const errors = [
      ...validateObject(type, created, undefined),
      ...checkDefined(target, created, undefined, '', options.warn),
    ];
    if (errors.length > 0) throw invalid(type.view ?? type, name, errors);
    if (table.get(storageKey(namespace, name))) throw alreadyExists(type, name);
    return this.#store(resource, namespace, name, created, options);
  }

  /**
   * Replaces an object, or its status alone.
   *
   * @throws StatusError 400, 404, 409, 422 or 500
   */
  update(
    target: WriteTarget,
    name: string,
    subresource: '' | 'status',
    body: unknown,
    options: WriteOptions = {},
  ): StoredObject {
    const { resource, namespace } = target;
    const { type, table } = resource;
    const object = checkBody(target, body, options);
    const metadata = asJsonObject(object.metadata);
    const own = asText(metadata.name);
    if (own !== name) {
      throw badRequest(
        own === ''
          ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
          : `the name of the object (${own}) does not match the name on the URL (${name})`,
      );
    }
    const placed = inNamespace(object, namespace);
    const old = table.get(storageKey(namespace, name));
    if (!old && type.createOnUpdate && subresource === '')
      return this.#createByUpdate(target, name, body, options);
    if (!old) throw notFound(type, name);
    checkPreconditions(type, old, metadata, options.patched);
    return this.#replace(target, old, placed, subresource, options);
  }

  /**
   * Server-side apply, which creates what isn't there.
   *
   * @throws StatusError 400, 404, 409, 422 or 500
   */
  apply(
    target: WriteTarget,
    name: string,
    subresource: '' | 'status',
    applied: JsonObject,
    options: ApplyOptions,
  ): { readonly stored: StoredObject; readonly created: boolean } {
    const { resource, namespace, version } = target;
    const { type, table } = resource;
    const old = table.get(storageKey(namespace, name));
    if (!old && subresource !== '') throw notFound(type, name);
    const write = this.#tracked(type, version, subresource, options);
    const { force = false } = options;
    const { object, managedFields } = applyObject(write, old?.object, name, applied, force);
    const stored = old
      ? this.update(target, name, subresource, object, { ...options, managedFields })
      : this.create(target, object, { ...options, managedFields });
    return { stored, created: !old };
  }

  /**
   * Changes an object by a function of its present state, which a patch is.
   *
   * @throws StatusError 400, 404, 409 or 422, and whatever `change` throws
   */
  patch(
    target: WriteTarget,
    name: string,
    subresource: '' | 'status',
    change: (object: ApiObject) => unknown,
    options: WriteOptions = {},
  ): StoredObject {
    const { resource, namespace, version } = target;
    const { type, table } = resource;
    const old = table.get(storageKey(namespace, name));
    if (!old) throw notFound(type, name);
    const changed = change(shownAs(type, version, old.object));
    const typed = typedPatched(type, changed, options);
    // What there is to say of a built-in kind's fields has been said.
    const { duplicateFields: _told, ...untold } = options;
    const rest = { ...(type.custom ? options : untold), patched: true };
    return this.update(target, name, subresource, typed, rest);
  }

  /** @throws StatusError 403, 404 or 409 */
  delete(target: WriteTarget, name: string, options: DeleteOptions = {}): DeleteResult {
    const { resource, namespace } = target;
    const { type, table } = resource;
    const old = table.get(storageKey(namespace, name));
    if (!old) throw notFound(type, name);
    if (type.kind === 'Namespace' && immortalNamespaces.has(name)) {
      throw forbidden(type, name, 'this namespace may not be deleted');
    }
    checkDeletePreconditions(type, old, options);
    const kept = markedAsDeleted(type, old, options, this.#now());
    if (kept) {
      const isMarked = kept === old.object;
      const stored = isMarked ? old : this.#store(resource, old.namespace, name, kept, options);
      return { stored, removed: false };
    }
    // A pod is marked first even when it has no time to end, and its watchers see that.
    const last =
      type.kind === 'Pod' && !type.custom
        ? this.#store(
            resource,
            old.namespace,
            name,
            endedPod(type, old.object, this.#now()),
            options,
          )
        : old;
    if (!options.dryRun) {
      table.delete(old.key);
      this.#observer.wrote(resource, last, true);
    }
    return { stored: last, removed: true };
  }

  /** Stores an object as the server itself has changed it, spec and status at once. */
  rewrite(
    { resource, namespace }: WriteTarget,
    object: ApiObject,
    options: WriteOptions = {},
  ): StoredObject {
    const { type } = resource;
    const changed = canonicalObject(type, object, object.metadata);
    return this.#store(resource, namespace, object.metadata.name, changed, options);
  }

  /** As a create, but whatever version the object is said to have had; of another uid there is none. */
  #createByUpdate(
    target: WriteTarget,
    name: string,
    body: unknown,
    { warn: _heard, ...options }: WriteOptions,
  ): StoredObject {
    const object = asJsonObject(body);
    const metadata: JsonObject = { ...asJsonObject(object.metadata), resourceVersion: undefined };
    const key = storageKey(target.namespace, name);
    checkUid(target.resource.type, { key, name, uid: '' }, asText(metadata.uid));
    return this.create(target, { ...object, metadata }, options);
  }

  #tracked(
    type: ResourceType,
    version: string,
    subresource: string,
    { fieldManager = 'kube-apiserver', by }: WriteOptions,
  ): TrackedWrite {
    // The real server doesn't note when something was scaled.
    const time = by ? undefined : timestamp(this.#now());
    return { type, version, subresource: by ?? subresource, manager: fieldManager, time };
  }

  #replace(
    { resource, version, admit }: WriteTarget,
    old: StoredObject,
    object: JsonObject,
    subresource: '' | 'status',
    options: WriteOptions,
  ): StoredObject {
    const { type, table } = resource;
    const before = type.view ? old.object : shownAs(type, version, old.object);
    let changed = replacement(type, old, before, object, subresource);
    if (type === customResourceDefinitions) changed = withStoredVersion(changed);
    const write = this.#tracked(type, version, subresource, options);
    const managedFields = options.managedFields ?? managersOfUpdate(write, before, object, changed);
    changed = withManagers(type, changed, managedFields);
    admit?.(changed, before);
    if (isSameButForTimes(old.object, storedForm(type, changed))) return old;
    const errors = [
      ...validateObject(type, changed, before),
      ...checkDefined({ resource, version }, changed, before, subresource, options.warn),
    ];
    if (errors.length > 0) throw invalid(type.view ?? type, old.name, errors);
    if (isReleased(type, changed)) {
      // The last finalizer went: the object goes, and what is answered was never stored.
      if (!options.dryRun) {
        table.delete(old.key);
        this.#observer.wrote(resource, old, true);
      }
      return { ...old, object: changed };
    }
    return this.#store(resource, old.namespace, old.name, changed, options);
  }

  #store(
    resource: Resource,
    namespace: string,
    name: string,
    object: ApiObject,
    { dryRun }: WriteOptions,
  ): StoredObject {
    if (dryRun) {
      return { key: storageKey(namespace, name), namespace, name, object, version: 0 };
    }
    const stored = resource.table.put(namespace, name, (resourceVersion) =>
      canonicalObject(resource.type, storedForm(resource.type, object), {
        ...object.metadata,
        resourceVersion,
      }),
    );
    this.#observer.wrote(resource, stored, false);
    return stored;
  }

  #checkNamespaceTakesObjects(type: ResourceType, namespace: string, name: string): void {
    const namespaces = this.#registry.get('', 'namespaces')!;
    const found = namespaces.table.get(namespace);
    if (!found) throw notFound(namespaces.type, namespace);
    if (found.object.metadata.deletionTimestamp !== undefined) {
      throw namespaceTerminating(type, name, namespace);
    }
  }
}

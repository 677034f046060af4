import { randomUUID } from 'node:crypto';

import {
  asJsonObject,
  type ApiObject,
  asText,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { cleanupFinalizer } from '../kinds/custom-resources.ts';
import { applyDefaults } from '../kinds/defaults.ts';
import { canonicalObject, generationSubject } from '../kinds/metadata.ts';
import type { Registry, Resource } from '../store/registry.ts';
import { formatApiVersion, type ResourceType } from '../kinds/resource-type.ts';
import {
  annotationsOf,
  graceSeconds,
  isKeptNamespace,
  labelsOf,
  randomSuffix,
  timestamp,
} from './server-fields.ts';
import {
  alreadyExists,
  badRequest,
  forbidden,
  internalFailure,
  invalid,
  namespaceTerminating,
  notFound,
} from '../http/status.ts';
import { deletionFinalizers } from './deletion-finalizers.ts';
import { type StoredObject, storageKey } from '../store/store.ts';
import { validateObject } from '../validation/validation.ts';
import {
  checkBody,
  checkDeletePreconditions,
  checkNamespace,
  checkPreconditions,
} from './write-checks.ts';
import type { DeleteOptions, WriteOptions, WriteTarget } from './write-options.ts';

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
    const { resource, namespace } = target;
    const { type, table } = resource;
    const object = checkBody(target, body);
    const metadata = { ...asJsonObject(object.metadata) };
    checkNamespace(metadata, namespace);
    if (metadata.resourceVersion) {
      throw internalFailure('resourceVersion should not be set on objects to be created');
    }
    let name = asText(metadata.name);
    const generateName = asText(metadata.generateName);
    if (name === '' && generateName !== '') name = `${generateName}${randomSuffix()}`;
    if (type.namespaced) this.#checkNamespaceTakesObjects(type, namespace, name);
    const created = canonicalObject(type, applyDefaults(type, object, undefined), {
      ...metadata,
      ...labelsOf(type, name, metadata),
      ...annotationsOf(type, object, undefined),
      name,
      namespace,
      uid: randomUUID(),
      creationTimestamp: timestamp(this.#now()),
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
      generation: type.generation === 'none' ? undefined : 1,
      managedFields: undefined,
    });
    target.admit?.(created, undefined);
    const errors = validateObject(type, created, undefined);
    if (errors.length > 0) throw invalid(type, name, errors);
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
    const object = checkBody(target, body);
    const metadata = asJsonObject(object.metadata);
    const own = asText(metadata.name);
    if (own !== name) {
      throw badRequest(
        own === ''
          ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
          : `the name of the object (${own}) does not match the name on the URL (${name})`,
      );
    }
    checkNamespace(metadata, namespace);
    const old = table.get(storageKey(namespace, name));
    if (!old) throw notFound(type, name);
    checkPreconditions(type, old, metadata);
    return this.#replace(target, old, object, subresource, options);
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
    const apiVersion = formatApiVersion(type.group, version);
    const changed = change({ ...old.object, apiVersion });
    return this.update(target, name, subresource, changed, options);
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
    const marked = this.#mark(resource, old, options);
    if (marked) return { stored: marked, removed: false };
    // A pod is marked first even when it has no time to end, and its watchers see that.
    const last = type.kind === 'Pod' && !type.custom ? this.#markPod(resource, old, options) : old;
    if (!options.dryRun) {
      table.delete(old.key);
      this.#observer.wrote(resource, last, true);
    }
    return { stored: last, removed: true };
  }

  #markPod(resource: Resource, old: StoredObject, options: WriteOptions): StoredObject {
    const { metadata } = old.object;
    const marked = canonicalObject(resource.type, old.object, {
      ...metadata,
      deletionTimestamp: metadata.deletionTimestamp ?? timestamp(this.#now()),
      deletionGracePeriodSeconds: 0,
      generation: (metadata.generation ?? 0) + (metadata.deletionTimestamp === undefined ? 1 : 0),
    });
    return this.#store(resource, old.namespace, old.name, marked, options);
  }

  /** Marks an object as being deleted, where something keeps it. */
  #mark(resource: Resource, old: StoredObject, options: DeleteOptions): StoredObject | undefined {
    const { type } = resource;
    const { metadata } = old.object;
    const { dryRun } = options;
    const grace = graceSeconds(type, old.object, options.gracePeriodSeconds);
    // A definition goes only after its objects.
    const finalizers =
      type === customResourceDefinitions && metadata.deletionTimestamp === undefined
        ? [...(metadata.finalizers ?? []), cleanupFinalizer]
        : isKeptNamespace(type, old)
          ? (metadata.finalizers ?? [])
          : deletionFinalizers(type, metadata.finalizers ?? [], options);
    const kept = finalizers.length > 0 || isKeptNamespace(type, old);
    if (!kept && grace === 0) return undefined;
    if (metadata.deletionTimestamp !== undefined) {
      if (jsonEquals(finalizers, metadata.finalizers ?? [])) return old;
      const told = canonicalObject(type, old.object, { ...metadata, finalizers });
      return this.#store(resource, old.namespace, old.name, told, { dryRun: dryRun ?? false });
    }
    // Namespaces and definitions are marked by the kind itself, without grace and generation.
    const isTwoStep = isKeptNamespace(type, old) || type === customResourceDefinitions;
    const when = new Date(this.#now().getTime() + grace * 1000);
    const changed = canonicalObject(
      type,
      isKeptNamespace(type, old)
        ? { ...old.object, status: { ...asJsonObject(old.object.status), phase: 'Terminating' } }
        : old.object,
      {
        ...metadata,
        finalizers,
        deletionTimestamp: timestamp(when),
        ...(!isTwoStep && { deletionGracePeriodSeconds: grace }),
        ...(!isTwoStep &&
          metadata.generation !== undefined && { generation: metadata.generation + 1 }),
      },
    );
    return this.#store(resource, old.namespace, old.name, changed, { dryRun: dryRun ?? false });
  }

  #replace(
    { resource, admit }: WriteTarget,
    old: StoredObject,
    object: JsonObject,
    subresource: '' | 'status',
    options: WriteOptions,
  ): StoredObject {
    const { type, table } = resource;
    const before = old.object;
    const metadata = asJsonObject(object.metadata);
    const fixed = {
      name: old.name,
      namespace: old.namespace,
      uid: before.metadata.uid,
      resourceVersion: before.metadata.resourceVersion,
      creationTimestamp: before.metadata.creationTimestamp,
      deletionTimestamp: before.metadata.deletionTimestamp,
      deletionGracePeriodSeconds: before.metadata.deletionGracePeriodSeconds,
      generation: before.metadata.generation,
      managedFields: undefined,
    };
    let changed: ApiObject;
    if (subresource === 'status') {
      const { status } = object;
      const { status: _old, ...rest } = before;
      changed = canonicalObject(
        type,
        status === undefined ? rest : { ...rest, status },
        before.metadata,
      );
    } else {
      const { status: _ignored, ...rest } = applyDefaults(type, object, before);
      const status = type.hasStatus ? before.status : object.status;
      changed = canonicalObject(type, status === undefined ? rest : { ...rest, status }, {
        ...metadata,
        ...labelsOf(type, old.name, metadata),
        ...annotationsOf(type, object, before),
        ...fixed,
      });
      const generation = before.metadata.generation;
      if (
        generation !== undefined &&
        !jsonEquals(generationSubject(type, before), generationSubject(type, changed))
      ) {
        changed = { ...changed, metadata: { ...changed.metadata, generation: generation + 1 } };
      }
    }
    admit?.(changed, before);
    if (jsonEquals(before, changed)) return old;
    const errors = validateObject(type, changed, before);
    if (errors.length > 0) throw invalid(type, old.name, errors);
    const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = changed.metadata;
    if (
      deletionTimestamp !== undefined &&
      (deletionGracePeriodSeconds ?? 0) === 0 &&
      (finalizers?.length ?? 0) === 0 &&
      !isKeptNamespace(type, { object: changed })
    ) {
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
      canonicalObject(resource.type, object, { ...object.metadata, resourceVersion }),
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

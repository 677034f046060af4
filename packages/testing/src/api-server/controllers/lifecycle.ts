import { managersOfUpdate } from '../apply/write-managers.ts';
import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { cleanupFinalizer, resourceTypeOf } from '../kinds/custom-resources.ts';
import { canonicalObject } from '../kinds/metadata.ts';
import type { ObjectWriter, WriteObserver } from '../writes/object-writer.ts';
import { compareVersions, type Registry, type Resource } from '../store/registry.ts';
import { resourceKey } from '../kinds/resource-type.ts';
import { definitionStatus, isEstablished } from '../schemas/definitions/definition-status.ts';
import type { StoredObject } from '../store/store.ts';
import { timestamp } from '../writes/server-fields.ts';

/**
 * What the controllers of a real cluster do that clients take for granted: a namespace that is deleted loses its
 * contents, a CustomResourceDefinition brings its resource and takes it along when it goes.
 */
export class Lifecycle implements WriteObserver {
  readonly #registry: Registry;
  readonly #closeWatches: (resource: Resource) => void;
  #writer: ObjectWriter | undefined;
  readonly #terminating = new Set<string>();
  #stopped = false;

  /** @param closeWatches ends the open watches of a resource that is no more */
  constructor(registry: Registry, closeWatches: (resource: Resource) => void) {
    this.#registry = registry;
    this.#closeWatches = closeWatches;
  }

  /** Gives it the writer whose observer it is. */
  start(writer: ObjectWriter): void {
    this.#writer = writer;
  }

  /** Does nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  wrote(resource: Resource, stored: StoredObject, removed: boolean): void {
    const { type } = resource;
    if (type.group === '' && type.resource === 'namespaces') {
      if (!removed && stored.object.metadata.deletionTimestamp !== undefined) {
        this.#terminating.add(stored.name);
        this.#later(() => this.#emptyNamespace(stored.name));
      }
    } else if (type === customResourceDefinitions) {
      if (removed) this.#reconsiderNames(stored);
      else this.#definitionWritten(stored);
    } else if (removed && this.#terminating.has(stored.namespace)) {
      this.#later(() => this.#emptyNamespace(stored.namespace));
    } else if (removed && type.custom) {
      const name = `${type.resource}.${type.group}`;
      if (this.#terminating.has(`crd/${name}`)) this.#later(() => this.#removeDefinition(name));
    }
  }

  /** As controllers do: after the answer to the write. */
  #later(work: () => void): void {
    setImmediate(() => {
      if (!this.#stopped) work();
    });
  }

  #emptyNamespace(name: string): void {
    const namespaces = this.#registry.get('', 'namespaces')!;
    const stored = namespaces.table.get(name);
    if (!stored || stored.object.metadata.deletionTimestamp === undefined) {
      this.#terminating.delete(name);
      return;
    }
    if (this.#deleteAll((resource) => resource.type.namespaced, `${name}/`) > 0) return;
    this.#terminating.delete(name);
    // Without its own finalizer, which stands in the spec; others in the metadata still keep it.
    this.#put(namespaces, stored, { ...stored.object, spec: {} });
    if ((stored.object.metadata.finalizers ?? []).length === 0) {
      this.#writer!.delete({ resource: namespaces, version: 'v1', namespace: '' }, name);
    }
  }

  /** Deletes all objects below a prefix; how many are still there, kept by finalizers. */
  #deleteAll(chosen: (resource: Resource) => boolean, prefix: string): number {
    let left = 0;
    for (const resource of this.#registry.all()) {
      if (!chosen(resource)) continue;
      for (const { name, namespace } of resource.table.list(prefix)) {
        const version = resource.type.storageVersion;
        const options = { gracePeriodSeconds: 0, propagationPolicy: 'Background' } as const;
        const { removed } = this.#writer!.delete({ resource, version, namespace }, name, options);
        if (!removed) left += 1;
      }
    }
    return left;
  }

  #definitionWritten(stored: StoredObject): void {
    const { object } = stored;
    const definitions = this.#registry.get(
      customResourceDefinitions.group,
      customResourceDefinitions.resource,
    )!;
    if (object.metadata.deletionTimestamp !== undefined) {
      this.#terminating.add(`crd/${stored.name}`);
      this.#later(() => this.#removeDefinition(stored.name));
      return;
    }
    const now = timestamp(new Date());
    const status = definitionStatus(object, this.#siblings(stored), now);
    const known = status
      ? this.#put(definitions, stored, withServerStatus(object, status, now))
      : object;
    if (!isEstablished(known)) return;
    const type = resourceTypeOf(object, compareVersions);
    const before = this.#registry.get(type.group, type.resource);
    this.#registry.add(type);
    const dropped = before?.type.versions.some(
      ({ name }) => !type.versions.some((version) => version.name === name),
    );
    if (before && dropped) this.#closeWatches(before);
  }

  /** The other definitions of a group, which names are shared with. */
  #siblings({ name, object }: StoredObject): ApiObject[] {
    const { group, resource } = customResourceDefinitions;
    return this.#registry
      .get(group, resource)!
      .table.list('')
      .filter((other) => other.name !== name && groupOf(other.object) === groupOf(object))
      .map((other) => other.object);
  }

  /** Whoever waited for names that have become free may have them. */
  #reconsiderNames(gone: StoredObject): void {
    const { group, resource } = customResourceDefinitions;
    const { table } = this.#registry.get(group, resource)!;
    for (const { metadata } of this.#siblings(gone)) {
      this.#later(() => {
        const stored = table.get(metadata.name);
        if (stored) this.#definitionWritten(stored);
      });
    }
  }

  #removeDefinition(name: string): void {
    const definitions = this.#registry.get(
      customResourceDefinitions.group,
      customResourceDefinitions.resource,
    )!;
    const stored = definitions.table.get(name);
    if (!stored || stored.object.metadata.deletionTimestamp === undefined) return;
    const type = resourceTypeOf(stored.object, compareVersions);
    const key = resourceKey(type);
    if (this.#deleteAll((resource) => resourceKey(resource.type) === key, '') > 0) return;
    this.#terminating.delete(`crd/${name}`);
    const resource = this.#registry.get(type.group, type.resource);
    this.#registry.remove(type);
    if (resource) this.#closeWatches(resource);
    const { finalizers = [], ...metadata } = stored.object.metadata;
    const others = finalizers.filter((finalizer) => finalizer !== cleanupFinalizer);
    this.#writer!.update({ resource: definitions, version: 'v1', namespace: '' }, name, '', {
      ...stored.object,
      metadata: { ...metadata, finalizers: others },
    });
  }

  #put(resource: Resource, stored: StoredObject, object: ApiObject): ApiObject {
    const { type } = resource;
    const put = resource.table.put(stored.namespace, stored.name, (resourceVersion) =>
      canonicalObject(type, object, { ...object.metadata, resourceVersion }),
    );
    return put.object;
  }
}

function groupOf({ spec }: ApiObject): string {
  return asText(asJsonObject(spec).group);
}

/** A definition whose status the server has set, and owns from then on. */
function withServerStatus(before: ApiObject, status: JsonObject, time: string): ApiObject {
  const after = { ...before, status };
  const manager = 'kube-apiserver';
  const write = {
    type: customResourceDefinitions,
    version: 'v1',
    subresource: 'status',
    manager,
    time,
  };
  const managedFields = managersOfUpdate(write, before, before, after);
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

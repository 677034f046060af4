import type { KubernetesObject } from '@depwatch/core';

import { asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import { isStored } from '../kinds/resource-type.ts';
import type { ObjectWriter } from '../writes/object-writer.ts';
import type { Registry } from './registry.ts';
import { badRequest } from '../http/status.ts';
import { shownAs } from '../schemas/custom-objects.ts';
import { type StoredObject, storageKey } from './store.ts';
import type { WriteTarget } from '../writes/write-options.ts';

/** Names one object. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Left out where the kind is cluster-scoped; else default `default`. */
  readonly namespace?: string;
  readonly name: string;
}

/**
 * The objects of a server, read and written within the process and at once: the checks and side effects are those of a
 * request by an administrator, whose fields are managed by `server.objects`. What is handed out is shared and must not be changed.
 */
export interface ObjectAccess {
  /** @throws Error with the real server's wording when it is refused, such as when it exists */
  create<T extends KubernetesObject>(object: T): T;
  /** Creates the object, or replaces the one of its name. */
  apply<T extends KubernetesObject>(object: T): T;
  /** @throws Error when there is none */
  delete(reference: ObjectReference): void;
  /** The object as it is now; undefined when there is none. */
  get<T extends KubernetesObject>(reference: ObjectReference): T | undefined;
}

/** {@link ObjectAccess} by way of a writer. */
export function createObjectAccess(registry: Registry, writer: ObjectWriter): ObjectAccess {
  const find = (apiVersion: string, kind: string, namespace: string | undefined): WriteTarget => {
    const found = registry.ofKind(apiVersion, kind);
    if (!found)
      throw badRequest(`no kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}`);
    if (!isStored(found.resource.type))
      throw badRequest(`${kind} is not stored, but answered over the wire`);
    const { namespaced } = found.resource.type;
    return { ...found, namespace: namespaced ? namespace || 'default' : '' };
  };
  const targetOf = (object: KubernetesObject): [WriteTarget, JsonObject] => [
    find(object.apiVersion ?? '', object.kind ?? '', object.metadata?.namespace),
    // A copy as the wire makes one, so that nobody's later change reaches what is stored.
    JSON.parse(JSON.stringify(object)) as JsonObject,
  ];
  const options = { fieldManager: 'server.objects' };
  const shown = <T>({ resource: { type }, version }: WriteTarget, { object }: StoredObject): T =>
    shownAs(type, version, object) as unknown as T;
  return {
    create: (object) => {
      const [target, body] = targetOf(object);
      return shown(target, writer.create(target, body, options));
    },
    apply: (object) => {
      const [target, body] = targetOf(object);
      const name = asText(asJsonObject(body.metadata).name);
      const old = target.resource.table.get(storageKey(target.namespace, name));
      if (!old) return shown(target, writer.create(target, body, options));
      const { resourceVersion } = old.object.metadata;
      const metadata = { ...asJsonObject(body.metadata), resourceVersion };
      return shown(target, writer.update(target, name, '', { ...body, metadata }, options));
    },
    delete: ({ apiVersion, kind, namespace, name }) => {
      writer.delete(find(apiVersion, kind, namespace), name);
    },
    get: ({ apiVersion, kind, namespace, name }) => {
      const target = find(apiVersion, kind, namespace);
      const stored = target.resource.table.get(storageKey(target.namespace, name));
      return stored && shown(target, stored);
    },
  };
}

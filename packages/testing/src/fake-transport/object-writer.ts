import { isDeepStrictEqual } from 'node:util';

import {
  formatGroupVersion,
  invalidInput,
  type KubernetesObject,
  type ObjectIdentifier,
  objectIdentifierFrom,
  validateQuery,
} from '@depwatch/core';

import type { Kinds } from './kinds.ts';
import { type Change, type ObjectHistory, objectKey } from './object-history.ts';
import { copy } from './selection.ts';

/** Writes objects as an API server does: what it checks, what it fills in, what it ignores. */
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

  put(object: KubernetesObject): KubernetesObject {
    const { storage, key, served, name, namespace } = this.#locate(objectIdentifierFrom(object));
    const before = this.#history.get(storage, key);
    const given = copy(object);
    const { namespace: _, ...metadata } = given.metadata ?? {};
    const next: KubernetesObject = {
      ...given,
      apiVersion: formatGroupVersion(served.gvk),
      kind: served.gvk.kind,
      metadata: { ...metadata, name, ...(namespace && { namespace }) },
    };
    this.#fillIn(next, before);
    if (before && isDeepStrictEqual(next, before)) return copy(before);
    if (next.metadata?.deletionTimestamp && !next.metadata.finalizers?.length) {
      return this.#delete(storage, key, next);
    }
    this.#write(storage, key, (version) => {
      next.metadata!.resourceVersion = String(version);
      return next;
    });
    return copy(next);
  }

  remove(object: ObjectIdentifier | KubernetesObject): KubernetesObject | undefined {
    const { storage, key } = this.#locate(identify(object));
    const before = this.#history.get(storage, key);
    if (!before) return undefined;
    if (!before.metadata?.finalizers?.length) return this.#delete(storage, key, before);
    if (before.metadata.deletionTimestamp) return copy(before);
    const next = copy(before);
    this.#write(storage, key, (version) => {
      Object.assign(next.metadata!, {
        deletionTimestamp: this.#timestamp(),
        deletionGracePeriodSeconds: 0,
        resourceVersion: String(version),
      });
      return next;
    });
    return copy(next);
  }

  get(object: ObjectIdentifier | KubernetesObject): KubernetesObject | undefined {
    const { storage, key } = this.#locate(identify(object));
    const stored = this.#history.get(storage, key);
    return stored && copy(stored);
  }

  /** Deletes all objects of a resource, finalizers or not. */
  clear(storage: string): void {
    for (const [key, object] of this.#history.snapshot(storage)) this.#delete(storage, key, object);
  }

  #locate(id: ObjectIdentifier) {
    const served = this.#kinds.byKind(id);
    if (!served) {
      throw invalidInput(
        `kind: ${formatGroupVersion(id)} ${id.kind} is not served; registerKind() adds it`,
      );
    }
    const { name, selector } = id;
    const namespace = served.resource.namespaced ? id.namespace : undefined;
    if (!name || selector) throw invalidInput('name: must be set, and no selector');
    if (served.resource.namespaced && !namespace) {
      throw invalidInput(`metadata.namespace: must be set, since ${id.kind} lives in namespaces`);
    }
    for (const [field, value] of Object.entries({ name, namespace })) {
      if (value && /[/%]/.test(value)) {
        throw invalidInput(
          `metadata.${field}: ${JSON.stringify(value)} may not contain "/" or "%"`,
        );
      }
    }
    const key = objectKey({ metadata: { name, ...(namespace && { namespace }) } });
    return { served, storage: served.storage, key, name, namespace };
  }

  /** What the server decides itself, whatever a client sends. */
  #fillIn(next: KubernetesObject, before: KubernetesObject | undefined): void {
    const { metadata } = next;
    if (!metadata) return;
    for (const field of serverFields) delete metadata[field];
    if (before) {
      for (const field of serverFields) {
        const value = before.metadata?.[field];
        if (value !== undefined) Object.assign(metadata, { [field]: value });
      }
    } else {
      this.#created += 1;
      metadata.uid = `00000000-0000-4000-8000-${String(this.#created).padStart(12, '0')}`;
      metadata.creationTimestamp = this.#timestamp();
    }
    if (!Object.hasOwn(next, 'spec')) return;
    const generation = before?.metadata?.generation ?? 0;
    metadata.generation =
      before && isDeepStrictEqual(desired(next), desired(before)) ? generation : generation + 1;
  }

  #delete(storage: string, key: string, last: KubernetesObject): KubernetesObject {
    this.#write(storage, key, () => undefined);
    return copy(last);
  }

  #write(
    storage: string,
    key: string,
    make: (version: number) => KubernetesObject | undefined,
  ): void {
    this.#written(this.#history.write(storage, key, make));
  }

  #timestamp(): string {
    return new Date(this.#now()).toISOString().replace(/\.[0-9]+Z$/, 'Z');
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

/** What of an object counts for its generation. */
function desired(object: KubernetesObject): object {
  const { metadata: _, status: __, ...rest } = object as KubernetesObject & { status?: unknown };
  return rest;
}

function identify(object: ObjectIdentifier | KubernetesObject): ObjectIdentifier {
  if ('version' in object) {
    validateQuery(object);
    return object;
  }
  return objectIdentifierFrom(object);
}

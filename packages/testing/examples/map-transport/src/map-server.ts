import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import {
  formatObjectIdentifier,
  objectIdentifierFrom,
  type KubernetesObject,
  type ObjectIdentifier,
} from '@depwatch/core';

/** One write: what was there before, and what is there since. */
export interface Write {
  readonly version: number;
  readonly before?: KubernetesObject;
  readonly after?: KubernetesObject;
}

/** What a MapTransport talks to: objects in a Map, and the log of how they came to be so. */
export class MapServer {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #log: Write[] = [];
  readonly #listeners = new Set<() => void>();
  #forgotten = 0;

  /** The version of the newest write. */
  get version(): number {
    return this.#log.length;
  }

  /** Versions below this one are forgotten. */
  get oldestVersion(): number {
    return this.#forgotten;
  }

  /** Creates the object, or replaces the one of its name; what waits for its finalizers goes with the last of them. */
  put(object: KubernetesObject): KubernetesObject {
    const key = formatObjectIdentifier(objectIdentifierFrom(object));
    const before = this.#objects.get(key);
    const { uid, creationTimestamp, deletionTimestamp, resourceVersion } = before?.metadata ?? {};
    const metadata = {
      ...structuredClone(object.metadata),
      uid: uid ?? randomUUID(),
      creationTimestamp: creationTimestamp ?? new Date().toISOString(),
      ...(deletionTimestamp && { deletionTimestamp }),
      ...(resourceVersion && { resourceVersion }),
    };
    const after = { ...structuredClone(object), metadata };
    if (isDeepStrictEqual(after, before)) return after;
    if (deletionTimestamp && !metadata.finalizers?.length) return this.#delete(key, after);
    return this.#write(key, before, after);
  }

  /** Deletes an object; one with finalizers is only marked. */
  remove(object: ObjectIdentifier): void {
    const key = formatObjectIdentifier(object);
    const before = this.#objects.get(key);
    if (!before) return;
    const { metadata } = before;
    if (!metadata?.finalizers?.length) return void this.#delete(key, before);
    const deletionTimestamp = metadata.deletionTimestamp ?? new Date().toISOString();
    this.#write(key, before, { ...before, metadata: { ...metadata, deletionTimestamp } });
  }

  /** Everything as it was at a version. */
  at(version: number): KubernetesObject[] {
    const state = new Map<string, KubernetesObject>();
    for (const { before, after } of this.#log.slice(0, version)) {
      const key = formatObjectIdentifier(objectIdentifierFrom((after ?? before)!));
      if (after) state.set(key, after);
      else state.delete(key);
    }
    return [...state.values()];
  }

  /** What was written after a version. */
  since(version: number): readonly Write[] {
    return this.#log.slice(version);
  }

  /** Makes every version so far too old to go on from. */
  compact(): void {
    this.#forgotten = this.version;
  }

  /** Calls `listener` after each write, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #write(
    key: string,
    before: KubernetesObject | undefined,
    after: KubernetesObject,
  ): KubernetesObject {
    const version = this.version + 1;
    const metadata = { ...after.metadata, resourceVersion: String(version) };
    const written = { ...after, metadata };
    this.#objects.set(key, written);
    this.#tell({ version, ...(before && { before }), after: written });
    return structuredClone(written);
  }

  #delete(key: string, last: KubernetesObject): KubernetesObject {
    this.#objects.delete(key);
    this.#tell({ version: this.version + 1, before: last });
    return structuredClone(last);
  }

  #tell(write: Write): void {
    this.#log.push(write);
    for (const listener of this.#listeners) listener();
  }
}

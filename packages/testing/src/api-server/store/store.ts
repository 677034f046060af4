import type { ApiObject } from '../http/api-object.ts';

/** One version of one object. Never changed, so it can be shared by lists, watches and the history. */
export interface StoredObject {
  /** `namespace/name`, or the name alone where the resource is cluster-scoped; what lists are sorted by. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: ApiObject;
  readonly version: number;
}

/** A write, as watches see it. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  /** What the write left; for a delete, the last state with the version of the deletion. */
  readonly current: StoredObject;
  readonly previous?: StoredObject;
}

/** What hears of every write to a table, right after it. */
export type ChangeListener = (change: Change) => void;

/** The one counter that all resources of a server draw their versions from. */
export class VersionCounter {
  #current = 0;

  get current(): number {
    return this.#current;
  }

  next(): number {
    return ++this.#current;
  }
}

/** `namespace/name`, or `name` without a namespace. */
export function storageKey(namespace: string, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/**
 * The objects of one resource and the history of their changes. It knows nothing of HTTP, users or validity: whoever
 * writes has decided already.
 */
export class Table {
  readonly #versions: VersionCounter;
  readonly #historyLimit: number;
  readonly #objects = new Map<string, StoredObject>();
  /** Sorted; kept so by every write, since a list needs order far more often than a key comes or goes. */
  readonly #keys: string[] = [];
  #history: Change[] = [];
  /** The last version whose predecessor state is unknown: history reaches back to just after it. */
  #compacted: number;
  readonly #listeners: ChangeListener[] = [];

  constructor(versions: VersionCounter, historyLimit: number) {
    this.#versions = versions;
    this.#historyLimit = historyLimit;
    this.#compacted = versions.current;
  }

  /** The oldest version that a watch can start from, or a list can show. */
  get oldestVersion(): number {
    return this.#compacted;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Adds one that hears of writes: each resource that shows the objects has its watches. */
  listen(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Stores an object, new or changed, under a new version, which `stamp` puts into it. */
  put(
    namespace: string,
    name: string,
    stamp: (resourceVersion: string) => ApiObject,
  ): StoredObject {
    const key = storageKey(namespace, name);
    const previous = this.#objects.get(key);
    const version = this.#versions.next();
    const current = { key, namespace, name, object: stamp(String(version)), version };
    this.#objects.set(key, current);
    if (!previous) this.#keys.splice(this.#position(key), 0, key);
    this.#record({
      type: previous ? 'MODIFIED' : 'ADDED',
      version,
      current,
      ...(previous && { previous }),
    });
    return current;
  }

  /** Removes an object. */
  delete(key: string): Change | undefined {
    const previous = this.#objects.get(key);
    if (!previous) return undefined;
    const version = this.#versions.next();
    const current = withVersion(previous, version);
    this.#objects.delete(key);
    this.#keys.splice(this.#position(key), 1);
    const change: Change = { type: 'DELETED', version, current, previous };
    this.#record(change);
    return change;
  }

  /** All objects in the order of their keys; with a prefix only those below it. */
  list(prefix = ''): StoredObject[] {
    const found: StoredObject[] = [];
    for (let index = prefix ? this.#position(prefix) : 0; index < this.#keys.length; index += 1) {
      const key = this.#keys[index]!;
      if (prefix && !key.startsWith(prefix)) break;
      found.push(this.#objects.get(key)!);
    }
    return found;
  }

  /** {@link list} as it was at a version that the history still reaches. */
  listAt(version: number, prefix = ''): StoredObject[] {
    const since = this.#firstAfter(version);
    if (since === this.#history.length) return this.list(prefix);
    const state = new Map(this.list(prefix).map((stored) => [stored.key, stored]));
    for (let index = this.#history.length - 1; index >= since; index -= 1) {
      const { current, previous } = this.#history[index]!;
      if (!current.key.startsWith(prefix)) continue;
      if (previous) state.set(current.key, previous);
      else state.delete(current.key);
    }
    return [...state.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** {@link get} as it was at a version that the history still reaches. */
  getAt(version: number, key: string): StoredObject | undefined {
    const later = this.changesAfter(version).find(({ current }) => current.key === key);
    return later ? later.previous : this.#objects.get(key);
  }

  /** What happened after a version that the history still reaches. */
  changesAfter(version: number): readonly Change[] {
    return this.#history.slice(this.#firstAfter(version));
  }

  /** Forgets the history: nothing older than now can be watched or listed. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#versions.current;
  }

  #record(change: Change): void {
    this.#history.push(change);
    // In chunks, so that a write doesn't pay for moving the whole history.
    if (this.#history.length > this.#historyLimit * 1.25 + 16) {
      const dropped = this.#history.splice(0, this.#history.length - this.#historyLimit);
      this.#compacted = dropped.at(-1)!.version;
    }
    for (const listener of this.#listeners) listener(change);
  }

  #firstAfter(version: number): number {
    return lowerBound(this.#history.length, (index) => this.#history[index]!.version > version);
  }

  #position(key: string): number {
    return lowerBound(this.#keys.length, (index) => this.#keys[index]! >= key);
  }
}

/** A copy that carries another resourceVersion. */
export function withVersion(stored: StoredObject, version: number): StoredObject {
  const { object } = stored;
  const metadata = { ...object.metadata, resourceVersion: String(version) };
  return { ...stored, object: { ...object, metadata }, version };
}

/** The first index in 0..length for which `holds`, given that it holds for all after it, too. */
function lowerBound(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

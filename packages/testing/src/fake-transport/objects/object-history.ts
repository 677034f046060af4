import type { KubernetesObject } from '@depwatch/core';

/** One write: `before` is absent when it created the object, `after` when it deleted it. */
export interface Change {
  readonly version: number;
  readonly storage: string;
  readonly before?: KubernetesObject;
  readonly after?: KubernetesObject;
}

/** Objects by key, in the order in which a list shows them. */
export type Snapshot = readonly (readonly [key: string, object: KubernetesObject])[];

/**
 * The objects of an API server and every write that led to them, as etcd keeps them: one version number for all
 * resources, and the past until it is compacted. It hands out its own objects, which nobody may change.
 */
export class ObjectHistory {
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  #changes: Change[] = [];
  #version = 1;
  #compacted = 0;

  /** The version of the newest write. */
  get version(): number {
    return this.#version;
  }

  /** The oldest version whose successors are all known. */
  get compacted(): number {
    return this.#compacted;
  }

  get(storage: string, key: string): KubernetesObject | undefined {
    return this.#objects.get(storage)?.get(key);
  }

  /**
   * Makes one write: stores what `make` returns for the version it is given, or deletes the object when that is
   * undefined.
   */
  write(
    storage: string,
    key: string,
    make: (version: number) => KubernetesObject | undefined,
  ): Change {
    const version = (this.#version += 1);
    let objects = this.#objects.get(storage);
    if (!objects) this.#objects.set(storage, (objects = new Map()));
    const before = objects.get(key);
    const after = make(version);
    if (after) objects.set(key, after);
    else objects.delete(key);
    const change = { version, storage, ...(before && { before }), ...(after && { after }) };
    this.#changes.push(change);
    return change;
  }

  /** What is stored of a resource now, or was stored at a `version` that is not compacted, sorted as etcd sorts its keys. */
  snapshot(storage: string, version = this.#version): Snapshot {
    const objects = new Map(this.#objects.get(storage));
    for (const change of this.since(storage, version).reverse()) {
      if (change.before) objects.set(objectKey(change.before), change.before);
      else if (change.after) objects.delete(objectKey(change.after));
    }
    return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The writes of a resource after `version`, oldest first; only those that have not been compacted. */
  since(storage: string, version: number): Change[] {
    let first = this.#changes.length;
    while (first > 0 && this.#changes[first - 1]!.version > version) first -= 1;
    return this.#changes.slice(first).filter((change) => change.storage === storage);
  }

  /**
   * Goes back to a version that is not compacted, as etcd does that is restored from a backup: what was written since
   * never happened, and its versions will be given to other writes.
   */
  restore(version: number): void {
    for (const [storage, objects] of this.#objects) {
      const earlier = this.snapshot(storage, version);
      objects.clear();
      for (const [key, object] of earlier) objects.set(key, object);
    }
    this.#changes = this.#changes.filter((change) => change.version <= version);
    this.#version = version;
  }

  /** Forgets the past: every version up to now is too old afterwards, since one more write has happened since. */
  compact(): void {
    this.#version += 1;
    this.#compacted = this.#version;
    this.#changes = [];
  }
}

/** Where an object stands within its resource. A namespace holds no slash. */
export function objectKey({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name}`;
}

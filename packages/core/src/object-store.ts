import type { KubernetesObject } from './kubernetes-object.ts';
import type { WatchEvent } from './ports/transport.ts';

/** How an object changed, between two states that a watch showed. */
export type ChangeType = 'added' | 'modified' | 'deleted';

/**
 * What one watch has shown: the newest state of each object, in the order of the list, under namespace and name.
 *
 * A relist is staged piece by piece and takes effect at once, in `commit`. Every operation returns which kinds of real
 * change it made: an object that comes again in the version that is already here is none.
 *
 * @typeParam Kept what is kept of an object, at least its uid and resourceVersion
 */
export class ObjectStore<Kept extends KubernetesObject = KubernetesObject> {
  readonly #keep: (object: KubernetesObject) => Kept;
  #objects = new Map<string, Kept>();
  #staged: Map<string, Kept> | undefined;
  #values: readonly Kept[] | undefined;

  /** @param keep what to keep of an object: the object itself, frozen say, or only its versions */
  constructor(keep: (object: KubernetesObject) => Kept) {
    this.#keep = keep;
  }

  /** How many objects there are. */
  get size(): number {
    return this.#objects.size;
  }

  /** The objects, in the order of the list; the same frozen array until something changes. */
  values(): readonly Kept[] {
    this.#values ??= Object.freeze([...this.#objects.values()]);
    return this.#values;
  }

  /** Adds objects to the state that the next `commit` makes the current one. */
  stage(objects: readonly KubernetesObject[]): void {
    this.#staged ??= new Map();
    for (const object of objects) this.#staged.set(keyOf(object), this.#keep(object));
  }

  /** As {@link apply}, on the staged state: a streaming list may show one object twice. */
  stageEvents(events: readonly WatchEvent[]): void {
    const staged = (this.#staged ??= new Map());
    for (const event of events) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') staged.delete(keyOf(event.object));
      else staged.set(keyOf(event.object), this.#keep(event.object));
    }
  }

  /** Drops what is staged. */
  discard(): void {
    this.#staged = undefined;
  }

  /** Replaces the objects by the staged ones (none, when nothing was staged), all at once. */
  commit(): ReadonlySet<ChangeType> {
    const before = this.#objects;
    const after = this.#staged ?? new Map<string, Kept>();
    let changes = noChanges;
    for (const [key, object] of after) {
      const known = before.get(key);
      if (known === undefined) changes = and(changes, 'added');
      else if (!sameVersion(known, object)) changes = and(changes, 'modified');
    }
    for (const key of before.keys()) {
      if (!after.has(key)) {
        changes = and(changes, 'deleted');
        break;
      }
    }
    this.#objects = after;
    this.#staged = undefined;
    this.#values = undefined;
    return changes;
  }

  /** Applies the events of a watch, in their order. */
  apply(events: readonly WatchEvent[]): ReadonlySet<ChangeType> {
    let changes = noChanges;
    for (const event of events) {
      const change = this.#applyOne(event);
      if (change) changes = and(changes, change);
    }
    if (changes.size > 0) this.#values = undefined;
    return changes;
  }

  #applyOne(event: WatchEvent): ChangeType | undefined {
    if (event.type === 'BOOKMARK') return undefined;
    const key = keyOf(event.object);
    const known = this.#objects.get(key);
    if (event.type === 'DELETED') {
      // The delete of an object that another with its name has replaced must not remove that other.
      if (!known || !sameUid(known, event.object)) return undefined;
      this.#objects.delete(key);
      return 'deleted';
    }
    if (known && sameVersion(known, event.object)) return undefined;
    this.#objects.set(key, this.#keep(event.object));
    return known ? 'modified' : 'added';
  }
}

const noChanges: ReadonlySet<ChangeType> = new Set();
/** Most events come alone, and make one change. */
const only: Readonly<Record<ChangeType, ReadonlySet<ChangeType>>> = {
  added: new Set(['added']),
  modified: new Set(['modified']),
  deleted: new Set(['deleted']),
};

function and(changes: ReadonlySet<ChangeType>, change: ChangeType): ReadonlySet<ChangeType> {
  if (changes.size === 0) return only[change];
  return changes.has(change) ? changes : new Set([...changes, change]);
}

/** Keeps of an object what tells its versions apart, for watches whose objects nobody reads. */
export function keepVersion(object: KubernetesObject): KubernetesObject {
  const { uid, resourceVersion } = object.metadata ?? {};
  return {
    metadata: {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
  };
}

/** Unique within a kind: a namespace holds no slash. */
function keyOf({ metadata }: KubernetesObject): string {
  return metadata?.namespace ? `${metadata.namespace}/${metadata.name}` : `${metadata?.name}`;
}

function sameUid(a: KubernetesObject, b: KubernetesObject): boolean {
  return a.metadata?.uid === b.metadata?.uid;
}

function sameVersion(a: KubernetesObject, b: KubernetesObject): boolean {
  // An object without a resourceVersion (a hand-made fake's) can't be told from its next state.
  return (
    sameUid(a, b) &&
    a.metadata?.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata?.resourceVersion
  );
}

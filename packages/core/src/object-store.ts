import type { KubernetesObject } from './kubernetes-object.ts';
import type { WatchEvent } from './ports/transport.ts';
import { sameJson } from './same-json.ts';

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
  readonly #keepsContent: boolean;
  #objects = new Map<string, Kept>();
  #staged: Map<string, Kept> | undefined;
  #values: readonly Kept[] | undefined;
  /** Whether a change has always come with another version. */
  #versionsMove = true;

  /**
   * @param keep what to keep of an object: the object itself, frozen say, or only its versions
   * @param keepsContent whether what is kept can be compared: without that, an object that is said to be modified is
   */
  constructor(keep: (object: KubernetesObject) => Kept, keepsContent = true) {
    this.#keep = keep;
    this.#keepsContent = keepsContent;
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

  /** Whether versions tell the states of objects apart; a server whose versions do not move can't be resumed from one. */
  get versionsMove(): boolean {
    return this.#versionsMove;
  }

  /** How many objects are staged. */
  get stagedSize(): number {
    return this.#staged?.size ?? 0;
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
    // No two writes have the same version, so no two objects have.
    const [first, second] = after.values();
    const shared = first && second && versionOf(first);
    if (shared && shared === versionOf(second)) this.#versionsMove = false;
    let changes = noChanges;
    for (const [key, object] of after) {
      const known = before.get(key);
      if (known === undefined) changes = and(changes, 'added');
      else if (!this.#isSame(known, object)) changes = and(changes, 'modified');
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

  /**
   * Applies the events of a watch, in their order: all of them, or none where one has an object that can't be kept.
   *
   * @throws what `keep` throws
   */
  apply(events: readonly WatchEvent[]): ReadonlySet<ChangeType> {
    if (events.length === 1) return this.#applyOne(events[0]!, noChanges);
    const kept = events.map((event) =>
      event.type === 'BOOKMARK' || event.type === 'DELETED' ? undefined : this.#keep(event.object),
    );
    let changes = noChanges;
    for (const [index, event] of events.entries()) {
      changes = this.#applyOne(event, changes, kept[index]);
    }
    return changes;
  }

  #applyOne(
    event: WatchEvent,
    changes: ReadonlySet<ChangeType>,
    kept?: Kept,
  ): ReadonlySet<ChangeType> {
    if (event.type === 'BOOKMARK') return changes;
    const key = keyOf(event.object);
    const known = this.#objects.get(key);
    if (event.type === 'DELETED') {
      // The delete of an object that another with its name has replaced must not remove that other.
      if (!known || isOther(known, event.object)) return changes;
      this.#objects.delete(key);
      this.#values = undefined;
      return and(changes, 'deleted');
    }
    const object = kept ?? this.#keep(event.object);
    if (known && !isOther(known, object) && versionOf(known) === versionOf(object)) {
      // A version that is here already: either the object comes once more, or versions do not move with what they stand for.
      // What keeps no content can only take the server's word.
      const isTold = event.type === 'MODIFIED' && !this.#keepsContent;
      if (!isTold && sameJson(known, object)) return changes;
      if (versionOf(object)) this.#versionsMove = false;
    }
    this.#objects.set(key, object);
    this.#values = undefined;
    return and(changes, known ? 'modified' : 'added');
  }

  /** Whether an object that is listed anew is as it was; by its content where its version does not tell. */
  #isSame(known: Kept, object: Kept): boolean {
    if (isOther(known, object)) return false;
    const version = versionOf(known);
    if (version !== versionOf(object)) return false;
    if (version === undefined) return sameJson(known, object);
    return this.#versionsMove || (this.#keepsContent && sameJson(known, object));
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

/**
 * Keeps of an object what tells its states apart, for watches whose objects nobody reads: its uid and version, or the whole
 * object where it has no version.
 */
export function keepVersion(object: KubernetesObject): KubernetesObject {
  const { uid, resourceVersion } = object.metadata ?? {};
  if (!resourceVersion) return object;
  return { metadata: { ...(uid !== undefined && { uid }), resourceVersion } };
}

/** Unique within a kind: a namespace holds no slash. */
function keyOf({ metadata }: KubernetesObject): string {
  return metadata?.namespace ? `${metadata.namespace}/${metadata.name}` : `${metadata?.name}`;
}

/** Whether it is another object of the same name. A server that gives no uid is believed to mean this one. */
function isOther(a: KubernetesObject, b: KubernetesObject): boolean {
  const uid = a.metadata?.uid;
  return Boolean(uid && b.metadata?.uid && uid !== b.metadata.uid);
}

/** An empty version is none. */
function versionOf({ metadata }: KubernetesObject): string | undefined {
  return metadata?.resourceVersion || undefined;
}

import type { KubernetesObject } from './kubernetes-object.ts';
import type { WatchEvent } from './ports/transport.ts';
import { compareResourceVersions } from './resource-version.ts';
import { sameJson } from './same-json.ts';
import { SmallMap } from './small-map.ts';

/** How an object changed, between two states that a watch showed. */
export type ChangeType = 'added' | 'modified' | 'deleted';

/** One object's change. */
export interface ObjectChange<Kept extends KubernetesObject = KubernetesObject> {
  readonly type: ChangeType;
  /** `namespace/name`, or the name alone; unique within a kind. */
  readonly key: string;
  /** What was kept of it before; undefined when it was added. */
  readonly before: Kept | undefined;
  /** What is kept of it now; undefined when it was deleted. */
  readonly after: Kept | undefined;
}

/**
 * What one watch has shown: the newest state of each object, in the order of the list, under namespace and name.
 *
 * A relist is staged piece by piece and takes effect at once, in `commit`. Every operation returns which kinds of real
 * change it made: an object that comes again in the version that is already here is none.
 *
 * @typeParam Kept what is kept of an object, at least its uid and resourceVersion
 */
export class ObjectStore<Kept extends KubernetesObject = KubernetesObject> {
  readonly #keep: (object: KubernetesObject, key: string) => Kept;
  readonly #keepsContent: boolean;
  readonly #isContent: (kept: Kept) => boolean;
  /** Undefined until there is one. */
  #objects: SmallMap<string, Kept> | undefined;
  #staged: SmallMap<string, Kept> | undefined;
  /** The keys of what is staged in the version that is here, and with another content. */
  #unlike: Set<string> | undefined;
  #values: readonly Kept[] | undefined;
  /** Whether a change has always come with another version. */
  #versionsMove = true;

  /**
   * @param keep what to keep of an object, of this key: the object itself, frozen say, or only its versions
   * @param keepsContent whether what is kept can be compared: without that, an object that is said to be modified is
   * @param isContent whether what is kept of one object can be compared, where that isn't so of all
   */
  constructor(
    keep: (object: KubernetesObject, key: string) => Kept,
    keepsContent = true,
    isContent: (kept: Kept) => boolean = () => keepsContent,
  ) {
    this.#keep = keep;
    this.#keepsContent = keepsContent;
    this.#isContent = isContent;
  }

  /** How many objects there are. */
  get size(): number {
    return this.#objects?.size ?? 0;
  }

  /** The objects, in the order of the list; the same frozen array until something changes. */
  values(): readonly Kept[] {
    this.#values ??= Object.freeze(this.#objects?.values() ?? []);
    return this.#values;
  }

  /** Whether versions tell the states of objects apart; a server whose versions do not move can't be resumed from one. */
  get versionsMove(): boolean {
    return this.#versionsMove;
  }

  /** Compares objects by their content from now on, whatever their versions say. */
  compareByContent(): void {
    this.#versionsMove = false;
  }

  /** How many objects are staged. */
  get stagedSize(): number {
    return this.#staged?.size ?? 0;
  }

  /** Adds objects to the state that the next `commit` makes the current one. */
  stage(objects: readonly KubernetesObject[]): void {
    this.#staged ??= new SmallMap();
    for (const object of objects) this.#stageOne(object, objectKey(object));
  }

  /**
   * As {@link apply}, on the staged state: a streaming list may show one object twice. Servers were seen to tell of one late,
   * too, once they had shown what came of it.
   */
  stageEvents(events: readonly WatchEvent[]): void {
    const staged = (this.#staged ??= new SmallMap());
    for (const event of events) {
      if (event.type === 'BOOKMARK') continue;
      const { object } = event;
      const key = objectKey(object);
      const known = staged.get(key);
      if (event.type !== 'DELETED') {
        if (!known || !isOlder(object, known)) this.#stageOne(object, key);
      } else if (known && !isOther(known, object)) {
        staged.delete(key);
        this.#unlike?.delete(key);
      }
    }
  }

  /**
   * A list is compared with what is here as it comes in, since all of it at once would hold up the event loop. A version says
   * when an object was written, not how it is read: a schema with other defaults, or another conversion, changes that, and what
   * was restored from a backup and written anew may have a version that another state had.
   */
  #stageOne(object: KubernetesObject, key: string): void {
    const after = this.#keep(object, key);
    this.#staged!.set(key, after);
    const before = this.#objects?.get(key);
    if (before && versionOf(before) === versionOf(after) && this.#differs(before, after)) {
      (this.#unlike ??= new Set()).add(key);
    } else {
      this.#unlike?.delete(key);
    }
  }

  #differs(before: Kept, after: Kept): boolean {
    if (versionOf(after) !== undefined && !(this.#isContent(before) && this.#isContent(after)))
      return false;
    return !sameJson(before, after);
  }

  /** Drops what is staged. */
  discard(): void {
    this.#staged = undefined;
    this.#unlike = undefined;
  }

  /** Replaces the objects by the staged ones (none, when nothing was staged), all at once. */
  commit(): readonly ObjectChange<Kept>[] {
    const old = this.#objects;
    const fresh = this.#staged ?? new SmallMap<string, Kept>();
    if (fresh.size > 1) {
      // No two writes have the same version, so no two objects have.
      const [first, second] = fresh.values();
      const shared = versionOf(first!);
      if (shared && shared === versionOf(second!)) this.#versionsMove = false;
    }
    const unlike = this.#unlike;
    this.#objects = fresh;
    this.discard();
    this.#values = undefined;
    return !old || old.size === 0 ? added(fresh) : this.#changes(old, fresh, unlike);
  }

  #changes(
    old: SmallMap<string, Kept>,
    fresh: SmallMap<string, Kept>,
    unlike: ReadonlySet<string> | undefined,
  ): readonly ObjectChange<Kept>[] {
    const changes: ObjectChange<Kept>[] = [];
    fresh.forEach((after, key) => {
      const before = old.get(key);
      if (before === undefined) changes.push({ type: 'added', key, before, after });
      else if (unlike?.has(key) || !this.#isSame(before, after))
        changes.push({ type: 'modified', key, before, after });
    });
    old.forEach((before, key) => {
      if (!fresh.has(key)) changes.push({ type: 'deleted', key, before, after: undefined });
    });
    return changes;
  }

  /** What is kept of an object, by its {@link ObjectChange.key}. */
  get(key: string): Kept | undefined {
    return this.#objects?.get(key);
  }

  /** The keys of the objects, in the order of the list. */
  keys(): Iterable<string> {
    return this.#objects?.keys() ?? [];
  }

  /**
   * Keeps `kept` of an object from now on, which is no change: it is another form of the state that is here.
   *
   * @returns whether it is; of another object, or of another version, nothing is kept
   */
  adopt(kept: Kept): boolean {
    const key = objectKey(kept);
    const known = this.#objects?.get(key);
    const version = versionOf(kept);
    if (!known || !version || version !== versionOf(known) || isOther(known, kept)) return false;
    this.#objects?.set(key, kept);
    this.#values = undefined;
    return true;
  }

  /**
   * Applies the events of a watch, in their order: all of them, or none where one has an object that can't be kept.
   *
   * @throws what `keep` throws
   */
  apply(events: readonly WatchEvent[]): readonly ObjectChange<Kept>[] {
    const changes: ObjectChange<Kept>[] = [];
    if (events.length === 1) {
      this.#applyOne(events[0]!, changes);
      return changes;
    }
    const kept = events.map((event) =>
      event.type === 'BOOKMARK' || event.type === 'DELETED'
        ? undefined
        : this.#keep(event.object, objectKey(event.object)),
    );
    for (const [index, event] of events.entries()) this.#applyOne(event, changes, kept[index]);
    return changes;
  }

  #applyOne(event: WatchEvent, changes: ObjectChange<Kept>[], kept?: Kept): void {
    if (event.type === 'BOOKMARK') return;
    const key = objectKey(event.object);
    const objects = (this.#objects ??= new SmallMap());
    const before = objects.get(key);
    if (event.type === 'DELETED') {
      // The delete of an object that another with its name has replaced must not remove that other.
      if (!before || isOther(before, event.object)) return;
      objects.delete(key);
      this.#values = undefined;
      changes.push({ type: 'deleted', key, before, after: undefined });
      return;
    }
    const after = kept ?? this.#keep(event.object, key);
    if (before && !isOther(before, after) && versionOf(before) === versionOf(after)) {
      // A version that is here already: either the object comes once more, or versions do not move with what they stand for.
      // What keeps no content can only take the server's word.
      const isTold = event.type === 'MODIFIED' && !this.#keepsContent;
      if (!isTold && this.#isSameContent(before, after)) return;
      if (versionOf(after)) this.#versionsMove = false;
    }
    objects.set(key, after);
    this.#values = undefined;
    changes.push({ type: before ? 'modified' : 'added', key, before, after });
  }

  /** Whether two objects of one version are the same; where no content is kept, the version speaks for it. */
  #isSameContent(before: Kept, after: Kept): boolean {
    return (!this.#keepsContent && versionOf(after) !== undefined) || sameJson(before, after);
  }

  /** Whether an object that is listed anew, and is not known to be unlike what was here, is as it was. */
  #isSame(known: Kept, object: Kept): boolean {
    if (isOther(known, object)) return false;
    const version = versionOf(known);
    if (version !== versionOf(object)) return false;
    return this.#versionsMove || version === undefined || this.#isContent(object);
  }
}

/**
 * Keeps of an object what tells its states apart, for watches whose objects nobody reads: its uid and version, or the whole
 * object where it has no version.
 */
export function keepVersion(object: KubernetesObject): KubernetesObject {
  const { uid, resourceVersion } = object.metadata ?? {};
  if (!resourceVersion) return object;
  return { metadata: uid === undefined ? { resourceVersion } : { uid, resourceVersion } };
}

/** The key of an object in a store: `namespace/name`, or the name alone. Unique within a kind: a namespace holds no slash. */
export function objectKey({ metadata }: KubernetesObject): string {
  return metadata?.namespace ? `${metadata.namespace}/${metadata.name}` : `${metadata?.name}`;
}

/** What a first list changes; exactly as long as it has to be, since there may be thousands of stores of one object. */
function added<Kept extends KubernetesObject>(
  fresh: SmallMap<string, Kept>,
): readonly ObjectChange<Kept>[] {
  const values = fresh.values();
  return fresh
    .keys()
    .map((key, index) => ({ type: 'added', key, before: undefined, after: values[index] }));
}

/** Whether it is another object of the same name. A server that gives no uid is believed to mean this one. */
function isOther(a: KubernetesObject, b: KubernetesObject): boolean {
  const uid = a.metadata?.uid;
  return Boolean(uid && b.metadata?.uid && uid !== b.metadata.uid);
}

/** Whether an object is known to be of an earlier version than another. */
function isOlder(object: KubernetesObject, than: KubernetesObject): boolean {
  return (compareResourceVersions(versionOf(object), versionOf(than)) ?? 0) < 0;
}

/** An empty version is none. */
function versionOf({ metadata }: KubernetesObject): string | undefined {
  return metadata?.resourceVersion || undefined;
}

import type {
  Cached,
  KubernetesObject,
  ObjectClient,
  ObjectIdentifier,
  ReconcileContext,
} from '@depwatch/core';
import type { DependOptions, WatchStatus } from '@depwatch/dynamic-watcher';

/**
 * What a reconcile reads and writes with. What it reads is what wakes it, until its next reconcile has read something else. Its
 * parts may be taken out of it, and it may be copied by spread.
 */
export interface ReadContext extends ReconcileContext {
  /**
   * One object. Those of the own kind, and of kinds in `owns`, come from the lists that the controller holds anyway. With
   * `metadataOnly` in the identifier its metadata is all that is fetched, kept and returned, and each of its changes wakes all
   * the same: for what is better not kept, such as a Secret, whose data `client.get` reads when it is needed.
   *
   * @returns the object, deeply frozen and shared; undefined when there is none
   * @throws DepwatchError as the dynamic watcher's `get`
   */
  get<K = KubernetesObject>(
    id: ObjectIdentifier,
    options?: DependOptions,
  ): Promise<Cached<K> | undefined>;
  /** The objects that a selector selects; without one, all of the kind. @throws DepwatchError as the dynamic watcher's `list` */
  list<K = KubernetesObject>(
    query: ObjectIdentifier,
    options?: DependOptions,
  ): Promise<readonly Cached<K>[]>;
  /**
   * What this reconcile has asked for so far and can't be seen: those reads gave undefined or nothing, which doesn't mean that there
   * is nothing. It grows with the reads, so look at it after them.
   */
  readonly unavailable: readonly WatchStatus[];
  /**
   * Writes, and reads that wake nobody. What it writes and deletes is remembered: this object's next reconcile begins once the
   * cache shows it, or after 5 s. By default it writes as the controller's field manager. It ends with the reconcile: what is written later is
   * refused with ERR_ABORTED.
   */
  readonly client: ObjectClient;
}

/** Options of `apply`. */
export interface ControllerApplyOptions {
  /**
   * Makes the object ours: sets its controller reference to the object that is reconciled, and takes back the fields that
   * others have changed. What is there already and belongs to nobody, or to another controller, is a conflict. @default false
   */
  owned?: boolean;
  /** Takes over the fields of other managers; with `owned` also an object that belongs to nobody. @default false */
  force?: boolean;
}

/** What more an event may say. */
export interface EventOptions {
  /** What was done, or not: one CamelCase word. @default the reason */
  action?: string;
  /** Another object that it is about. */
  related?: ObjectIdentifier;
}

/** A status in parts: a field that is null is taken away. */
export type StatusPatch<T> = T extends { status?: infer Status }
  ? {
      readonly [Field in keyof Cached<NonNullable<Status>>]?:
        | Cached<NonNullable<Status>>[Field]
        | null;
    }
  : object;

/** What a reconcile of an object is given. */
export interface ControllerContext<
  T extends KubernetesObject = KubernetesObject,
> extends ReadContext {
  /**
   * Changes the given fields of the object's status, in its status subresource; sends nothing where that would change
   * nothing. Lists are replaced whole.
   *
   * @throws DepwatchError as ObjectClient's `patch`
   */
  patchStatus(status: StatusPatch<T>): Promise<void>;
  /**
   * Server-side apply, as the controller's field manager. What a reconcile no longer gives is taken away.
   *
   * @returns the object as it is stored
   * @throws DepwatchError ERR_CONFLICT where another manager has a field, or the object another controller (both named, and
   * told by an event, too); ERR_INVALID_INPUT for an `owned` object in another namespace,
   * or that is the reconciled one itself
   */
  apply<K extends KubernetesObject>(object: K, options?: ControllerApplyOptions): Promise<K>;
  /**
   * Tells of something in an event of the object. Returns at once, and never throws: events are written one after the other,
   * and left out where there are too many. What is said again is counted in one event.
   *
   * @param reason one CamelCase word, for machines
   * @param note for people, cut at 1,024 characters
   */
  event(type: 'Normal' | 'Warning', reason: string, note: string, options?: EventOptions): void;
}

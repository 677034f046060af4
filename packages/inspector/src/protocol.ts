/**
 * What the server tells the page: names, states, versions and errors, as plain data. No object's content is in it.
 *
 * A key is {@link keyOf} an identifier; {@link identifierOf} reads it. Times are in milliseconds on the clock's scale, and
 * {@link Update.now} says what that clock shows.
 */
import type { ObjectIdentifier } from '@depwatch/core';
import type { ServedBy, WatchState } from '@depwatch/dynamic-watcher';

/** An error, for people. */
export interface ErrorText {
  /** Of a DepwatchError, or of any error that has one. */
  readonly code?: string;
  /** Of an ERR_TRANSPORT: what it failed by. */
  readonly reason?: string;
  /** At most 500 characters. */
  readonly message: string;
}

/** Why a reconcile ran. */
export interface CauseRow {
  readonly type: string;
  /** The key of what was watched. */
  readonly watched?: string;
  /** Of a query: which object, as `namespace/name`. */
  readonly object?: string;
  readonly cluster?: string;
}

/** A reconcile that has settled. */
export interface ReconcileRow {
  /** Counts up. */
  readonly id: number;
  /** The watcher's key. */
  readonly watcher: string;
  /** When it settled. */
  readonly at: number;
  readonly durationMs?: number;
  readonly attempt: number;
  readonly result: 'success' | 'requeue' | 'error';
  readonly causes: readonly CauseRow[];
  readonly error?: ErrorText;
}

/** A reconcile that is queued, delayed or running. */
export interface TurnRow {
  readonly running: boolean;
  /** Since when it runs. */
  readonly startedAt?: number;
  readonly queued: boolean;
  readonly dueAt?: number;
  readonly attempt: number;
  readonly causes: readonly CauseRow[];
}

/** Somebody who depends on things, or is reconciled. */
export interface WatcherRow {
  readonly key: string;
  /** The keys of what it depends on. */
  readonly watches: readonly string[];
  readonly turn?: TurnRow;
  /** Its last reconcile, where that failed. */
  readonly failure?: ReconcileRow;
}

/** Something that is watched. */
export interface WatchedRow {
  readonly key: string;
  readonly state: WatchState;
  readonly since: number;
  readonly servedBy: ServedBy;
  /** The version up to which everything was seen when this was told. */
  readonly resourceVersion?: string;
  readonly error?: ErrorText;
}

/** A change of what serves many. */
export interface PlanRow {
  /** Counts up, with those of reconciles. */
  readonly id: number;
  readonly at: number;
  /** The key of the namespace of a kind, or of the kind. */
  readonly watched: string;
  readonly change: 'share' | 'unshare';
  /** In words. */
  readonly reason: string;
  readonly demanded: number;
  readonly size?: number;
}

/** The replicas that share the watchers. */
export interface ReplicasRow {
  readonly state: string;
  readonly members: readonly {
    readonly identity: string;
    readonly epoch: number;
    readonly since: number;
  }[];
}

/** The first thing that the page is told. */
export interface Greeting {
  /** Whether reconciles and lists may be asked for. */
  readonly actions: boolean;
  /** What a request for an action has to carry. */
  readonly token?: string;
  /** All that are inspected, and this one. */
  readonly names: readonly string[];
  readonly name: string;
}

/** What has changed since the last one; to begin with, everything, in parts. */
export interface Update {
  readonly now: number;
  /** Whether the dynamic watcher has stopped. */
  readonly stopped: boolean;
  /** Rows that are new or other ones. */
  readonly watchers: readonly WatcherRow[];
  readonly watched: readonly WatchedRow[];
  /** The keys of rows that are gone. */
  readonly goneWatchers: readonly string[];
  readonly goneWatched: readonly string[];
  /** The newest last. */
  readonly reconciles: readonly ReconcileRow[];
  readonly plans: readonly PlanRow[];
  /** Where there are any, and they are others than before. */
  readonly replicas?: ReplicasRow;
  /** Whether there is more to come at once. */
  readonly more: boolean;
}

/** How many settled reconciles and changes of plans are kept. */
export const kept = { reconciles: 1000, plans: 100 } as const;

/** One text for an identifier, for maps and for the page. */
export function keyOf(id: ObjectIdentifier): string {
  const { group = '', version, kind, namespace = '', name = '', selector = '' } = id;
  return JSON.stringify([group, version, kind, namespace, name, selector]);
}

/** What {@link keyOf} made the key of. @throws SyntaxError for what it did not make */
export function identifierOf(key: string): ObjectIdentifier {
  const parts: unknown = JSON.parse(key);
  const isKey =
    Array.isArray(parts) && parts.length === 6 && parts.every((part) => typeof part === 'string');
  if (!isKey) throw new SyntaxError('not a key');
  const [group, version, kind, namespace, name, selector] = parts as string[];
  return {
    ...(group && { group }),
    version: version!,
    kind: kind!,
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(selector && { selector }),
  };
}

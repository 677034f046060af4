import { isDepwatchError } from '@depwatch/core';
import type { DynamicWatcher, FeedObservation, Observation } from '@depwatch/dynamic-watcher';
import type { History } from './history.ts';
import { identifierOf, keyOf, type TurnRow, type WatchedRow, type WatcherRow } from './protocol.ts';
import { causeRow, textOf } from './texts.ts';

type State = Pick<FeedObservation, 'state' | 'since' | 'servedBy' | 'lastError'>;
type Turn = ReturnType<DynamicWatcher['reconcileStatus']>[number];

/** How many watches that ended stay. */
const mostEnded = 1000;

/** Who is told which rows are to be told anew. */
export interface ModelListener {
  watcher(key: string): void;
  watched(key: string): void;
}

const nothing: ReadonlySet<string> = new Set();

/**
 * What the page shows, kept while somebody looks: a snapshot to begin with, and then what is observed. Rows are made when they
 * are sent, so that what changes twice in between is sent once. What is to come of reconciles is not reckoned from what is
 * observed, but read again after it: a run that ends leaves what was asked for meanwhile, and earlier, for later.
 */
export class Model {
  readonly #dynamicWatcher: DynamicWatcher;
  readonly #history: History;
  readonly #listener: ModelListener;
  readonly #edges = new Map<string, Set<string>>();
  readonly #dependants = new Map<string, number>();
  readonly #states = new Map<string, State>();
  /** What is queued, delayed or running, by watcher; undefined: it has changed since it was read. */
  #turns: ReadonlyMap<string, Turn> | undefined;
  readonly #ended = new Set<string>();

  constructor(dynamicWatcher: DynamicWatcher, history: History, listener: ModelListener) {
    this.#dynamicWatcher = dynamicWatcher;
    this.#history = history;
    this.#listener = listener;
    try {
      this.#take();
    } catch (error) {
      // It has not started, or has stopped: there is nothing yet, or any more.
      if (!isDepwatchError(error, 'ERR_NOT_STARTED')) throw error;
    }
  }

  /** The keys of all rows. */
  watchers(): Iterable<string> {
    return new Set([...this.#edges.keys(), ...this.#turnsNow().keys()]);
  }

  watched(): Iterable<string> {
    return this.#states.keys();
  }

  /** One row; undefined for one that is gone. */
  watcherRow(key: string): WatcherRow | undefined {
    const edges = this.#edges.get(key);
    const turn = this.#turnsNow().get(key);
    if (!edges && !turn) return undefined;
    // What has failed is tried again, unless it was removed while it ran.
    const failure = turn && this.#history.failure(key);
    return {
      key,
      watches: [...(edges ?? nothing)],
      ...(turn && { turn: turnRow(turn) }),
      ...(failure && { failure }),
    };
  }

  watchedRow(key: string): WatchedRow | undefined {
    const known = this.#states.get(key);
    return known && rowOf(key, known, watchedNow(this.#dynamicWatcher, key)?.resourceVersion);
  }

  /**
   * Lets go of what ended and is of no use to anybody any more: its watchers were removed or depend on other things, or who asked
   * for it has its error. Nobody is told when that comes about.
   *
   * @returns whether there was any
   */
  checkEnded(): boolean {
    const over = [...this.#ended].filter((key) => !this.#isEnded(key));
    for (const key of over) {
      this.#ended.delete(key);
      this.#states.delete(key);
      this.#listener.watched(key);
    }
    return over.length > 0;
  }

  hear(observation: Observation): void {
    switch (observation.type) {
      case 'edge-added':
        return this.#link(keyOf(observation.watcher), keyOf(observation.watched));
      case 'edge-removed':
        return this.#unlink(keyOf(observation.watcher), keyOf(observation.watched));
      case 'feed':
        return this.#enter(keyOf(observation.watched), observation);
      case 'plan':
        return undefined;
      default:
        this.#turns = undefined;
        return this.#listener.watcher(keyOf(observation.watcher));
    }
  }

  #take(): void {
    const { edges, watched } = this.#dynamicWatcher.graph();
    for (const edge of edges) this.#link(keyOf(edge.watcher), keyOf(edge.watched));
    for (const id of watched) {
      const status = this.#dynamicWatcher.statusOf(id);
      if (status) this.#enter(keyOf(id), status);
    }
    for (const status of this.#dynamicWatcher.watchStatus())
      if (status.state === 'ended') this.#enter(keyOf(status.watched), status);
  }

  #link(watcher: string, watched: string): void {
    const edges = this.#edges.get(watcher) ?? new Set();
    if (edges.has(watched)) return;
    edges.add(watched);
    this.#edges.set(watcher, edges);
    this.#dependants.set(watched, (this.#dependants.get(watched) ?? 0) + 1);
    this.#listener.watcher(watcher);
  }

  #unlink(watcher: string, watched: string): void {
    const edges = this.#edges.get(watcher);
    if (!edges?.delete(watched)) return;
    if (edges.size === 0) this.#edges.delete(watcher);
    this.#listener.watcher(watcher);
    const left = this.#dependants.get(watched)! - 1;
    if (left > 0) return void this.#dependants.set(watched, left);
    this.#dependants.delete(watched);
    // What ended stays, so that somebody sees why.
    if (this.#states.get(watched)?.state === 'ended') return;
    this.#states.delete(watched);
    this.#listener.watched(watched);
  }

  #enter(key: string, { state, since, servedBy, lastError }: State): void {
    this.#states.set(key, { state, since, servedBy, ...(lastError && { lastError }) });
    this.#listener.watched(key);
    this.#ended.delete(key);
    if (state !== 'ended') return;
    this.#ended.add(key);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= mostEnded) break;
      this.#ended.delete(oldest);
      this.#states.delete(oldest);
      this.#listener.watched(oldest);
    }
  }

  #turnsNow(): ReadonlyMap<string, Turn> {
    this.#turns ??= new Map(
      statusOf(this.#dynamicWatcher).map((turn) => [keyOf(turn.watcher), turn]),
    );
    return this.#turns;
  }

  #isEnded(key: string): boolean {
    try {
      return this.#dynamicWatcher.statusOf(identifierOf(key))?.state === 'ended';
    } catch {
      // It has stopped: what was known last is shown.
      return true;
    }
  }
}

/** One of what is watched as it is now; undefined where it is not known. @throws SyntaxError for what is no key */
export function watchedNow(dynamicWatcher: DynamicWatcher, key: string): WatchedRow | undefined {
  const id = identifierOf(key);
  try {
    const status = dynamicWatcher.statusOf(id);
    return status && rowOf(key, status, status.resourceVersion);
  } catch {
    // It has not started, or has stopped.
    return undefined;
  }
}

function rowOf(key: string, from: State, resourceVersion: string | undefined): WatchedRow {
  const { state, since, servedBy, lastError } = from;
  return {
    key,
    state,
    since,
    servedBy,
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(lastError && { error: textOf(lastError) }),
  };
}

function turnRow({ running, startedAt, queued, dueAt, attempt, causes }: Turn): TurnRow {
  return {
    running,
    ...(startedAt !== undefined && { startedAt }),
    queued,
    ...(dueAt !== undefined && { dueAt }),
    attempt,
    causes: causes.map(causeRow),
  };
}

/** Nothing is to come where it has not started, or has stopped. */
function statusOf(dynamicWatcher: DynamicWatcher): readonly Turn[] {
  try {
    return dynamicWatcher.reconcileStatus();
  } catch (error) {
    if (isDepwatchError(error, 'ERR_NOT_STARTED')) return [];
    throw error;
  }
}

import { isDepwatchError } from '@depwatch/core';
import type { DynamicWatcher, FeedObservation, Observation } from '@depwatch/dynamic-watcher';
import type { History } from './history.ts';
import { identifierOf, keyOf, type TurnRow, type WatchedRow, type WatcherRow } from './protocol.ts';
import { causeRow, textOf } from './texts.ts';

type State = Pick<FeedObservation, 'state' | 'since' | 'servedBy' | 'lastError'>;
type Turn = Omit<TurnRow, 'causes'> & { readonly causes: Parameters<typeof causeRow>[0][] };

type ReconcileObservation = Extract<Observation, { type: `reconcile-${string}` }>;

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
 * are sent, so that what changes twice in between is sent once.
 */
export class Model {
  readonly #dynamicWatcher: DynamicWatcher;
  readonly #history: History;
  readonly #listener: ModelListener;
  readonly #edges = new Map<string, Set<string>>();
  readonly #dependants = new Map<string, number>();
  readonly #states = new Map<string, State>();
  readonly #turns = new Map<string, Turn>();
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
    return new Set([...this.#edges.keys(), ...this.#turns.keys(), ...this.#history.failing()]);
  }

  watched(): Iterable<string> {
    return this.#states.keys();
  }

  /** One row; undefined for one that is gone. */
  watcherRow(key: string): WatcherRow | undefined {
    const edges = this.#edges.get(key);
    const turn = this.#turns.get(key);
    const failure = this.#history.failure(key);
    if (!edges && !turn && !failure) return undefined;
    return {
      key,
      watches: [...(edges ?? nothing)],
      ...(turn && { turn: { ...turn, causes: turn.causes.map(causeRow) } }),
      ...(failure && { failure }),
    };
  }

  watchedRow(key: string): WatchedRow | undefined {
    const known = this.#states.get(key);
    if (!known) return undefined;
    const { state, since, servedBy, lastError } = known;
    const resourceVersion = this.#version(key);
    return {
      key,
      state,
      since,
      servedBy,
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(lastError && { error: textOf(lastError) }),
    };
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
        return this.#reconcile(keyOf(observation.watcher), observation);
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
    for (const { watcher, ...turn } of this.#dynamicWatcher.reconcileStatus())
      this.#turns.set(keyOf(watcher), { ...turn, causes: [...turn.causes] });
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

  #reconcile(key: string, observation: ReconcileObservation): void {
    const turn = this.#turns.get(key);
    const next = turnAfter(turn, observation);
    if (next) this.#turns.set(key, next);
    else this.#turns.delete(key);
    this.#listener.watcher(key);
  }

  /** As of now; undefined where it is not known. */
  #version(key: string): string | undefined {
    try {
      return this.#dynamicWatcher.statusOf(identifierOf(key))?.resourceVersion;
    } catch {
      return undefined;
    }
  }
}

const idle: Turn = { running: false, queued: false, attempt: 1, causes: [] };

/** What is to come of a watcher's reconciles after something happened; undefined: nothing. */
function turnAfter(turn: Turn = idle, told: ReconcileObservation): Turn | undefined {
  const { dueAt, ...rest } = turn;
  switch (told.type) {
    case 'reconcile-queued': {
      const causes = [...told.causes];
      if (told.afterMs <= 0) return { ...turn, queued: true, causes };
      return { ...turn, dueAt: Math.min(dueAt ?? Infinity, told.at + told.afterMs), causes };
    }
    case 'reconcile-dropped':
      return turn.running ? { ...rest, queued: false } : undefined;
    case 'reconcile-started': {
      const { attempt } = told;
      const isLater = dueAt !== undefined && dueAt > told.at;
      const next = { running: true, queued: false, attempt, causes: [...told.causes] };
      return isLater ? { ...next, dueAt } : next;
    }
    case 'reconcile-ended': {
      const next = {
        ...turn,
        running: false,
        attempt: told.result === 'error' ? told.attempt + 1 : 1,
      };
      return next.queued || dueAt !== undefined ? next : undefined;
    }
  }
}

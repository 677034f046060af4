import {
  kept,
  type Greeting,
  type PlanRow,
  type ReconcileRow,
  type ReplicasRow,
  type Update,
  type WatchedRow,
  type WatcherRow,
} from '../src/protocol.ts';
import { labelOf, type Label } from './text.ts';

/** A row with what is shown of its key. */
export type Labelled<Row> = Row & { readonly label: Label };

/** What the page knows. It is changed in place, since there may be tens of thousands of rows; `revision` counts the changes. */
export interface State {
  revision: number;
  connection: 'connecting' | 'open' | 'lost';
  stopped: boolean;
  /** Whether everything has arrived that there was. */
  isComplete: boolean;
  greeting: Greeting;
  /** What the server's clock showed, and what this one's did then. */
  serverNow: number;
  toldAt: number;
  readonly watchers: Map<string, Labelled<WatcherRow>>;
  readonly watched: Map<string, Labelled<WatchedRow>>;
  /** Who depends on something, by key. */
  readonly dependants: Map<string, Set<string>>;
  /** The newest first. */
  reconciles: readonly ReconcileRow[];
  plans: readonly PlanRow[];
  replicas: ReplicasRow | undefined;
  /** The keys in the order in which they are shown; made anew when there are others. */
  watcherOrder: readonly string[] | undefined;
  watchedOrder: readonly string[] | undefined;
}

/** Nothing is known yet. */
export function initialState(): State {
  return {
    revision: 0,
    connection: 'connecting',
    stopped: false,
    isComplete: false,
    greeting: { actions: false, names: [], name: '' },
    serverNow: 0,
    toldAt: 0,
    watchers: new Map(),
    watched: new Map(),
    dependants: new Map(),
    reconciles: [],
    plans: [],
    replicas: undefined,
    watcherOrder: undefined,
    watchedOrder: undefined,
  };
}

/** The server begins anew, after a connection was lost, too: what was known counts no more. */
export function greet(greeting: Greeting): State {
  return { ...initialState(), connection: 'open', greeting };
}

/** Takes an update in. @param now by the clock of the page, in milliseconds */
export function apply(state: State, update: Update, now: number): void {
  state.revision += 1;
  state.serverNow = update.now;
  state.toldAt = now;
  state.stopped = update.stopped;
  if (!update.more) state.isComplete = true;
  for (const row of update.watchers) putWatcher(state, row);
  for (const row of update.watched) {
    const known = state.watched.get(row.key);
    if (!known) state.watchedOrder = undefined;
    state.watched.set(row.key, { ...row, label: known?.label ?? labelOf(row.key) });
  }
  for (const key of update.goneWatchers) dropWatcher(state, key);
  for (const key of update.goneWatched) {
    if (state.watched.delete(key)) state.watchedOrder = undefined;
  }
  state.reconciles = newestFirst(state.reconciles, update.reconciles, kept.reconciles);
  state.plans = newestFirst(state.plans, update.plans, kept.plans);
  if (update.replicas) state.replicas = update.replicas;
}

/** What the server's clock shows by now. */
export function serverTime({ serverNow, toldAt }: State, now: number): number {
  return serverNow + (now - toldAt);
}

/** The keys of watchers, or of what is watched, in the order of their labels. */
export function order(state: State, side: 'watchers' | 'watched'): readonly string[] {
  const name = side === 'watchers' ? 'watcherOrder' : 'watchedOrder';
  return (state[name] ??= [...state[side].values()]
    .toSorted((a, b) => (a.label.order < b.label.order ? -1 : 1))
    .map(({ key }) => key));
}

/** Those of an order that a search finds, by their names and by the word for their state. */
export function found<Row extends { readonly label: Label }>(
  keys: readonly string[],
  rows: ReadonlyMap<string, Row>,
  search: string,
  wordOf: (row: Row) => string,
): readonly string[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return keys;
  return keys.filter((key) => {
    const row = rows.get(key);
    const searched = row ? `${row.label.searched} ${wordOf(row)}` : '';
    return words.every((word) => searched.includes(word));
  });
}

function putWatcher(state: State, row: WatcherRow): void {
  const known = state.watchers.get(row.key);
  if (known) unlink(state, known);
  else state.watcherOrder = undefined;
  state.watchers.set(row.key, { ...row, label: known?.label ?? labelOf(row.key) });
  for (const watched of row.watches) {
    const dependants = state.dependants.get(watched);
    if (dependants) dependants.add(row.key);
    else state.dependants.set(watched, new Set([row.key]));
  }
}

function dropWatcher(state: State, key: string): void {
  const known = state.watchers.get(key);
  if (!known) return;
  unlink(state, known);
  state.watchers.delete(key);
  state.watcherOrder = undefined;
}

function unlink({ dependants }: State, { key, watches }: WatcherRow): void {
  for (const watched of watches) {
    const of = dependants.get(watched);
    of?.delete(key);
    if (of?.size === 0) dependants.delete(watched);
  }
}

function newestFirst<Row extends { readonly id: number }>(
  before: readonly Row[],
  more: readonly Row[],
  most: number,
): readonly Row[] {
  return more.length === 0 ? before : [...more.toReversed(), ...before].slice(0, most);
}

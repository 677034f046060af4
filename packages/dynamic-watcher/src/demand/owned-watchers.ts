import {
  DepwatchError,
  describeObjectIdentifier,
  objectIdentifierKey,
  type Clock,
  type DependencyGraph,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type Ownership,
} from '@depwatch/core';
import { inCluster } from '../reconcile/causes.ts';
import type { ReconcileRun } from '../reconcile/reconcile-run.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';
import type { CallSignal } from '../requests/call-signal.ts';
import type { Dependencies, Watcher } from './dependencies.ts';
import { edgeTerms, type EdgeTerms } from './edge-terms.ts';
import { OwnershipFigures } from './ownership-figures.ts';
import type { WatcherOperations } from './watcher-operations.ts';

/** What changes what watchers depend on. */
export interface WatcherCalls extends Pick<Dependencies, 'add' | 'replace' | 'remove'> {
  /** A reconcile was asked for that no watch asked for. */
  asked?(by: Watcher): void;
}

/** What {@link OwnedWatchers} work on. */
export interface OwnedWatchersOptions {
  readonly ownership: Ownership;
  readonly graph: DependencyGraph<EdgeTerms>;
  readonly dependencies: Dependencies;
  readonly operations: WatcherOperations;
  readonly loop: Pick<Reconciles, 'enqueue' | 'drop' | 'runs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  /** What causes call the cluster. */
  readonly cluster: string | undefined;
}

interface Edge {
  readonly watched: ObjectIdentifier;
  readonly terms: EdgeTerms | undefined;
}

/** What is known of a watcher that this replica doesn't own. */
interface Parked {
  readonly watcher: ObjectIdentifier;
  /** What it depends on, by key; nothing of it is watched. */
  readonly edges: Map<string, Edge>;
}

/** How long until what could not be brought up is tried again. */
const retryMs = 5000;

/**
 * The watchers of a replica among others: what those that it doesn't own depend on is remembered and costs no watch, and
 * comes up once they are its own.
 */
export class OwnedWatchers implements WatcherCalls {
  readonly #options: OwnedWatchersOptions;
  /** Known, and owned when that was last looked at. */
  readonly #held = new Map<string, ObjectIdentifier>();
  readonly #parked = new Map<string, Parked>();
  /** What comes up of those that were taken over. */
  readonly #comingUp = new Map<string, Parked>();
  readonly #forget: () => void;
  readonly #figures: OwnershipFigures | undefined;
  #retry: Disposable | undefined;
  #isClosed = false;

  constructor(options: OwnedWatchersOptions) {
    this.#options = options;
    const { metrics, ownership } = options;
    this.#forget = ownership.onChange((overdue) => this.#changed(overdue));
    this.#figures =
      metrics && new OwnershipFigures({ ...options, metrics, watchers: () => this.#keys() });
  }

  async add(
    by: Watcher,
    watched: ObjectIdentifier,
    terms: EdgeTerms | undefined,
    signal: CallSignal,
  ): Promise<void> {
    if (!this.#owns(by.key)) return this.#note(by, watched, terms);
    this.#held.set(by.key, by.watcher);
    await this.#options.dependencies.add(by, watched, terms, signal);
    this.#sweep(by);
  }

  async replace(
    by: Watcher,
    watched: readonly ObjectIdentifier[],
    terms: EdgeTerms | undefined,
    signal: CallSignal,
  ): Promise<void> {
    if (!this.#owns(by.key)) {
      this.#parked.delete(by.key);
      for (const id of watched) this.#note(by, id, terms);
      return;
    }
    this.#held.set(by.key, by.watcher);
    await this.#options.dependencies.replace(by, watched, terms, signal);
    // What could not be brought up is not what it depends on any more.
    if (this.#owns(by.key) && this.#parked.delete(by.key)) this.#acquired(by);
    this.#sweep(by);
  }

  remove(by: Watcher): void {
    this.#held.delete(by.key);
    this.#parked.delete(by.key);
    this.#comingUp.delete(by.key);
    this.#options.dependencies.remove(by);
  }

  /** Says where a reconcile is not to be expected here: replicas that all ask for it leave it to the owner, so that is no error. */
  asked({ key, watcher }: Watcher): void {
    const { ownership, logger } = this.#options;
    if (this.#owns(key)) return;
    const fields = { watcher: describeObjectIdentifier(watcher), owner: ownership.ownerOf?.(key) };
    logger.debug(fields, 'a reconcile was asked for of a watcher that this replica does not own');
  }

  /** Whether a reconcile may begin that is due; whose it isn't, its owner begins it. */
  mayBegin(key: string, watcher: ObjectIdentifier): boolean {
    if (this.#owns(key)) {
      if (!this.#parked.has(key)) this.#held.set(key, watcher);
      return true;
    }
    // Whoever asked for it need not depend on anything, and is to be known once it is owned.
    if (!this.#held.has(key)) this.#park({ key, watcher });
    return false;
  }

  /** A reconcile has settled; what it has come to depend on meanwhile may be another replica's. */
  settled({ key }: ReconcileRun): void {
    const watcher = this.#parked.get(key)?.watcher;
    if (watcher) this.#sweep({ key, watcher });
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
    this.#figures?.close();
    this.#retry?.[Symbol.dispose]();
  }

  /** Of all watchers that are known. */
  *#keys(): Iterable<string> {
    yield* this.#held.keys();
    for (const key of this.#parked.keys()) if (!this.#held.has(key)) yield key;
  }

  #owns(key: string): boolean {
    return this.#options.ownership.owns(key);
  }

  /** @returns a promise that is kept when nothing runs any more that isn't owned */
  async #changed(overdue: AbortSignal): Promise<void> {
    for (const [key, watcher] of [...this.#held]) {
      if (this.#owns(key)) continue;
      this.#park({ key, watcher });
      this.#options.loop.drop(key, watcher);
    }
    const lost = [...this.#options.loop.runs].filter(({ key }) => !this.#owns(key));
    const reason = new DepwatchError('ERR_ABORTED', 'another replica is to own the watcher');
    const abort = (): void => lost.forEach((run) => run.abort(reason));
    if (overdue.aborted) abort();
    else overdue.addEventListener('abort', abort, { once: true });
    this.#takeOver();
    await Promise.all(lost.map((run) => run.whenSettled()));
    overdue.removeEventListener('abort', abort);
  }

  /** Brings up what is owned by now. */
  #takeOver(): void {
    for (const [key, parked] of [...this.#parked]) {
      if (!this.#owns(key)) continue;
      this.#parked.delete(key);
      this.#held.set(key, parked.watcher);
      this.#comingUp.set(key, parked);
      void this.#bringUp({ key, watcher: parked.watcher }, parked);
    }
  }

  async #bringUp(by: Watcher, parked: Parked): Promise<void> {
    const { operations, dependencies } = this.#options;
    const isWanted = (): boolean => this.#comingUp.get(by.key) === parked;
    try {
      const coming = await operations.shared(by.key, async (signal) => {
        if (!isWanted()) return [];
        const edges = [...parked.edges.values()].map(({ watched, terms }) => {
          // Nobody is there to be told that it can't be had, or is late; it is waited for.
          const waiting = edgeTerms(terms?.select, true, terms?.map);
          return dependencies.demand(by, watched, waiting, signal);
        });
        const all = await Promise.all(edges);
        // They are in the graph by now, and may be replaced there.
        parked.edges.clear();
        return all;
      });
      // By itself, so that nothing that is to be done with the watcher has to wait for it.
      await Promise.all(coming.map((isUp) => isUp()));
      if (!isWanted()) return;
      this.#comingUp.delete(by.key);
      this.#acquired(by);
    } catch (error) {
      if (!isWanted() || this.#isClosed) return;
      this.#park(by);
      this.#retryAfter(error);
    } finally {
      this.#sweep(by);
    }
  }

  #acquired({ key, watcher }: Watcher): void {
    const { loop, cluster } = this.#options;
    loop.enqueue(key, watcher, inCluster(cluster, { type: 'acquired' }));
  }

  /** Once for all that fail until then: they may be thousands. */
  #retryAfter(error: unknown): void {
    if (this.#retry) return;
    const { logger, clock } = this.#options;
    logger.warn({ error }, 'some that were taken over could not be watched; they are tried again');
    this.#retry = clock.setTimeout(() => {
      this.#retry = undefined;
      this.#takeOver();
    }, retryMs);
  }

  /** Parks what has come up for a watcher that isn't owned any more. */
  #sweep(by: Watcher): void {
    const isKnown = this.#held.has(by.key) || this.#parked.has(by.key);
    if (isKnown && !this.#owns(by.key)) this.#park(by);
  }

  /** Remembers what a watcher depends on, and watches nothing of it; what maps changes to others goes on. */
  #park(by: Watcher): void {
    const { graph, dependencies } = this.#options;
    const { key, watcher } = by;
    const terms = graph.notes(key);
    const edges = graph
      .watchedBy(watcher)
      .map((watched) => ({ watched, terms: terms.get(objectIdentifierKey(watched)) }));
    this.#known(by);
    for (const { watched, terms: of } of this.#comingUp.get(key)?.edges.values() ?? []) {
      this.#note(by, watched, of);
    }
    const isMapping = ({ terms: of }: Edge): boolean => of?.map !== undefined;
    for (const edge of edges) if (!isMapping(edge)) this.#note(by, edge.watched, edge.terms);
    this.#comingUp.delete(key);
    this.#held.delete(key);
    if (edges.length > 0) {
      dependencies.retain(
        by,
        edges.filter(isMapping).map(({ watched }) => watched),
      );
    }
  }

  #note(by: Watcher, watched: ObjectIdentifier, terms: EdgeTerms | undefined): void {
    this.#known(by).edges.set(objectIdentifierKey(watched), { watched, terms });
  }

  #known({ key, watcher }: Watcher): Parked {
    const known = this.#parked.get(key) ?? { watcher, edges: new Map<string, Edge>() };
    this.#parked.set(key, known);
    return known;
  }
}

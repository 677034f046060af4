import {
  initialPlanState,
  placeOf,
  plan,
  wholeKind,
  type DepwatchError,
  type GroupVersionKind,
  type ObjectIdentifier,
  type PlanBranch,
  type PlanEffect,
  type PlanFacts,
  type PlanInput,
  type ScopedGVR,
  type WatchPlan,
  type WatchPlanBounds,
} from '@depwatch/core';
import type { CollectionListener } from '../collections/collection-context.ts';
import { Collection } from '../collections/collection.ts';
import type { Feed } from '../feed.ts';
import { GroupFeeds } from './group-feeds.ts';
import type { PlanNumbers, PlanReports } from './plan-reports.ts';
import { Sizing } from './sizing.ts';
import { rescoped } from '../sources/rescoped.ts';
import type { ResumableSource, Sink } from '../sources/source.ts';
import { watchQuery } from '../sources/watch-query.ts';
import type { WatchSourceContext } from '../sources/watch-source-context.ts';

/** What the plans of one dynamic watcher share. */
export interface PlanContext extends WatchSourceContext {
  readonly watchPlan: WatchPlan;
  readonly watchPlanBounds: WatchPlanBounds;
  readonly reports: PlanReports;
  /** A watch, of one feed or of a collection; not started. */
  createSource(sink: Sink, watched: ObjectIdentifier, gvr: ScopedGVR): ResumableSource;
}

/** New ones wait so much of the request time-out for a watch to come up that may serve them. */
const patience = 1 / 4;

/** The feeds of one kind, and what serves them: performs the effects of the kind's plan. */
export class PlanGroup implements CollectionListener {
  /** Neither name nor selector. */
  readonly #all: ObjectIdentifier;
  readonly #context: PlanContext;
  #gvr: ScopedGVR;
  #feeds: GroupFeeds;
  #state = initialPlanState;
  readonly #collections = new Map<PlanBranch, Collection>();
  readonly #sizings = new Map<PlanBranch, Sizing>();
  #timer: Disposable | undefined;
  /** What happened while effects were performed. */
  readonly #happened: (() => PlanInput | undefined)[] = [];
  #isPerforming = false;
  #isClosed = false;

  /** @param all the kind, whole or its metadata */
  constructor(all: ObjectIdentifier, gvr: ScopedGVR, context: PlanContext) {
    this.#all = all;
    this.#gvr = gvr;
    this.#context = context;
    this.#feeds = new GroupFeeds(gvr.namespaced);
  }

  /** Whether there is nothing to be done, nor to be remembered. */
  get isIdle(): boolean {
    return this.#feeds.total === 0 && this.#state.branches.size === 0;
  }

  /** Has a feed served from now on. */
  add(feed: Feed, gvr: ScopedGVR): void {
    this.rescoped(gvr);
    // What was remembered may have lapsed while nobody cared.
    if (this.#feeds.total === 0 && this.#state.branches.size > 0) this.#feed({ type: 'elapsed' });
    this.#feeds.add(feed);
    this.#feed({ type: 'demanded', namespace: this.#feeds.namespaceOf(feed) });
    this.#serve(feed);
  }

  /** A feed is no longer to be served; its source was stopped. */
  remove(feed: Feed): void {
    if (!this.#feeds.delete(feed)) return;
    this.#feed({ type: 'demanded', namespace: this.#feeds.namespaceOf(feed) });
    // What is remembered of a kind that nobody asks for needs no timer.
    if (this.#feeds.total === 0) this.#setTimer(Infinity);
  }

  /** The kind is served so. */
  rescoped(gvr: ScopedGVR): void {
    if (gvr.namespaced !== this.#gvr.namespaced) this.#rescope(gvr);
    this.#gvr = gvr;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    for (const sizing of this.#sizings.values()) sizing[Symbol.dispose]();
    for (const collection of this.#collections.values()) collection.close();
    this.#sizings.clear();
    this.#collections.clear();
  }

  live(collection: Collection): void {
    this.#feedOf(collection, (branch) => ({ type: 'live', branch }));
  }

  emptied(collection: Collection): void {
    this.#feedOf(collection, (branch) => ({ type: 'emptied', branch }));
  }

  ended(collection: Collection, error: DepwatchError): void {
    if (this.#branchOf(collection) === undefined) return;
    const { gvr } = collection.source.query;
    if (gvr.namespaced !== this.#gvr.namespaced) return this.rescoped(gvr);
    const why = error.reason === 'protocol' ? 'unordered' : 'refused';
    this.#feedOf(collection, (branch) => ({ type: 'unfit', branch, why }));
  }

  retrying(collection: Collection, error: DepwatchError, ms: number): void {
    this.#context.reports.retried(collection.source.query, error, ms);
  }

  distributed(received: number, wanted: number): void {
    this.#context.reports.distributed(received, wanted);
  }

  /** Tells of a collection, unless it was closed by the time that it is its turn. */
  #feedOf(collection: Collection, input: (branch: PlanBranch) => PlanInput): void {
    this.#happen(() => {
      const branch = this.#branchOf(collection);
      return branch === undefined ? undefined : input(branch);
    });
  }

  /** Undefined for one that was closed. */
  #branchOf(collection: Collection): PlanBranch | undefined {
    return [...this.#collections].find(([, other]) => other === collection)?.[0];
  }

  #feed(input: PlanInput): void {
    this.#happen(() => input);
  }

  /** One after the other: what effects bring about is the next thing that happens. */
  #happen(what: () => PlanInput | undefined): void {
    if (this.#isClosed) return;
    this.#happened.push(what);
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    for (let next; (next = this.#happened.shift());) {
      const input = next();
      if (input) this.#step(input);
    }
    this.#isPerforming = false;
  }

  #step(input: PlanInput): void {
    const before = this.#state;
    const [state, effects] = plan(before, input, this.#facts());
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (state !== before) this.#part();
  }

  #facts(): PlanFacts {
    const { clock, health, requestTimeoutMs, watchPlan, watchPlanBounds } = this.#context;
    return {
      now: clock.now(),
      policy: watchPlan,
      bounds: watchPlanBounds,
      mayShare:
        this.#context.metadataOnly || this.#all.metadataOnly === true || !isSecret(this.#all),
      namespaced: this.#gvr.namespaced,
      demand: this.#feeds,
      isServerUp: health.isOpen,
      patienceMs: requestTimeoutMs * patience,
      observed: (branch) => {
        const collection = this.#collections.get(branch);
        const { received, wanted } = collection?.events ?? { received: 0, wanted: 0 };
        const isComingUp = this.#feeds.of(branch).some(({ state: name }) => name === 'starting');
        const isArriving = collection !== undefined && collection.store.stagedSize > 0;
        const isLive = collection?.isLive ?? false;
        return { size: collection?.size ?? 0, received, wanted, isComingUp, isArriving, isLive };
      },
    };
  }

  #perform(effect: PlanEffect): void {
    switch (effect.type) {
      case 'size':
        return this.#size(effect.branch);
      case 'open':
        return this.#open(effect.branch);
      case 'close':
        return this.#close(effect.branch);
      case 'arrange':
        return this.#arrange(effect.branch);
      case 'timer':
        return this.#setTimer(effect.at);
      case 'changed':
        return this.#context.reports.changed(effect, this.#numbersOf(effect.branch));
    }
  }

  #numbersOf(branch: PlanBranch): PlanNumbers {
    const watched = this.#watchedOf(branch);
    const demanded = this.#feeds.of(branch).length;
    return { watched, demanded, size: this.#collections.get(branch)?.size };
  }

  #watchedOf(branch: PlanBranch): ObjectIdentifier {
    return { ...this.#all, ...(branch !== wholeKind && { namespace: branch }) };
  }

  #size(branch: PlanBranch): void {
    const query = watchQuery(this.#watchedOf(branch), this.#gvr, this.#context.metadataOnly);
    const sizing = new Sizing(branch, query, {
      ...this.#context,
      begun: () => {
        for (const feed of this.#feeds.of(branch)) if (!feed.source) feed.begun();
      },
      told: (outcome) => this.#feed(outcome),
    });
    this.#sizings.set(branch, sizing);
    sizing.start();
  }

  #open(branch: PlanBranch): void {
    this.#endSizing(branch);
    const collection = new Collection(this.#watchedOf(branch), this.#gvr, {
      metadataOnly: this.#context.metadataOnly,
      listener: this,
      lists: {
        ...this.#context,
        maxSizeFactor: this.#context.watchPlanBounds.maxSizeFactor,
        patienceMs: this.#context.requestTimeoutMs * patience,
      },
      createSource: (sink, watched, gvr) => this.#context.createSource(sink, watched, gvr),
    });
    this.#collections.set(branch, collection);
    this.#arrange(branch);
    collection.start();
  }

  #close(branch: PlanBranch): void {
    const known = this.#state.branches.get(branch);
    if (known?.name === 'avoided') this.#context.reports.avoided(known, this.#numbersOf(branch));
    this.#endSizing(branch);
    const collection = this.#collections.get(branch);
    this.#collections.delete(branch);
    collection?.release();
  }

  #endSizing(branch: PlanBranch): void {
    this.#sizings.get(branch)?.[Symbol.dispose]();
    this.#sizings.delete(branch);
  }

  #arrange(branch: PlanBranch): void {
    for (const feed of this.#feeds.of(branch)) this.#serve(feed);
  }

  /** Has a feed served by what its place says; what it has by now serves it until then. */
  #serve(feed: Feed): void {
    const place = placeOf(this.#state, this.#feeds.namespaceOf(feed));
    if (place === 'own') {
      if (feed.source || feed.isOver) return;
      feed.source = this.#context.createSource(feed, feed.watched, this.#gvr);
      return feed.source.start();
    }
    const collection = this.#collections.get(place.branch);
    if (collection) collection.join(feed);
    else if (this.#sizings.get(place.branch)?.hasBegun && !feed.source) feed.begun();
  }

  /** Collections that are to end let go of whom nothing else is to take over. */
  #part(): void {
    for (const [branch, { name }] of this.#state.branches) {
      if (name !== 'parting') continue;
      const namespaces = branch === wholeKind ? [...this.#feeds.byNamespace.keys()] : [branch];
      const places = namespaces.map((namespace) => placeOf(this.#state, namespace));
      const collection = this.#collections.get(branch);
      const isSettled = places.every((place) => place === 'own' || place.isUp);
      if (isSettled && places.includes('own')) collection?.part();
      else if (collection?.isEmpty) this.emptied(collection);
    }
  }

  /** The kind has come to be served in another scope: everything begins anew. */
  #rescope(gvr: ScopedGVR): void {
    const collections = [...this.#collections.values()];
    for (const branch of [...this.#sizings.keys()]) this.#endSizing(branch);
    this.#collections.clear();
    this.#state = initialPlanState;
    this.#setTimer(Infinity);
    this.#gvr = gvr;
    this.#feeds = new GroupFeeds(gvr.namespaced, this.#feeds.of(wholeKind));
    for (const collection of collections) collection.dissolve();
    // A watch by a path that is served in either scope would not notice as long as it shows nothing.
    for (const { source } of this.#feeds.of(wholeKind))
      if (source && source.query.gvr.namespaced !== gvr.namespaced) source.expire(rescoped);
    this.#arrange(wholeKind);
    for (const namespace of [...this.#feeds.byNamespace.keys()])
      this.#feed({ type: 'demanded', namespace });
  }

  #setTimer(at: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (at === Infinity) return;
    const { clock } = this.#context;
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#feed({ type: 'elapsed' });
      },
      Math.max(at - clock.now(), 0),
    );
  }
}

/** What is in a Secret is nobody's business who did not ask for it. */
function isSecret({ group, kind }: GroupVersionKind): boolean {
  return !group && kind === 'Secret';
}

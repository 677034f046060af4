import type {
  DepwatchError,
  KubernetesObject,
  ObjectChange,
  ObjectIdentifier,
  ObjectStore,
} from '@depwatch/core';
import type { ServedBy, WatchState, WatchStatus } from '../public-interface.ts';
import type { Awaited, Waiters } from '../requests/waiters.ts';
import type { Sink, Source } from './sources/source.ts';

/** Whom a feed tells what its source tells it; one for all, since there may be thousands of feeds. */
export interface FeedListener {
  begun(feed: Feed): void;
  live(feed: Feed): void;
  retrying(feed: Feed, error: DepwatchError, ms: number): void;
  disturbed(feed: Feed, error: DepwatchError, ms: number): void;
  changed(feed: Feed, changes: readonly ObjectChange[]): void;
  gone(feed: Feed, error: DepwatchError): void;
  ended(feed: Feed, error: DepwatchError): void;
  /** Whether somebody depends on it who waits for what is not to be had. */
  waits(feed: Feed): boolean;
  /** Its state is another one, or its source, or it has failed again. */
  showed(feed: Feed): void;
  /** The error of one who has waited for it too long. */
  late(feed: Feed): DepwatchError;
}

/** Who has a feed change from one source to another. */
export interface Handover {
  /** What asks the server for it already; absent where that is the feed's source. */
  readonly physical?: Source;
  /** The source that it has meanwhile is live, or further on. */
  moved(): void;
  /** It is not to change any more. */
  withdraw(): void;
}

/** What is known of one demanded identifier: its state, its store, and the source that fills it, if it has one. */
export class Feed implements Sink, Awaited {
  key: string;
  /** As the graph knows it. */
  id: ObjectIdentifier;
  /** As it was first asked for: a namespace that means nothing now may come to. */
  readonly watched: ObjectIdentifier;
  store: ObjectStore<KubernetesObject>;
  readonly #listener: FeedListener;
  source: Source | undefined;
  /** The source that has last shown all there is. */
  shownBy: Source | undefined;
  /** Set while another source is to take over. */
  handover: Handover | undefined;
  /** Who waits until it is live. */
  waiters: Waiters<DepwatchError | undefined> | undefined;
  hasBegun = false;
  isOver = false;
  /** Who waits for it to have seen something; seldom anybody. */
  #followers: Set<() => void> | undefined;
  /** Takes it out of the cache; set once it was live. */
  detach: (() => void) | undefined;
  state: WatchState = 'starting';
  /** Why it can't be seen at present; until it is live again. */
  unavailable: DepwatchError | undefined;
  /** Why its kind is not served, from when that is certain until it is live again. */
  absence: DepwatchError | undefined;
  /** Ends the wait for its kind. */
  patience: AbortController | undefined;
  /** Since when it is in that state, in milliseconds of the clock. */
  since: number;
  lastError: DepwatchError | undefined;

  constructor(
    key: string,
    id: ObjectIdentifier,
    watched: ObjectIdentifier,
    store: ObjectStore<KubernetesObject>,
    since: number,
    listener: FeedListener,
  ) {
    this.key = key;
    this.id = id;
    this.watched = watched;
    this.store = store;
    this.since = since;
    this.#listener = listener;
  }

  /** Whether it has ever shown a full state. */
  get wasLive(): boolean {
    return this.detach !== undefined;
  }

  /** Whether it shows what the server has. */
  get isUp(): boolean {
    return this.state === 'live' || this.state === 'polling';
  }

  begun(): void {
    this.#listener.begun(this);
  }

  live(): void {
    this.shownBy = this.source;
    this.#listener.live(this);
    this.#tellFollowers();
    this.handover?.moved();
  }

  retrying(error: DepwatchError, ms: number): void {
    this.#listener.retrying(this, error, ms);
  }

  /** As {@link retrying}, for a source that serves others as well, and tells of its retry itself. */
  disturbed(error: DepwatchError, ms: number): void {
    this.#listener.disturbed(this, error, ms);
  }

  changed(changes: readonly ObjectChange[]): void {
    this.#listener.changed(this, changes);
  }

  get waits(): boolean {
    return this.#listener.waits(this);
  }

  late(): DepwatchError {
    return this.#listener.late(this);
  }

  gone(error: DepwatchError): void {
    this.#listener.gone(this, error);
  }

  /** For those who look on: its state is another one, or its source, or it has failed again. */
  showed(): void {
    this.#listener.showed(this);
  }

  advanced(): void {
    this.#tellFollowers();
    this.handover?.moved();
  }

  /** Whether somebody waits for it to have seen something. */
  get isFollowed(): boolean {
    return this.#followers !== undefined && this.#followers.size > 0;
  }

  ended(error: DepwatchError): void {
    this.#listener.ended(this, error);
  }

  /** Has `listener` called whenever more has been seen, and when the feed is over. @returns what ends that */
  follow(listener: () => void): () => void {
    this.#followers ??= new Set();
    this.#followers.add(listener);
    this.source?.followed?.();
    return () => this.#followers?.delete(listener);
  }

  /** It is in this state, since `now` unless it was in it before. */
  enter(state: WatchState, now: number): void {
    if (this.state === state) return;
    this.state = state;
    this.since = now;
  }

  /** It has no source any more. */
  endSource(): void {
    this.handover?.withdraw();
    this.source?.stop();
    this.source = undefined;
  }

  /** It is over. */
  end(): void {
    this.isOver = true;
    this.handover?.withdraw();
    this.source?.stop();
    this.patience?.abort();
    this.detach?.();
    this.#tellFollowers();
  }

  #tellFollowers(): void {
    if (this.#followers) for (const listener of [...this.#followers]) listener();
  }

  /** What serves it. */
  get servedBy(): ServedBy {
    if (this.isOver || this.state === 'pending') return 'none';
    return this.source?.servedBy ?? 'none';
  }

  /** As `watchStatus` tells of it. */
  status(watchers: readonly ObjectIdentifier[]): WatchStatus {
    const { watched, state, since, servedBy, lastError } = this;
    const resourceVersion = this.source?.resourceVersion;
    return {
      watched,
      state,
      watchers,
      since,
      servedBy,
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(lastError && { lastError }),
    };
  }
}

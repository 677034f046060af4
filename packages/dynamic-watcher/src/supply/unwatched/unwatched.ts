import {
  objectIdentifierKey,
  type Clock,
  type DepwatchError,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
  type ObjectStore,
  type ScopedGVR,
  type Transport,
} from '@depwatch/core';
import { normalizeWatched } from '../../normalize-watched.ts';
import type { Slots } from '../../requests/slots.ts';
import type { Feed } from '../feed.ts';
import { PollSource } from '../sources/poll-source.ts';
import { Trials } from './trials.ts';

/** How what can't be watched is had all the same. */
export interface UnwatchedOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly slots: Slots;
  /** In milliseconds. */
  readonly pollIntervalMs: number;
  /** Where a feed that is polled keeps what it shows: whole objects, compared by content. */
  createPollStore(): ObjectStore<KubernetesObject>;
  /** The resource of a kind that can be watched, as remembered or asked for. */
  resolve(gvk: GroupVersionKind, signal: AbortSignal): Promise<ScopedGVR>;
  /** The same of one that can't. */
  pollGvr(gvk: GroupVersionKind, signal: AbortSignal): Promise<ScopedGVR>;
  /** Has a kind asked for anew when it is needed next. */
  forget(gvk: GroupVersionKind): void;
  /** Whether something may be read; undefined where that can't be known but by trying. Never rejects. */
  granted(watched: ObjectIdentifier, signal: AbortSignal): Promise<boolean | undefined>;
  /** Resolves when the server serves the kind. */
  noticed(gvk: GroupVersionKind, options: { signal: AbortSignal }): Promise<ScopedGVR>;
}

/** What {@link Unwatched} has its owner do. */
export interface UnwatchedOwner {
  /** It can't be seen at present. */
  pending(feed: Feed, error: DepwatchError): void;
  /** It can be watched from now on. */
  watchable(feed: Feed, gvr: ScopedGVR): void;
  /** As it was asked for it can never come true. */
  ended(feed: Feed, error: DepwatchError): void;
  /** Now that the kind is known, it turns out to be demanded as something else. */
  moved(feed: Feed, to: ObjectIdentifier, how: ScopedGVR | DepwatchError): void;
}

/** The feeds without a watch: they are read now and then, or wait for their kind, or for a right. */
export class Unwatched {
  readonly #options: UnwatchedOptions;
  readonly #owner: UnwatchedOwner;
  readonly #trials: Trials;

  constructor(options: UnwatchedOptions, owner: UnwatchedOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#trials = new Trials({
      clock: options.clock,
      granted: (watched, signal) => options.granted(watched, signal),
      attempt: (feed) => this.#beginWhen(feed, (signal) => options.resolve(feed.watched, signal)),
    });
  }

  /** It can't be seen: waits until it can. What there was of it counts no more. */
  await(feed: Feed, error: DepwatchError): void {
    const wasPolled = feed.source?.servedBy === 'poll';
    feed.endSource();
    feed.lastError = error;
    feed.absence = undefined;
    const isReadable = error.code === 'ERR_RESOURCE_UNWATCHABLE';
    // One that is new is read first, as a watch would be: perhaps it can be seen at once.
    if (isReadable && !wasPolled && !feed.unavailable && !feed.wasLive)
      return this.#poll(feed, error);
    feed.store.discard();
    feed.store.commit();
    feed.detach?.();
    feed.detach = undefined;
    this.pend(feed, error);
    const isKind = error.code === 'ERR_NO_VERSIONED_RESOURCE';
    // What reads have failed for is tried again later, whatever is said of its kind: at once would be for ever.
    if (wasPolled || (!isReadable && !isKind)) this.#trials.add(feed);
    else if (isReadable) this.#poll(feed, error);
    else this.#beginWhen(feed, (signal) => this.#options.noticed(feed.watched, { signal }));
  }

  /** It can't be seen at present: who waits for its first state, or for a version, waits no longer. */
  pend(feed: Feed, error: DepwatchError): void {
    this.#owner.pending(feed, error);
    feed.lastError = error;
    feed.unavailable = error;
    feed.enter('pending', this.#options.clock.now());
    feed.showed();
    feed.waiters?.resolve(error);
    feed.waiters = undefined;
    feed.advanced();
  }

  /** Somebody waits for it from now on who needn't have done so before: what went meanwhile is pending, and noticed when it comes. */
  awaited(feed: Feed): void {
    if (!feed.absence || feed.patience) return;
    if (!feed.unavailable) this.pend(feed, feed.absence);
    const patience = (feed.patience = new AbortController());
    const isOver = (): boolean => {
      if (feed.patience !== patience) return true;
      feed.patience = undefined;
      return patience.signal.aborted || !feed.waits;
    };
    // Its source asks for the kind now and then, and hears of what is found, but not of what can't be watched.
    this.#options.noticed(feed.watched, patience).then(isOver, (error: DepwatchError) => {
      if (isOver()) return;
      feed.source?.stop();
      this.#owner.ended(feed, error);
    });
  }

  /** It got through: others of its kind may as well. */
  succeeded(feed: Feed): void {
    this.#trials.succeeded(feed);
  }

  /** It is over. */
  delete(feed: Feed): void {
    this.#trials.delete(feed);
  }

  close(): void {
    this.#trials.close();
  }

  /** What can't be watched is read; by its content, since nobody knows what its versions say. */
  #poll(feed: Feed, why: DepwatchError): void {
    const { resolve, pollGvr, forget, createPollStore } = this.#options;
    const find = (signal: AbortSignal): Promise<ScopedGVR> => pollGvr(feed.watched, signal);
    const read = (gvr: ScopedGVR): void => {
      feed.store = createPollStore();
      feed.source = new PollSource(feed, feed.watched, gvr, {
        ...this.#options,
        watchable: (of) => resolve(feed.watched, of),
        forget: () => forget(feed.watched),
        becameWatchable: (found) => {
          feed.endSource();
          this.#begin(feed, found, found, () => this.#owner.watchable(feed, found));
        },
      });
      feed.source.start();
    };
    this.#whenKnown(feed, find, (gvr) => this.#begin(feed, gvr, why, () => read(gvr)));
  }

  /** Goes on once the resource is known, or waits for what stands in the way; unless the feed is over by then. */
  #whenKnown(
    feed: Feed,
    find: (signal: AbortSignal) => Promise<ScopedGVR>,
    go: (gvr: ScopedGVR) => void,
  ): void {
    const { signal } = (feed.patience = new AbortController());
    find(signal).then(
      (gvr) => !signal.aborted && go(gvr),
      (error: DepwatchError) => !signal.aborted && this.await(feed, error),
    );
  }

  #beginWhen(feed: Feed, find: (signal: AbortSignal) => Promise<ScopedGVR>): void {
    this.#whenKnown(feed, find, (gvr) =>
      this.#begin(feed, gvr, gvr, () => this.#owner.watchable(feed, gvr)),
    );
  }

  /**
   * The kind is served; a feed that lacks its namespace can't come true.
   *
   * @param how as it is begun where it was demanded as something else
   */
  #begin(feed: Feed, gvr: ScopedGVR, how: ScopedGVR | DepwatchError, go: () => void): void {
    let id: ObjectIdentifier;
    try {
      id = normalizeWatched(feed.watched, gvr);
    } catch (error) {
      return this.#owner.ended(feed, error as DepwatchError);
    }
    if (objectIdentifierKey(id) === feed.key) go();
    else this.#owner.moved(feed, id, how);
  }
}

import type {
  ObjectIdentifier,
  ReconcileContext,
  Reconciler,
  ReconcileItem,
  Result,
} from '@depwatch/core';
import { firstValueFrom, fromEvent, merge, Observable, Subject, type Subscriber } from 'rxjs';

import { Delivery } from './delivery.ts';
import type { ReconcileObservableOptions } from './options.ts';

/**
 * A Reconciler that is a hot Observable: pass it as `reconciler`, and each reconcile is emitted to whoever is
 * subscribed at that time, as one item that they share. It completes when the dynamic watcher stops, and never errors.
 *
 * A reconcile is over when every `reconcileEach` that claimed its item is done with it, and fails if one of them failed.
 * With no claim it is over once emitted, or with `acknowledge: 'manual'` when `done` or `fail` is called, and fails if all
 * who were handed it, and stayed, unsubscribe first.
 */
export class ReconcileObservable extends Observable<ReconcileItem> implements Reconciler {
  readonly #whenUnobserved: 'wait' | 'drop';
  readonly #acknowledge: 'auto' | 'manual';
  readonly #subscribers = new Set<Subscriber<ReconcileItem>>();
  /** Somebody has subscribed, or nobody will. */
  readonly #arrivals = new Subject<void>();
  /** What is not over yet, with those who were handed it and are still there. */
  readonly #inHand = new Map<Delivery, Set<Subscriber<ReconcileItem>>>();
  #stopped = false;

  constructor(options: ReconcileObservableOptions = {}) {
    super((subscriber) => this.#add(subscriber));
    this.#whenUnobserved = options.whenUnobserved ?? 'wait';
    this.#acknowledge = options.acknowledge ?? 'auto';
  }

  /**
   * Emits an item and resolves or rejects as it is acknowledged. While nobody is subscribed it waits.
   *
   * @throws what the item was failed with; the signal's reason when it is aborted while nobody is subscribed; Error after
   * `stopped`
   */
  async reconcile(watcher: ObjectIdentifier, context: ReconcileContext): Promise<Result | void> {
    if (this.#subscribers.size === 0 && this.#whenUnobserved === 'drop') return;
    await this.#observed(context.signal);
    const delivery = new Delivery(watcher, context);
    const subscribers = [...this.#subscribers];
    this.#inHand.set(delivery, new Set(subscribers));
    delivery.emit(subscribers, this.#acknowledge === 'auto');
    try {
      return await delivery.settled;
    } finally {
      this.#inHand.delete(delivery);
    }
  }

  /**
   * Completes it. The dynamic watcher calls this; what still waits for a subscriber fails, what is in hand may be
   * finished.
   */
  stopped(): void {
    this.#stopped = true;
    // Those who are told that it is complete leave, but not on their own account.
    this.#inHand.clear();
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
    this.#arrivals.next();
  }

  #add(subscriber: Subscriber<ReconcileItem>): () => void {
    if (this.#stopped) subscriber.complete();
    else this.#subscribers.add(subscriber);
    this.#arrivals.next();
    return () => this.#remove(subscriber);
  }

  #remove(subscriber: Subscriber<ReconcileItem>): void {
    this.#subscribers.delete(subscriber);
    for (const [delivery, holders] of this.#inHand) {
      if (holders.delete(subscriber) && holders.size === 0)
        delivery.abandon(new Error('all subscribers left before the item was acknowledged'));
    }
  }

  /** Waits, as long as nobody is subscribed. */
  async #observed(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#stopped) throw new Error('the dynamic watcher of this observable has stopped');
      if (this.#subscribers.size > 0) return;
      await firstValueFrom(merge(this.#arrivals, fromEvent(signal, 'abort')));
    }
  }
}

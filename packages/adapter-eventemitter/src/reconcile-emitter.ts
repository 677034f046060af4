import type { ObjectIdentifier, ReconcileContext, Reconciler, Result } from '@depwatch/core';
import { EventEmitter } from 'eventemitter3';

import { combineResults } from './combine-results.ts';
import { Listeners } from './listeners.ts';
import type { ReconcileEmitterOptions } from './options.ts';
import type { ReconcileEvent, ReconcileEvents } from './reconcile-events.ts';

/** Somebody who waits for a listener. */
type Waiting = Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>;

/**
 * A Reconciler that is an eventemitter3: pass it as `reconciler`, and each reconcile is a `'reconcile'` event. All who
 * listen when it begins are called, each once, even when one before them throws, and all that they return is awaited.
 * `'stopped'` is emitted once, when the dynamic watcher has stopped.
 */
export class ReconcileEmitter extends EventEmitter<keyof ReconcileEvents> implements Reconciler {
  readonly #whenUnobserved: 'wait' | 'drop';
  readonly #listeners = new Listeners();
  readonly #waiting = new Set<Waiting>();
  #stopped = false;

  constructor({ whenUnobserved = 'wait' }: ReconcileEmitterOptions = {}) {
    super();
    this.#whenUnobserved = whenUnobserved;
  }

  /**
   * Emits `'reconcile'` and waits for all listeners; while there is none, for one.
   *
   * @returns of what the listeners returned, the earliest `requeueAfterMs`
   * @throws what a listener threw, an AggregateError if several did; the signal's reason when it is aborted while nobody
   * listens; Error after `stopped`
   */
  async reconcile(watcher: ObjectIdentifier, context: ReconcileContext): Promise<Result | void> {
    for (;;) {
      // A plain Error: what a reconciler throws needs no code to be tried again, and of core there are only types here.
      if (this.#stopped) throw new Error('the dynamic watcher of this emitter has stopped');
      if (this.listenerCount('reconcile') > 0) break;
      if (this.#whenUnobserved === 'drop') return;
      await this.#nextListener(context.signal);
    }
    const event: ReconcileEvent = {
      watcher,
      causes: context.causes,
      attempt: context.attempt,
      // The dynamic watcher makes it when it is first read, and most listeners don't.
      get signal() {
        return context.signal;
      },
    };
    const returned = this.#listeners.collect(event, () => this.emit('reconcile', event));
    return combineResults(await Promise.allSettled(returned));
  }

  /** Emits `'stopped'`, the first time. The dynamic watcher calls this; what still waits for a listener fails. */
  stopped(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake();
    this.emit('stopped');
  }

  override on<E extends keyof ReconcileEvents>(
    event: E,
    listener: ReconcileEvents[E],
    context?: unknown,
  ): this {
    super.on(event, this.#listeners.wrap(listener), context);
    this.#wake();
    return this;
  }

  override once<E extends keyof ReconcileEvents>(
    event: E,
    listener: ReconcileEvents[E],
    context?: unknown,
  ): this {
    super.once(event, this.#listeners.wrap(listener), context);
    this.#wake();
    return this;
  }

  override removeListener<E extends keyof ReconcileEvents>(
    event: E,
    listener?: ReconcileEvents[E],
    context?: unknown,
    once?: boolean,
  ): this {
    return super.removeListener(
      event,
      listener && this.#listeners.wrapperOf(listener),
      context,
      once,
    );
  }

  override listeners<E extends keyof ReconcileEvents>(event: E): ReconcileEvents[E][] {
    return super
      .listeners(event)
      .map((wrapper) => this.#listeners.wrapped(wrapper) as ReconcileEvents[E]);
  }

  // The base class has these as functions of their own, which would pass by the ones above.
  /** The same as {@link on}. */
  override addListener<E extends keyof ReconcileEvents>(
    event: E,
    listener: ReconcileEvents[E],
    context?: unknown,
  ): this {
    return this.on(event, listener, context);
  }

  /** The same as {@link removeListener}. */
  override off<E extends keyof ReconcileEvents>(
    event: E,
    listener?: ReconcileEvents[E],
    context?: unknown,
    once?: boolean,
  ): this {
    return this.removeListener(event, listener, context, once);
  }

  /** Has all who wait look again. */
  #wake(): void {
    for (const { resolve } of this.#waiting) resolve();
  }

  /** Resolves when there may be a listener, or never will be; rejects when the signal is aborted. */
  async #nextListener(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { resolve, reject };
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    this.#waiting.add(waiting);
    try {
      await promise;
    } finally {
      this.#waiting.delete(waiting);
      signal.removeEventListener('abort', abort);
    }
  }
}

import type { Clock, Logger } from '@depwatch/core';
import type { Observation } from './observation.ts';

/** Who is told of observations; whoever tells asks first whether anybody listens, and makes nothing up otherwise. */
export interface Audience {
  readonly isListening: boolean;
  /** What the clock shows, in milliseconds. */
  now(): number;
  tell(observation: Observation): void;
}

interface Listener {
  readonly hear: (observation: Observation) => unknown;
  /** How many of those that are to be told were there before it. */
  skip: number;
  hasFailed: boolean;
}

/**
 * The listeners of one dynamic watcher. They are told in the order of what happened, but not within it: a listener may call
 * anything, and what it is told of is not through by then.
 */
export class Observers implements Audience {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Set<Listener>();
  #untold: Observation[] = [];
  #isClosed = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get isListening(): boolean {
    return this.#listeners.size > 0;
  }

  /** As `DynamicWatcher.observe`. */
  observe(hear: (observation: Observation) => void): () => void {
    if (this.#isClosed) return () => {};
    const listener: Listener = { hear, skip: this.#untold.length, hasFailed: false };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  now(): number {
    return this.#clock.now();
  }

  tell(observation: Observation): void {
    if (this.#listeners.size === 0) return;
    if (this.#untold.length === 0) queueMicrotask(() => this.#tellAll());
    this.#untold.push(observation);
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#untold = [];
  }

  #tellAll(): void {
    const told = this.#untold;
    this.#untold = [];
    for (const listener of [...this.#listeners]) {
      const { skip } = listener;
      listener.skip = 0;
      for (let index = skip; index < told.length; index += 1) {
        if (!this.#listeners.has(listener)) break;
        this.#tellOne(listener, told[index]!);
      }
    }
  }

  #tellOne(listener: Listener, observation: Observation): void {
    try {
      // Its type says void, which an async function fits too.
      const returned = listener.hear(observation);
      if (returned instanceof Promise) returned.catch((error) => this.#failed(listener, error));
    } catch (error) {
      this.#failed(listener, error);
    }
  }

  /** Once is enough: it may fail by the thousand. */
  #failed(listener: Listener, error: unknown): void {
    if (listener.hasFailed) return;
    listener.hasFailed = true;
    this.#logger.error(
      { error },
      'an observer failed; it is told on, and its next failures are not logged',
    );
  }
}

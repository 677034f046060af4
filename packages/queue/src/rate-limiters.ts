import {
  checkMethods,
  checkRecord,
  invalidInput,
  type Clock,
  type ObjectIdentifier,
  type RateLimiter,
} from '@depwatch/core';

import { checkNumber } from './check-number.ts';
import { defaultKeyOf } from './key-of.ts';
import { systemClock } from './system-clock.ts';

/** Options of {@link ItemExponentialFailureRateLimiter}. */
export interface ItemExponentialFailureRateLimiterOptions<T> {
  /**
   * The delay after the first failure, in milliseconds.
   *
   * @default 5
   */
  baseDelayMs?: number;
  /**
   * The longest delay, in milliseconds.
   *
   * @default 1_000_000
   */
  maxDelayMs?: number;
  /**
   * What makes two items the same.
   *
   * @default the item itself; for an ObjectIdentifier its `objectIdentifierKey`
   */
  keyOf?: (item: T) => unknown;
}

/**
 * Per item, `baseDelayMs * 2 ** failures`, at most `maxDelayMs`: client-go's limiter of this name
 * (`workqueue/default_rate_limiters.go`). It remembers an item until `forget`.
 */
export class ItemExponentialFailureRateLimiter<T = ObjectIdentifier> implements RateLimiter<T> {
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #keyOf: (item: T) => unknown;
  readonly #failures = new Map<unknown, number>();

  /** @throws DepwatchError ERR_INVALID_INPUT when a delay is negative or no finite number */
  constructor(options: ItemExponentialFailureRateLimiterOptions<T> = {}) {
    checkRecord('options', options);
    const { baseDelayMs = 5, maxDelayMs = 1_000_000, keyOf = defaultKeyOf } = options;
    this.#baseDelayMs = checkNumber('baseDelayMs', baseDelayMs, { orZero: true });
    this.#maxDelayMs = checkNumber('maxDelayMs', maxDelayMs, { orZero: true });
    this.#keyOf = keyOf;
  }

  /** Counts a failure of `item`. @returns the delay in milliseconds */
  when(item: T): number {
    const key = this.#keyOf(item);
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    // 2 ** 1023 is the last power that is a number; the base may be 0, and 0 * Infinity is none.
    return Math.min(this.#baseDelayMs * 2 ** Math.min(failures, 1023), this.#maxDelayMs);
  }

  forget(item: T): void {
    this.#failures.delete(this.#keyOf(item));
  }

  retries(item: T): number {
    return this.#failures.get(this.#keyOf(item)) ?? 0;
  }
}

/** Options of {@link BucketRateLimiter}. */
export interface BucketRateLimiterOptions {
  /**
   * Time, to refill the bucket by: that of the queue which uses it, so a virtual one where the queue's is.
   *
   * @default the machine's
   */
  clock?: Pick<Clock, 'now'>;
  /**
   * How many tokens come per second.
   *
   * @default 10
   */
  perSecond?: number;
  /**
   * How many tokens the bucket holds, at least 1; it starts full.
   *
   * @default 100
   */
  burst?: number;
}

/**
 * One token bucket for all items: each call of `when` takes a token, or reserves one that is still to come and returns
 * how long that takes. The algorithm is that of golang.org/x/time/rate, `Reserve().Delay()`.
 */
export class BucketRateLimiter<T = ObjectIdentifier> implements RateLimiter<T> {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #perSecond: number;
  readonly #burst: number;
  /** Below zero: reserved, and still to come. */
  #tokens: number;
  #lastMs: number;

  /** @throws DepwatchError ERR_INVALID_INPUT when `perSecond` is not above 0 or `burst` is below 1 */
  constructor(options: BucketRateLimiterOptions = {}) {
    checkRecord('options', options);
    const { clock = systemClock, perSecond = 10, burst = 100 } = options;
    checkMethods('clock', clock, ['now']);
    this.#clock = clock;
    this.#perSecond = checkNumber('perSecond', perSecond);
    this.#burst = checkNumber('burst', burst);
    if (burst < 1) throw invalidInput(`burst: expected at least 1, got ${burst}`);
    this.#tokens = burst;
    this.#lastMs = clock.now();
  }

  /** Takes a token. @returns the milliseconds until that token is there */
  when(_item: T): number {
    const now = Math.max(this.#clock.now(), this.#lastMs);
    const refilled = this.#tokens + ((now - this.#lastMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#burst, refilled) - 1;
    this.#lastMs = now;
    return this.#tokens < 0 ? (-this.#tokens * 1000) / this.#perSecond : 0;
  }

  /** Does nothing: the bucket knows no items. */
  forget(_item: T): void {}

  /** Always 0: the bucket knows no items. */
  retries(_item: T): number {
    return 0;
  }
}

/** The longest delay and the highest count of several limiters. */
export class MaxOfRateLimiter<T = ObjectIdentifier> implements RateLimiter<T> {
  readonly #limiters: readonly RateLimiter<T>[];

  /** @throws DepwatchError ERR_INVALID_INPUT when there is no limiter */
  constructor(limiters: readonly RateLimiter<T>[]) {
    if (!Array.isArray(limiters) || limiters.length === 0)
      throw invalidInput('limiters: expected at least one');
    limiters.forEach((limiter, index) =>
      checkMethods(`limiters[${index}]`, limiter, ['when', 'forget', 'retries']),
    );
    this.#limiters = [...limiters];
  }

  /** Counts a failure of `item` in each limiter. @returns the longest of their delays, in milliseconds */
  when(item: T): number {
    return Math.max(...this.#limiters.map((limiter) => limiter.when(item)));
  }

  forget(item: T): void {
    for (const limiter of this.#limiters) limiter.forget(item);
  }

  retries(item: T): number {
    return Math.max(...this.#limiters.map((limiter) => limiter.retries(item)));
  }
}

/**
 * What controllers of Kubernetes use: per item 5 ms doubling up to 1,000,000 ms, and for all items together 10 a second
 * after a burst of 100 (client-go's `DefaultTypedControllerRateLimiter`).
 */
export function defaultControllerRateLimiter<T = ObjectIdentifier>(
  options: Pick<BucketRateLimiterOptions, 'clock'> &
    Pick<ItemExponentialFailureRateLimiterOptions<T>, 'keyOf'> = {},
): RateLimiter<T> {
  checkRecord('options', options);
  return new MaxOfRateLimiter<T>([
    new ItemExponentialFailureRateLimiter<T>({ ...(options.keyOf && { keyOf: options.keyOf }) }),
    new BucketRateLimiter<T>({ ...(options.clock && { clock: options.clock }) }),
  ]);
}

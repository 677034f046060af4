import assert from 'node:assert/strict';

import {
  type DepwatchError,
  type ErrorCode,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';

import { within } from './deadline.ts';
import { checkError, checkEvent, type ObjectEvent, tell } from './expectations.ts';

type Burst = readonly WatchEvent[];

/** Reads a watch step by step, checks every event on the way, and never waits for ever. */
export class WatchReader {
  readonly iterator: AsyncIterator<Burst>;
  readonly #query: ResourceQuery;
  readonly #waitMs: number;
  /** Read, and not asked for yet. */
  readonly #waiting: WatchEvent[] = [];
  readonly #seen: WatchEvent[] = [];

  constructor(watch: AsyncIterable<Burst>, query: ResourceQuery, waitMs: number) {
    this.iterator = watch[Symbol.asyncIterator]();
    this.#query = query;
    this.#waitMs = waitMs;
  }

  /** Reads the first burst: the server has accepted the watch. */
  async accepted(): Promise<Burst> {
    const burst = await this.#burst('the first burst, which tells that the watch was accepted');
    assert.ok(burst, 'the watch ended before it was accepted');
    this.#waiting.push(...burst);
    return burst;
  }

  /** The next `count` changes of objects, in order; bookmarks on the way are passed over. */
  async changes(count: number): Promise<ObjectEvent[]> {
    const changes: ObjectEvent[] = [];
    while (changes.length < count) {
      const event = await this.#event(`${count} changes`);
      if (event.type !== 'BOOKMARK') changes.push(event);
    }
    return changes;
  }

  /** The events up to the end of the initial ones, and the version of that bookmark. */
  async initialEvents(): Promise<{ readonly events: ObjectEvent[]; readonly version: string }> {
    const events: ObjectEvent[] = [];
    for (;;) {
      const event = await this.#event('the end of the initial events');
      if (event.type !== 'BOOKMARK') {
        assert.equal(event.type, 'ADDED', 'initial events are all ADDED');
        events.push(event);
      } else if (event.initialEventsEnd) {
        return { events, version: event.resourceVersion };
      }
    }
  }

  /** Reads to the clean end of the watch; what comes before must be bookmarks. */
  async end(): Promise<void> {
    for (;;) {
      const burst = await this.#burst('the clean end of the watch');
      if (!burst) break;
      this.#waiting.push(...burst);
    }
    assert.deepEqual(tell(this.#waiting.filter(({ type }) => type !== 'BOOKMARK')), []);
    await this.done();
  }

  /** Reads to the error that breaks the watch; what comes before is passed over. */
  async failure(...codes: readonly ErrorCode[]): Promise<DepwatchError> {
    const error = await this.#readToFailure(codes).catch((caught: unknown) => caught);
    const checked = checkError(error, ...codes);
    await this.done();
    return checked;
  }

  /** After its end, a watch stays ended. */
  async done(): Promise<void> {
    const answer = await this.#within(this.iterator.next(), 'next() after the end');
    assert.deepEqual(
      { ...answer, value: answer.value },
      { done: true, value: undefined },
      'after its end, a watch stays ended',
    );
  }

  /** Closes the watch; resolves even if it doesn't close. */
  async return(): Promise<void> {
    await this.#within(Promise.resolve(this.iterator.return?.()), 'return()').catch(() => {});
  }

  async #readToFailure(codes: readonly ErrorCode[]): Promise<never> {
    for (;;) {
      const burst = await this.#burst(codes.join(' or '));
      assert.ok(burst, `the watch ended cleanly, instead of with ${codes.join(' or ')}`);
    }
  }

  async #event(what: string): Promise<WatchEvent> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event) return event;
      const burst = await this.#burst(what);
      assert.ok(burst, `the watch ended, instead of giving ${what}; before: ${this.#before()}`);
      this.#waiting.push(...burst);
    }
  }

  async #burst(what: string): Promise<Burst | undefined> {
    const { done, value } = await this.#within(this.iterator.next(), what);
    if (done) return undefined;
    assert.ok(Array.isArray(value), 'a burst is an array of events');
    for (const event of value as Burst) checkEvent(event, this.#query);
    this.#seen.push(...(value as Burst));
    return value as Burst;
  }

  #within<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, this.#waitMs, () => `${what}; before: ${this.#before()}`);
  }

  #before(): string {
    const last = tell(this.#seen.slice(-5)).join(', ');
    return this.#seen.length > 5 ? `${this.#seen.length} events, … ${last}` : last || 'no event';
  }
}

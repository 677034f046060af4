import { describe, expect, it } from 'vitest';

import {
  isDepwatchError,
  type Metrics,
  type ObjectIdentifier,
  type RateLimiter,
} from '@depwatch/core';
import {
  createWorkQueue,
  defaultControllerRateLimiter,
  type WorkQueue,
  type WorkQueueOptions,
} from '@depwatch/queue';
import { createVirtualClock } from '@depwatch/testing';

function newQueue<T = string>(options: Partial<WorkQueueOptions<T>> = {}) {
  const clock = createVirtualClock();
  const rateLimiter = defaultControllerRateLimiter<T>({ clock });
  return { clock, queue: createWorkQueue<T>({ clock, rateLimiter, ...options }) };
}

/** What comes out of the queue until it is empty; each item is done at once. */
async function drain<T>(queue: WorkQueue<T>): Promise<(T | undefined)[]> {
  const items: (T | undefined)[] = [];
  while (queue.length > 0) {
    const item = await queue.get();
    items.push(item);
    queue.done(item as T);
  }
  return items;
}

const invalid = (message: RegExp, retryable = false) =>
  expect.objectContaining({
    code: 'ERR_INVALID_INPUT',
    retryable,
    message: expect.stringMatching(message) as string,
  }) as Error;

describe('a work queue', () => {
  it('is fair: hands items out in the order in which they were added', async () => {
    const { queue } = newQueue();
    for (const item of ['c', 'a', 'b']) queue.add(item);
    expect(queue.length).toBe(3);
    expect(await drain(queue)).toEqual(['c', 'a', 'b']);
    expect([queue.length, queue.running, queue.delayed]).toEqual([0, 0, 0]);
  });

  it('is stingy: an item added several times is worked on once, at its first place', async () => {
    const { queue } = newQueue();
    for (const item of ['a', 'b', 'a', 'a']) queue.add(item);
    expect(await drain(queue)).toEqual(['a', 'b']);
  });

  it('never runs an item twice at once, and runs it once more when it was added meanwhile', async () => {
    const { queue } = newQueue();
    queue.add('a');
    expect(await queue.get()).toBe('a');
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('b');
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    queue.done('b');
    expect([queue.length, queue.running]).toEqual([0, 0]);
  });

  it('serves waiting consumers in the order of their calls', async () => {
    const { queue } = newQueue();
    const waiting = [queue.get(), queue.get(), queue.get()];
    for (const item of ['a', 'b', 'c']) queue.add(item);
    expect(queue.running).toBe(3);
    expect(await Promise.all(waiting)).toEqual(['a', 'b', 'c']);
  });

  it('hands an item that is to run again to a consumer that waits', async () => {
    const { queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    const waiting = queue.get();
    queue.done('a');
    expect(await waiting).toBe('a');
  });

  it('hands out without a promise what is queued, and else nothing', async () => {
    const { queue } = newQueue();
    expect(queue.tryGet()).toBeUndefined();
    queue.add('a');
    queue.add('b');
    expect([queue.tryGet(), queue.running, queue.length]).toEqual(['a', 1, 1]);
    queue.add('a');
    expect([queue.tryGet(), queue.tryGet()]).toEqual(['b', undefined]);
    queue.done('a');
    expect(queue.tryGet()).toBe('a');
  });

  it('ignores done for an item that does not run', async () => {
    const { queue } = newQueue();
    queue.done('a');
    queue.add('a');
    queue.done('a');
    expect([queue.length, queue.running]).toEqual([1, 0]);
    expect(await queue.get()).toBe('a');
  });

  it('takes equal ObjectIdentifiers for one item, and hands out the latest', async () => {
    const { queue } = newQueue<ObjectIdentifier>();
    const deployment = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'ns' };
    const first = { ...deployment, selector: 'a=b,c' };
    const second = { ...deployment, name: '', selector: 'c, a in (b)' };
    queue.add(first);
    queue.add({ ...deployment, name: 'other' });
    queue.add(second);
    expect(queue.length).toBe(2);
    expect(await queue.get()).toBe(second);
    queue.add(first);
    queue.done({ ...second });
    expect(queue.length).toBe(2);
  });

  it('takes other objects for themselves, or for what keyOf says', async () => {
    const byIdentity = newQueue<object>().queue;
    byIdentity.add({ id: 1 });
    byIdentity.add({ id: 1 });
    expect(byIdentity.length).toBe(2);
    const { queue } = newQueue<{ id: number }>({ keyOf: ({ id }) => id });
    queue.add({ id: 1 });
    queue.add({ id: 1 });
    expect(queue.length).toBe(1);
  });

  it('takes hostile keys for what they are', async () => {
    const { queue } = newQueue();
    const items = ['__proto__', 'constructor', 'toString', ''];
    for (const item of [...items, ...items]) queue.add(item);
    expect(await drain(queue)).toEqual(items);
  });

  it('passes through forget and retries to the rate limiter', () => {
    const { queue } = newQueue();
    queue.addRateLimited('a');
    queue.addRateLimited('a');
    expect([queue.retries('a'), queue.retries('b')]).toEqual([2, 0]);
    queue.forget('a');
    expect(queue.retries('a')).toBe(0);
  });
});

describe('remove', () => {
  it('drops a queued item and keeps the order of the others', async () => {
    const { queue } = newQueue();
    for (const item of ['a', 'b', 'c', 'd']) queue.add(item);
    for (const item of ['b', 'd', 'never added']) queue.remove(item);
    queue.add('e');
    expect(await drain(queue)).toEqual(['a', 'c', 'e']);
  });

  it('drops a delayed item and its timer, and the history of its failures', async () => {
    const { clock, queue } = newQueue();
    queue.addRateLimited('a');
    expect([queue.delayed, clock.pending]).toEqual([1, 1]);
    queue.remove('a');
    expect([queue.delayed, clock.pending, queue.retries('a')]).toEqual([0, 0, 0]);
    await clock.advance(1_000);
    expect(queue.length).toBe(0);
  });

  it('keeps a running item only from running again', async () => {
    const { clock, queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.addAfter('a', 10);
    queue.remove('a');
    expect(queue.running).toBe(1);
    queue.done('a');
    await clock.advance(10);
    expect([queue.length, queue.running]).toEqual([0, 0]);
  });

  it('clear removes all there is, and leaves no timer; what runs goes on', async () => {
    const { clock, queue } = newQueue({ minIntervalMs: 60_000 });
    for (const item of ['ran', 'runs']) {
      queue.add(item);
      expect(await queue.get()).toBe(item);
    }
    queue.done('ran');
    queue.addRateLimited('runs');
    queue.add('queued');
    queue.addAfter('delayed', 1000);
    queue.clear();
    expect([queue.length, queue.delayed, queue.running, queue.retries('runs')]).toEqual([
      0, 0, 1, 0,
    ]);
    expect(clock.pending).toBe(0);
    queue.add('ran');
    expect(queue.tryGet()).toBe('ran');
  });

  it('lets a removed item be added again, while the old run goes on', async () => {
    const { queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.remove('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(await drain(queue)).toEqual(['a']);
  });
});

describe('shutdown', () => {
  it('settles consumers that wait, and those that come later', async () => {
    const { queue } = newQueue();
    const waiting = [queue.get(), queue.get()];
    queue.shutdown();
    queue.shutdown();
    expect(await Promise.all([...waiting, queue.get()])).toEqual([undefined, undefined, undefined]);
    expect(queue.isShutDown).toBe(true);
    await queue.drained;
  });

  it('lets what is queued be got, drops what is delayed, and takes no more', async () => {
    const { clock, queue } = newQueue();
    queue.add('a');
    queue.addAfter('a', 5);
    queue.addAfter('late', 10);
    queue.shutdown();
    queue.add('new');
    queue.addAfter('new', 5);
    queue.addRateLimited('new');
    expect([queue.length, queue.delayed, clock.pending, queue.retries('new')]).toEqual([
      1, 0, 0, 0,
    ]);
    expect(await queue.get()).toBe('a');
    expect(await queue.get()).toBeUndefined();
  });

  it('runs once more what runs and was added again before', async () => {
    const { queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.shutdown();
    queue.done('a');
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(await queue.get()).toBeUndefined();
  });

  it('is drained when the last run is done', async () => {
    const { clock, queue } = newQueue();
    let drained = false;
    void queue.drained.then(() => (drained = true));
    queue.add('a');
    queue.add('b');
    await queue.get();
    queue.shutdown();
    queue.done('a');
    await clock.advance(0);
    expect(drained).toBe(false);
    await queue.get();
    await clock.advance(0);
    expect(drained).toBe(false);
    queue.done('b');
    await clock.advance(0);
    expect(drained).toBe(true);
  });

  it('is drained when what is left is removed', async () => {
    const { queue } = newQueue();
    queue.add('a');
    queue.shutdown();
    queue.remove('a');
    await queue.drained;
  });

  it('drops everything that does not run, when told to', async () => {
    const { clock, queue } = newQueue();
    for (const item of ['a', 'b', 'c']) queue.add(item);
    queue.addAfter('d', 5);
    await queue.get();
    queue.add('a');
    queue.shutdownNow();
    expect([queue.length, queue.delayed, queue.running, clock.pending]).toEqual([0, 0, 1, 0]);
    queue.done('a');
    await queue.drained;
    expect(await queue.get()).toBeUndefined();
  });

  it('drops everything after a shutdown that did not', async () => {
    const { queue } = newQueue();
    queue.add('a');
    queue.shutdown();
    queue.shutdownNow();
    expect(queue.length).toBe(0);
    await queue.drained;
  });
});

describe('limits and bad input', () => {
  it('refuses more than maxLength items, loses none, and goes on when there is room', async () => {
    const { queue } = newQueue({ maxLength: 3 });
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    expect(() => queue.add('d')).toThrow(invalid(/^maxLength: 3 items wait/, true));
    expect(() => queue.addAfter('d', 10)).toThrow(invalid(/^maxLength/, true));
    queue.add('a');
    queue.addAfter('c', 5);
    expect(await queue.get()).toBe('a');
    queue.add('a');
    expect(() => queue.add('d')).toThrow(invalid(/^maxLength/, true));
    queue.done('a');
    expect(await drain(queue)).toEqual(['b', 'a']);
    expect(queue.delayed).toBe(1);
  });

  it('has room again for what was removed, wherever it waited', async () => {
    const { queue } = newQueue({ maxLength: 1 });
    queue.add('running');
    await queue.get();
    queue.add('running');
    expect(() => queue.add('a')).toThrow(invalid(/^maxLength/, true));
    queue.remove('running');
    queue.add('a');
    queue.remove('a');
    queue.addAfter('b', 10);
    queue.remove('b');
    queue.add('c');
    expect(queue.length).toBe(1);
  });

  it.each([0, -1, Number.NaN])('refuses maxLength %s', (maxLength) => {
    expect(() => newQueue({ maxLength })).toThrow(invalid(/^maxLength: /));
  });

  it.each([Number.NaN, Infinity])('refuses a delay of %s', (ms) => {
    const { queue } = newQueue();
    expect(() => queue.addAfter('a', ms)).toThrow(invalid(/^ms: /));
    const rateLimiter: RateLimiter<string> = { when: () => ms, forget: () => {}, retries: () => 0 };
    expect(() => newQueue({ rateLimiter }).queue.addRateLimited('a')).toThrow(
      invalid(/^rateLimiter: /),
    );
  });

  it('says what is wrong with a selector, and keeps nothing', () => {
    const { queue } = newQueue<ObjectIdentifier>();
    const item = { version: 'v1', kind: 'Pod', selector: 'a in' };
    expect(() => queue.add(item)).toThrow(invalid(/^selector: /));
    expect(queue.length).toBe(0);
  });
});

describe('metrics', () => {
  it('counts as client-go does, in seconds, with the name of the queue', async () => {
    const { metrics, told } = recordMetrics();
    const { clock, queue } = newQueue({ metrics, name: 'q' });
    const labels = { name: 'q', controller: 'q' };
    expect(told.splice(0)).toEqual([
      ['workqueue_adds_total', labels, 0],
      ['workqueue_retries_total', labels, 0],
    ]);
    queue.add('a');
    queue.add('a');
    expect(told.splice(0)).toEqual([['workqueue_adds_total', labels, 1]]);
    await clock.advance(20);
    await queue.get();
    expect(told.splice(0)).toEqual([['workqueue_queue_duration_seconds', labels, 0.02]]);
    await clock.advance(3);
    queue.add('a');
    queue.done('a');
    expect(told.splice(0)).toEqual([
      ['workqueue_adds_total', labels, 1],
      ['workqueue_work_duration_seconds', labels, 0.003],
    ]);
    queue.addRateLimited('b');
    expect(told.splice(0)).toEqual([['workqueue_retries_total', labels, 1]]);
  });

  it('gives gauges as they are when somebody looks, until the queue is drained', async () => {
    const { metrics, gauges } = recordMetrics();
    const { clock, queue } = newQueue({ metrics, name: 'q' });
    for (const item of ['a', 'b', 'c']) queue.add(item);
    expect(gauges()).toEqual({
      workqueue_depth: 3,
      workqueue_unfinished_work_seconds: 0,
      workqueue_longest_running_processor_seconds: 0,
    });
    queue.tryGet();
    await clock.advance(2000);
    queue.tryGet();
    await clock.advance(1000);
    expect(gauges()).toEqual({
      workqueue_depth: 1,
      workqueue_unfinished_work_seconds: 4,
      workqueue_longest_running_processor_seconds: 3,
    });
    queue.shutdownNow();
    queue.done('a');
    expect(gauges()).toMatchObject({ workqueue_depth: 0, workqueue_unfinished_work_seconds: 1 });
    queue.done('b');
    expect(gauges()).toEqual({});
  });

  it('that throw change nothing', async () => {
    const fail = (): never => {
      throw new Error('metrics are down');
    };
    const { queue } = newQueue({ metrics: { count: fail, gauge: fail, observe: fail } });
    queue.add('a');
    queue.addRateLimited('b');
    expect(await drain(queue)).toEqual(['a']);
    queue.shutdownNow();
    await queue.drained;
  });
});

it('throws errors that isDepwatchError knows', () => {
  try {
    newQueue({ maxLength: 0 });
    expect.unreachable();
  } catch (error) {
    expect(isDepwatchError(error, 'ERR_INVALID_INPUT')).toBe(true);
  }
});

/** Metrics that keep what they are told, and read their gauges. */
function recordMetrics() {
  const told: unknown[] = [];
  const readers = new Map<string, () => number>();
  const metrics: Metrics = {
    count: (name, labels, by) => void told.push([name, labels, by ?? 1]),
    gauge(name, value, _, signal) {
      readers.set(name, typeof value === 'function' ? value : () => value);
      signal?.addEventListener('abort', () => readers.delete(name));
    },
    observe: (name, value, labels) => void told.push([name, labels, value]),
  };
  const gauges = () => Object.fromEntries([...readers].map(([name, read]) => [name, read()]));
  return { metrics, told, gauges };
}

import { Writable } from 'node:stream';
import { createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';

import { seeds } from '../../../tools/random-tests.ts';
import { ReconcileReadable, type ReconcileItem } from '../src/index.ts';
import { startBench, type Bench } from '../../../tools/adapter-bench/bench.ts';

/** A reader that has come; what it returns sends it away. */
type Reader = (readable: ReconcileReadable, bench: Bench) => () => void | Promise<void>;

const readers: Record<string, Reader> = {
  data(readable) {
    const listener = (): void => {};
    readable.on('data', listener).resume();
    return () => void readable.off('data', listener);
  },
  readable(readable) {
    const listener = (): void => {
      while (readable.read());
    };
    readable.on('readable', listener);
    return () => void readable.off('readable', listener);
  },
  pipe(readable, bench) {
    const writable = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (_item: ReconcileItem, _encoding, callback) => {
        bench.fake.clock.setTimeout(callback, 3);
      },
    });
    readable.pipe(writable);
    return () => void readable.unpipe(writable);
  },
  read(readable) {
    readable.pause();
    readable.read();
    return () => void readable.read();
  },
  loop(readable, bench) {
    let leaves = false;
    const loop = (async () => {
      for await (const item of readable.iterator({ destroyOnReturn: false })) {
        if (leaves) break;
        await new Promise<void>((resolve) => bench.fake.clock.setTimeout(resolve, 3));
        if (item.signal.aborted) item.fail(item.signal.reason);
      }
    })();
    return async () => {
      leaves = true;
      await bench.enqueue('last');
      await bench.settle(2_000);
      await loop;
    };
  },
};

test.each(seeds(40))('readers that come and go lose nothing (DEPWATCH_SEED=%i)', async (seed) => {
  const { random } = createVirtualClock({ seed });
  const below = (limit: number): number => Math.floor(random() * limit);
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, {
    maxConcurrentReconciles: 1 + below(3),
    ...(random() < 0.5 && { reconcileTimeoutMs: 20 }),
    // Retries soon, so that they meet what else happens.
    rateLimiter: { when: () => 5, forget: () => {}, retries: () => 0 },
  });
  const asked = new Map<string, number>();
  let leave: () => void | Promise<void> = () => {};
  for (let step = 0; step < 60; step++) {
    const choice = below(10);
    if (choice < 5) {
      const name = 'abcde'[below(5)]!;
      asked.set(name, bench.ended.length);
      await bench.enqueue(name);
    } else if (choice < 7) {
      await bench.settle(below(30));
    } else if (choice === 7) {
      if (readable.readableFlowing) readable.pause();
      else if (readable.readableFlowing === false) readable.resume();
    } else {
      await leave();
      // Node's own bookkeeping of who reads is a turn late.
      await bench.settle();
      leave = Object.values(readers)[below(5)]!(readable, bench);
      await bench.settle();
    }
  }
  await leave();
  await bench.settle();
  readers.data!(readable, bench);
  await bench.settle(1_000);
  expect(bench.held).toBe(0);
  for (const [name, since] of asked) expect(bench.ended.slice(since)).toContain(name);
});

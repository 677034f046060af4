import { setTimeout as sleep } from 'node:timers/promises';

import { now } from '../meter.ts';
import { namespaceOf, type Place } from '../objects.ts';

/** One write, with times of {@link now}. */
export interface Write {
  readonly index: number;
  /** The resourceVersion that it made. */
  readonly version: number;
  readonly sentMs: number;
  readonly doneMs: number;
}

/** What to write: each object in turn, again and again. */
export interface WriteOrder {
  readonly count: number;
  /** How many objects are written to: those from 0 up. */
  readonly among: number;
  /** Undefined: as fast as the server takes them. */
  readonly perSecond?: number;
  /** Default: where most scenarios have them. */
  readonly place?: Place;
}

/** What a process offers that writes to a server, whether it is the server itself or only its client. */
export type Load = {
  /** Makes the objects from 0 up, as far as they aren't there. */
  create(count: number, place?: Place): Promise<void>;
  /** Resolves to all writes, in the order in which they were begun, when the last one is done. */
  write(order: WriteOrder): Promise<Write[]>;
};

/** The load generator that writes an object's n-th revision with `put`, `atOnce` at once at most. */
export function createLoad(
  atOnce: number,
  put: (index: number, revision: number, place?: Place) => Promise<number>,
): Load {
  /** How many, by the first namespace of their place. */
  const created = new Map<string, number>();
  let revision = 0;
  return {
    async create(count, place) {
      const first = namespaceOf(0, place);
      const from = created.get(first) ?? 0;
      created.set(first, Math.max(from, count));
      const create = async (n: number) => void (await put(from + n, 0, place));
      await pace(count - from, undefined, atOnce, create);
    },
    async write({ count, among, perSecond, place }) {
      const writes: Write[] = [];
      await pace(count, perSecond, atOnce, async (n) => {
        const sentMs = now();
        const version = await put(n % among, ++revision, place);
        writes[n] = { index: n % among, version, sentMs, doneMs: now() };
      });
      return writes;
    },
  };
}

/** Calls `work` with 0 up to `count`, so many at once at most, each when its time has come. */
export async function pace(
  count: number,
  perSecond: number | undefined,
  atOnce: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  const startedAt = now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const early = perSecond === undefined ? 0 : startedAt + (n * 1000) / perSecond - now();
      if (early > 0) await sleep(early);
      await work(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

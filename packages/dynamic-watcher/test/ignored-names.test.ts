import type { ResourceQuery, Transport } from '@depwatch/core';
import type { FakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { configMapId } from './harness.ts';
import { config, ServerBench } from './server-bench.ts';

/** A server that takes no notice of the name that is asked for, nor of the namespace. */
function regardless(fake: FakeTransport): Transport {
  const all = ({ gvr, gvk }: ResourceQuery): ResourceQuery => ({ gvr, gvk });
  return {
    announcesAcceptance: true,
    discover: (gvk, options) => fake.discover(gvk, options),
    probe: (options) => fake.probe(options),
    list: (query, options) => fake.list(all(query), options),
    watch: (query, options) => fake.watch(all(query), options),
  };
}

describe.each(['streamed', 'in pages'])(
  'a server that shows all whatever name is asked for (lists %s)',
  (how) => {
    const start = async () => {
      const bench = new ServerBench([config('a', '1'), config('b', '2')], {}, regardless);
      if (how === 'in pages') bench.fake.refuseStreamingLists(400);
      await bench.watcher.start();
      return bench;
    };

    test('is read by name all the same, and there is nothing where nothing has that name', async () => {
      await using bench = await start();
      await bench.watch(configMapId('b'), configMapId('none'), configMapId('a', 'elsewhere'));
      expect(bench.shown(configMapId('b'))).toBe('2');
      expect(bench.watcher.getFromCache(configMapId('none'))).toBeUndefined();
      expect(bench.watcher.getFromCache(configMapId('a', 'elsewhere'))).toBeUndefined();
      expect(bench.watcher.listWatchedFromCache(configMapId('app'))).toHaveLength(1);
    });

    test('wakes nobody for objects of other names, also after a relist', async () => {
      await using bench = await start();
      await bench.watch(configMapId('b'));
      bench.fake.put(config('a', '3'));
      bench.fake.put(config('c', '4'));
      bench.fake.remove(config('a', ''));
      await bench.settle();
      bench.fake.breakWatches();
      bench.fake.put(config('d', '5'));
      bench.fake.compact();
      await bench.settle(10_000);
      expect(bench.causes).toEqual([]);
      bench.fake.put(config('b', '6'));
      await bench.settle();
      expect(bench.causes).toEqual(['modified']);
      expect(bench.shown(configMapId('b'))).toBe('6');
    });
  },
);

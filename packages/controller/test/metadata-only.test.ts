import { expect, test } from 'vitest';
import { configMap, startBench, widget, widgetKind, type ConfigMap } from './harness.ts';

const secretId = { version: 'v1', kind: 'Secret', namespace: 'default', name: 's' };
const secret = (text: string) => ({ ...configMap('s', { text }), kind: 'Secret' });

test('what is read with metadataOnly wakes by its data, which is read when it is needed and kept nowhere', async () => {
  const seen: unknown[] = [];
  await using bench = await startBench(
    {
      async reconcile(_object, { get, client }) {
        const known = await get({ ...secretId, metadataOnly: true });
        const read = await client.get<ConfigMap>(secretId);
        seen.push([known && 'data' in known, read?.data['text']]);
      },
    },
    [secret('MQ==')],
  );
  bench.fake.put(widget('a'));
  await bench.settle(100);
  bench.fake.put(secret('Mg=='));
  await bench.settle(100);
  bench.fake.remove(secretId);
  await bench.settle(100);
  expect(seen).toEqual([
    [false, 'MQ=='],
    [false, 'Mg=='],
    [undefined, undefined],
  ]);
  expect(() => bench.controller.watcher.getFromCache(secretId)).toThrow('nothing is cached');
});

test('of the own kind it takes no watch, and the object itself is woken as wakeOn says', async () => {
  await using bench = await startBench({
    async reconcile({ metadata }, { get }) {
      const { namespace = '' } = metadata!;
      await get({ ...widgetKind, namespace, name: metadata!.name!, metadataOnly: true });
      await get({ ...widgetKind, namespace, name: 'a', metadataOnly: true });
    },
  });
  bench.fake.put(widget('a'));
  bench.fake.put(widget('b'));
  await bench.settle(100);
  expect(bench.controller.watcher.getWatchCount()).toBe(1);
  bench.calls.length = 0;
  await bench.fake.patch(
    { ...widgetKind, namespace: 'default', name: 'a' },
    { status: { size: 1 } },
    { subresource: 'status' },
  );
  await bench.settle(100);
  expect(bench.calls).toEqual(['b']);
});

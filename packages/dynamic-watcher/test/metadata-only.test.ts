import { describe, expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';
import { PlanBench } from './supply/plans/plan-bench.ts';

const app = configMapId('app');
const secretId = (name: string) => ({ version: 'v1', kind: 'Secret', namespace: 'default', name });
const metadataOf = (name: string) => ({ ...secretId(name), metadataOnly: true });
const secret = (name: string, data: Record<string, string> = { k: 'MQ==' }) => ({
  ...configMap(name, data),
  kind: 'Secret',
});

describe('what is asked for with metadataOnly', () => {
  test('is woken by every change, and its data never comes', async () => {
    await using bench = await startBench({ enableCache: true, disableInitialReconcile: true }, [
      secret('s'),
    ]);
    const asked: (boolean | undefined)[] = [];
    const note = ({ query }: { query?: { metadataOnly?: boolean } }): boolean => {
      asked.push(query?.metadataOnly);
      return false;
    };
    bench.fake.fail({ operation: 'watch', match: note, error: { code: 500 } });
    const read = await bench.watcher.queryBatch(app, (batch) => batch.get(metadataOf('s')));
    expect(read).toMatchObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
    expect(read).not.toHaveProperty('data');
    bench.fake.put(secret('s', { k: 'Mg==' }));
    await bench.settle();
    expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['modified'] }]);
    const shown = bench.watcher.getFromCache(metadataOf('s'));
    expect(Object.keys(shown!).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(asked).toEqual([true]);
  });

  test('is apart from the same object as a whole', async () => {
    await using bench = await startBench({ enableCache: true }, [secret('s')]);
    await bench.watcher.queryBatch(app, async (batch) => {
      expect(await batch.get(secretId('s'))).toHaveProperty('data');
      expect(await batch.get(metadataOf('s'))).not.toHaveProperty('data');
      const all = await batch.list({ ...secretId(''), metadataOnly: true });
      expect(all.map((one) => 'data' in one)).toEqual([false]);
    });
    expect(bench.watcher.getWatchCount()).toBe(3);
    await bench.watcher.queryBatch(app, (batch) => batch.get(metadataOf('s')));
    expect(bench.watcher.getWatchCount()).toBe(1);
    expect(() => bench.watcher.getFromCache(secretId('s'))).toThrow('nothing is cached');
    expect(bench.watcher.graph().watched).toEqual([metadataOf('s')]);
    expect(bench.watcher.statusOf(metadataOf('s'))?.watched).toEqual(metadataOf('s'));
  });

  test('may share a watch where it is of Secrets, and keeps annotations', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const annotated = names.map((name) => {
      const { metadata, ...rest } = secret(name);
      return { ...rest, metadata: { ...metadata, annotations: { 'example.com/a': name } } };
    });
    await using bench = await PlanBench.start(annotated);
    await bench.live(...names.map(metadataOf));
    expect(bench.watcher.getWatchCount()).toBe(1);
    expect(bench.watcher.getFromCache(metadataOf('s7'))).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: expect.objectContaining({ annotations: { 'example.com/a': 's7' } }),
    });
    await bench.live(...names.map(secretId));
    // Whole Secrets are watched by name.
    expect(bench.watcher.getWatchCount()).toBe(21);
  });

  test('shares a watch with what does not ask for it, where nothing else is fetched anyway', async () => {
    const names = Array.from({ length: 16 }, (_, index) => `s${index}`);
    await using bench = await PlanBench.start(
      names.map((name) => secret(name)),
      { enableCache: false },
    );
    await bench.live(...names.map(secretId), ...names.map(metadataOf));
    expect(bench.servedBy()).toEqual({ namespace: 32 });
    expect(bench.watcher.getWatchCount()).toBe(1);
    bench.fake.put(secret('s3', { k: 'Mg==' }));
    await bench.settle();
    expect(new Set(bench.woken())).toEqual(new Set(['s3']));
    await bench.remove(...names.map(metadataOf));
    expect(bench.watcher.getWatchCount()).toBe(0);
  });

  test('has to be true or false', async () => {
    await using bench = await startBench({ enableCache: true });
    const wrong = { ...secretId('s'), metadataOnly: 'yes' } as never;
    await expect(bench.watcher.addWatcher(app, wrong)).rejects.toMatchObject({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringContaining('metadataOnly'),
    });
  });
});

import type { KubernetesObject } from '@depwatch/controller';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect, servers, type TestServer } from '../../../test/real-servers/servers.ts';
import { runMirror } from '../src/index.ts';

const patience = { timeout: 30_000, interval: 20 };
type ConfigMap = KubernetesObject & { data: { [key: string]: string } };
const configMap = (
  name: string,
  x: string,
  labels = { 'example.com/mirrored': '' },
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
  data: { x },
});
const id = (name: string) => ({ version: 'v1', kind: 'ConfigMap', namespace: 'default', name });

describe.each(servers)('a mirror between two of $name', { timeout: 120_000 }, ({ start }) => {
  let clusters: readonly TestServer[] = [];
  beforeAll(async () => {
    clusters = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
  });

  test('keeps copies as their originals are, and touches nothing else', async () => {
    await using here = connect(clusters[0]!);
    await using there = connect(clusters[1]!);
    await there.create(configMap('foreign', 'theirs', {} as never));
    await here.create(configMap('a', '1'));
    await here.create(configMap('foreign', 'ours'));
    const stop = new AbortController();
    const running = runMirror(here, there, stop.signal);
    const expectCopy = (x: string | undefined) =>
      vi.waitFor(
        async () => expect((await there.get<ConfigMap>(id('a')))?.data['x']).toBe(x),
        patience,
      );
    await expectCopy('1');
    await here.patch(id('a'), { data: { x: '2' } });
    await expectCopy('2');
    await there.patch(id('a'), { data: { x: 'spoiled' } });
    await expectCopy('2');
    await there.delete(id('a'));
    await expectCopy('2');
    await here.delete(id('a'));
    await expectCopy(undefined);
    await vi.waitFor(async () => expect(await here.get(id('a'))).toBeUndefined(), patience);

    await here.delete(id('foreign'));
    await vi.waitFor(async () => expect(await here.get(id('foreign'))).toBeUndefined(), patience);
    expect((await there.get<ConfigMap>(id('foreign')))?.data).toEqual({ x: 'theirs' });
    stop.abort();
    expect(await running.done).toBe(0);
  });
});

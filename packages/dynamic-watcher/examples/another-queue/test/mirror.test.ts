import { KubeConfig, type V1ConfigMap, type V1Deployment } from '@kubernetes/client-node';
import { startApiServer, type ApiServer } from '@depwatch/testing';
import { expect, test, vi } from 'vitest';

import { mirrorOf, startMirror } from '../src/index.ts';

// Rather late than wrong: this one runs in real time.
const patience = { timeout: 100_000 };
vi.setConfig({ testTimeout: 120_000 });

test('a mirror follows its source, and the label that names it', async () => {
  await using bench = await start();
  put(bench.server, 'blue', { color: 'blue' });
  put(bench.server, 'red', { color: 'red' });
  put(bench.server, 'mirror', {}, 'blue');
  await mirrored(bench.server, { color: 'blue' });

  put(bench.server, 'blue', { color: 'navy' });
  await mirrored(bench.server, { color: 'navy' });

  put(bench.server, 'mirror', {}, 'red');
  await mirrored(bench.server, { color: 'red' });
  // The informer's watch, and the one on the source.
  await vi.waitFor(() => expect(bench.server.requests.openWatches()).toBe(2), patience);
  bench.server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: 'mirror' });
  await vi.waitFor(() => expect(bench.server.requests.openWatches()).toBe(1), patience);
});

test('a write that fails is tried again', async () => {
  await using bench = await start();
  bench.server.faults.respond({ status: 500, times: 2, match: { verb: 'patch' } });
  put(bench.server, 'blue', { color: 'blue' });
  put(bench.server, 'mirror', {}, 'blue');
  await mirrored(bench.server, { color: 'blue' });
  await vi.waitFor(() => expect(bench.lines).toHaveLength(3), patience);
  expect(bench.lines).toEqual([
    expect.stringContaining('mirror will be tried again'),
    expect.stringContaining('mirror will be tried again'),
    'mirror mirrors blue',
  ]);
});

test('a mirror keeps all but its data as it is', async () => {
  await using bench = await start();
  const theirs = { annotations: { note: 'theirs' }, finalizers: ['example.com/theirs'] };
  put(bench.server, 'blue', { color: 'blue' });
  put(bench.server, 'mirror', {}, 'blue', theirs);
  await mirrored(bench.server, { color: 'blue' });
  expect(mirror(bench.server).metadata).toMatchObject({
    ...theirs,
    labels: { [mirrorOf]: 'blue' },
  });
});

test('a labelled ConfigMap that another controller has is left alone, and so is one that is being deleted', async () => {
  await using bench = await start();
  // An owner that is not there would have it collected.
  const web = bench.server.objects.create<V1Deployment>({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'web' }] },
      },
    },
  });
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'web',
    uid: web.metadata!.uid!,
    controller: true,
  };
  put(bench.server, 'blue', { color: 'blue' });
  put(bench.server, 'mirror', { mine: 'yes' }, 'blue', { ownerReferences: [owner] });
  await said(bench.lines, 'mirror is left alone: Deployment web has it');
  expect(mirror(bench.server).data).toEqual({ mine: 'yes' });

  put(bench.server, 'mirror', { mine: 'yes' }, 'blue', { finalizers: ['example.com/theirs'] });
  await mirrored(bench.server, { color: 'blue' });
  bench.server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: 'mirror' });
  put(bench.server, 'blue', { color: 'navy' });
  await said(bench.lines, 'mirror is left alone: it is being deleted');
  expect(mirror(bench.server).data).toEqual({ color: 'blue' });
});

test('a source that is not there empties no mirror', async () => {
  await using bench = await start();
  put(bench.server, 'mirror', { mine: 'yes' }, 'blue');
  await said(bench.lines, 'mirror is left alone: there is no blue');
  expect(mirror(bench.server).data).toEqual({ mine: 'yes' });
  put(bench.server, 'blue', { color: 'blue' });
  await mirrored(bench.server, { color: 'blue' });
});

test('what changes in an outage is not lost', async () => {
  await using bench = await start();
  put(bench.server, 'blue', { color: 'blue' });
  put(bench.server, 'mirror', {}, 'blue');
  await mirrored(bench.server, { color: 'blue' });
  await bench.server.faults.down();
  put(bench.server, 'blue', { color: 'navy' });
  await bench.server.faults.up();
  await mirrored(bench.server, { color: 'navy' });
  put(bench.server, 'red', { color: 'red' });
  put(bench.server, 'mirror', {}, 'red');
  await mirrored(bench.server, { color: 'red' });
});

test('a stop leaves no watch behind', async () => {
  await using bench = await start();
  put(bench.server, 'blue', { color: 'blue' });
  put(bench.server, 'mirror', {}, 'blue');
  await mirrored(bench.server, { color: 'blue' });
  await bench.stop();
  await vi.waitFor(() => expect(bench.server.requests.openWatches()).toBe(0), patience);
});

async function start() {
  const server = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeConfig);
  const lines: string[] = [];
  const controller = await startMirror({ kubeConfig, log: (line) => lines.push(line) });
  const stop = async (): Promise<void> => controller[Symbol.asyncDispose]();
  return {
    server,
    lines,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await server.stop();
    },
  };
}

function put(
  server: ApiServer,
  name: string,
  data: Record<string, string>,
  source?: string,
  more: object = {},
): void {
  const labels = source ? { [mirrorOf]: source } : {};
  const metadata = { ...more, name, namespace: 'default', labels };
  server.objects.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
}

function mirror(server: ApiServer): V1ConfigMap {
  return server.objects.get<V1ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap', name: 'mirror' })!;
}

async function mirrored(server: ApiServer, data: Record<string, string>): Promise<void> {
  await vi.waitFor(() => expect(mirror(server).data).toEqual(data), patience);
}

async function said(lines: readonly string[], line: string): Promise<void> {
  await vi.waitFor(() => expect(lines).toContain(line), patience);
}

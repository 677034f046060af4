import type { KubernetesObject } from '@depwatch/core';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, test, vi } from 'vitest';
import { startControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';
import { createDynamicWatcher } from '../../src/index.ts';
import { ApiClient } from '../fault-table/api-client.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import { binaries } from '../servers.ts';
import { linesOf } from './lines-of.ts';

type KubernetesList = {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly KubernetesObject[];
};

const names = ['changed', 'removed', 'created', 'kept'] as const;
const patience = { timeout: 60_000, interval: 20 };

/** A control plane with a copy of its etcd, from which it has moved on by some hundred versions, and a watcher that saw it. */
async function start() {
  const plane = await startControlPlane({ binaries: binaries! });
  const admin = new ApiClient(plane.kubeConfig);
  const write = (name: string, value: string) =>
    admin.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data: { value },
    } as KubernetesObject);
  const isReady = async () => expect((await admin.ask('GET', '/readyz')).status).toBe(200);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(plane.kubeConfig);
  const recorder = new Recorder();
  const { logger, lines } = linesOf();
  const transport = createK8sTransport({ kubeConfig });
  const watcher = createDynamicWatcher({
    transport,
    reconciler: recorder,
    enableCache: true,
    logger,
  });
  const shown = (name: string): string | undefined =>
    watcher.getFromCache<{ data: { value: string } }>(configMapId(name))?.data.value;
  const shows = (expected: Record<(typeof names)[number], string | undefined>) =>
    expect(Object.fromEntries(names.map((name) => [name, shown(name)]))).toEqual(expected);

  await write('changed', 'before');
  await write('removed', 'before');
  await write('kept', 'before');
  await plane.backUp();
  await vi.waitFor(isReady, patience);
  await watcher.start();
  await watcher.addOrUpdateWatcher(
    configMapId('app'),
    names.map((name) => configMapId(name)),
  );
  for (let round = 0; round < 30; round += 1) {
    const many = Array.from({ length: 10 }, (_, index) => write(`other-${index}`, `${round}`));
    await Promise.all(many);
  }
  await write('changed', 'after');
  await write('created', 'after');
  await admin.remove(configMap('removed'));
  await vi.waitFor(
    () => shows({ changed: 'after', removed: undefined, created: 'after', kept: 'before' }),
    patience,
  );
  return {
    plane,
    admin,
    write,
    shown,
    lines,
    isReady,
    /** Waits until the cache shows what the copy has; resolves to how long that took. */
    async showsTheCopy(changed = 'before'): Promise<number> {
      const from = performance.now();
      await vi.waitFor(
        () => shows({ changed, removed: 'before', created: undefined, kept: 'before' }),
        patience,
      );
      return Math.round(performance.now() - from);
    },
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      await transport.close();
      await plane.stop();
    },
  };
}

describe.skipIf(!binaries)(
  'etcd restored from a copy under live watches',
  { timeout: 180_000 },
  () => {
    test('with the API server away: the cache is what the server has within 10 s of its first answer', async () => {
      await using bench = await start();
      const { plane, admin, write, shown, lines } = bench;
      await plane.kill();
      await plane.restore();
      const restarted = plane.restart();
      // Any answer at all: it refuses for a while before it is ready.
      await vi.waitFor(() => admin.ask('GET', '/readyz'), patience);
      const ms = await bench.showsTheCopy();
      await restarted;
      console.log(
        `etcd restored, API server restarted: right after ${ms} ms; ${lines.join(' | ')}`,
      );
      expect(ms).toBeLessThan(10_000);
      await write('changed', 'at last');
      await vi.waitFor(() => expect(shown('changed')).toBe('at last'), patience);
    });

    test('with the API server running, which goes on telling its own past: the same, once it is restarted', async () => {
      await using bench = await start();
      const { plane, admin, isReady, shown, write, lines } = bench;
      await plane.restore();
      await vi.waitFor(isReady, patience);
      // It reads single objects from etcd, and all else from its memory: neither lists nor watches tell what has happened,
      // and nothing that is written comes to them until etcd's versions have overtaken its own.
      const path = '/api/v1/namespaces/default/configmaps';
      const written = await write('changed', 'meanwhile');
      const { body: read } = await admin.ask('GET', `${path}/changed`);
      const { body: list } = await admin.ask('GET', path);
      expect(read).toMatchObject({ data: { value: 'meanwhile' } });
      expect(Number(written.metadata!.resourceVersion)).toBeLessThan(
        Number((list as unknown as KubernetesList).metadata.resourceVersion),
      );
      const listed = (list as unknown as KubernetesList).items.find(
        ({ metadata }) => metadata?.name === 'changed',
      );
      expect(listed).toMatchObject({ data: { value: 'after' } });
      expect(shown('changed')).toBe('after');

      await plane.kill();
      const restarted = plane.restart();
      await vi.waitFor(() => admin.ask('GET', '/readyz'), patience);
      const ms = await bench.showsTheCopy('meanwhile');
      await restarted;
      console.log(
        `etcd restored under the API server, that restarted: right after ${ms} ms; ${lines.join(' | ')}`,
      );
      expect(ms).toBeLessThan(10_000);
    });
  },
);

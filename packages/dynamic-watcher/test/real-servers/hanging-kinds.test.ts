import type { KubernetesObject } from '@depwatch/core';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { startApiServer, type ApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../../tools/kube-apiserver/control-plane.ts';
import { createDynamicWatcher } from '../../src/index.ts';
import { ApiClient } from '../fault-table/api-client.ts';
import { Relay } from '../fault-table/relay.ts';
import { configMapId } from '../harness.ts';
import { binaries } from '../servers.ts';
import { aggregated, converted, hanging, type HangingKind, unanswered } from './hanging-kinds.ts';
import { linesOf } from './lines-of.ts';

/** Beyond the 10 s after which a stream counts as one that has worked, so that the second cut is not met with a longer back-off. */
const requestTimeoutMs = 12_000;
const ids = Array.from({ length: 20 }, (_, index) => configMapId(`c${index}`));

/** 20 live watches, five dependants of a kind that does not answer, and then all connections break. */
async function twentyGoOn(
  server: ApiServer | ControlPlane,
  kindOf: (admin: ApiClient) => Promise<HangingKind>,
  what: string,
): Promise<void> {
  const admin = new ApiClient(server.kubeConfig);
  const write = (value: string) =>
    Promise.all(
      ids.map(({ name, namespace }) =>
        admin.put({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: name!, namespace: namespace! },
          data: { value },
        } as KubernetesObject),
      ),
    );
  await using kind = await kindOf(admin);
  await using relay = await Relay.to(server.url);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeConfig.replaceAll(server.url, relay.url));
  const { logger, lines } = linesOf();
  const transport = createK8sTransport({ kubeConfig, requestTimeoutMs });
  onTestFinished(() => transport.close());
  await using watcher = createDynamicWatcher({
    transport,
    reconciler: () => {},
    enableCache: true,
    requestTimeoutMs,
    logger,
  });
  await watcher.start();
  await write('before');
  await watcher.addOrUpdateWatcher(configMapId('app'), ids);
  const showAll = (value: string) => {
    for (const id of ids) {
      expect(watcher.getFromCache<{ data: { value: string } }>(id)?.data.value).toBe(value);
    }
    const live = watcher.watchStatus().filter(({ state }) => state === 'live');
    expect(live.filter(({ watched }) => watched.kind === 'ConfigMap')).toHaveLength(20);
  };
  const cutAndWrite = async (value: string): Promise<number> => {
    relay.cut();
    const cutAt = performance.now();
    const written = write(value);
    await vi.waitFor(() => showAll(value), { timeout: 20_000, interval: 5 });
    await written;
    return Math.round(performance.now() - cutAt);
  };

  await kind.hang();
  const outcomes: { code: string; message: string }[] = [];
  let over = false;
  for (const name of hanging) {
    const { group, version } = kind;
    const watched = { group, version, kind: kind.kind, namespace: 'default', name };
    const again = (): void => {
      if (over) return;
      watcher.addWatcher(configMapId(`of-${name}`), watched).then(
        () => outcomes.push({ code: 'none', message: 'it answered' }),
        (error) => {
          outcomes.push(error);
          setImmediate(again);
        },
      );
    };
    again();
  }
  // As soon as they ask; and when they have been told that there is no answer, and ask again.
  const atOnce = await cutAndWrite('once');
  await vi.waitFor(() => expect(outcomes.length).toBeGreaterThanOrEqual(5), {
    timeout: 2 * requestTimeoutMs,
  });
  const later = await cutAndWrite('twice');
  over = true;
  console.log(
    `${what}: 20 watches show what was written after a cut in ${atOnce} ms, and in ${later} ms after its adds failed ` +
      `(${outcomes[0]!.message}); logged: ${lines.join(' | ')}`,
  );
  expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 'ERR_TRANSPORT'));
  expect(lines.filter((line) => /reach|API server does not answer/.test(line))).toEqual([]);
  expect(Math.max(atOnce, later)).toBeLessThan(2000);
}

describe('a kind that does not answer delays nothing else', { timeout: 90_000 }, () => {
  test('on the in-process API server', async () => {
    const server = await startApiServer();
    try {
      await twentyGoOn(server, (admin) => unanswered(server, admin), 'in-process');
    } finally {
      await server.stop();
    }
  });

  test.skipIf(!binaries).each([
    ['an aggregated API', aggregated],
    ['a kind whose conversion webhook hangs', converted],
  ] as const)('on a real kube-apiserver: %s', async (what, kindOf) => {
    await using plane = await startControlPlane({ binaries: binaries! });
    await twentyGoOn(plane, (admin) => kindOf(plane, admin), what);
  });
});

/** Replicas on a real kube-apiserver whose etcd stands still, and a group that grows and shrinks. */
import { setTimeout as delay } from 'node:timers/promises';

import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { createReplicas, type Replicas, type ReplicasSettings } from '../src/index.ts';

const binaries = await findKubeApiServer({ log: (line) => console.log(`skipped: ${line}`) });
const keys = Array.from({ length: 60 }, (_, index) => `v1/ConfigMap/default/config-${index}`);
const lookMs = 20;

interface Running {
  readonly one: Replicas;
  stop(): Promise<void>;
}

/** How many keys have so many owners. */
function ownersOf(all: readonly Running[]): { none: number; one: number; several: number } {
  const counts = { none: 0, one: 0, several: 0 };
  for (const key of keys) {
    const owners = all.filter(({ one }) => one.owns(key)).length;
    counts[owners === 0 ? 'none' : owners === 1 ? 'one' : 'several'] += 1;
  }
  return counts;
}

describe.runIf(binaries)('on a real kube-apiserver', { timeout: 180_000 }, () => {
  let server: ControlPlane;
  let running: Running[] = [];
  beforeAll(async () => {
    server = await startControlPlane({ binaries: binaries! });
  }, 120_000);
  afterEach(async () => {
    await Promise.all(running.map(({ stop }) => stop()));
    running = [];
  });
  afterAll(() => server.stop(), 120_000);

  const start = async (
    name: string,
    identity: string,
    times: Partial<ReplicasSettings> = {},
  ): Promise<Running> => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
    const client = createK8sTransport({ kubeConfig, requestTimeoutMs: 5000 });
    const one = createReplicas({ namespace: 'default', name, identity, ...times, client });
    const stop = async (): Promise<void> => {
      await one.stop();
      await client.close();
    };
    running.push({ one, stop });
    await one.start();
    return running.at(-1)!;
  };

  /** Looks at all the time, and fails where a key has two owners. @returns how long until it is so */
  const until = async (isSo: () => boolean, withinMs: number): Promise<number> => {
    const beganAt = performance.now();
    const elapsed = () => performance.now() - beganAt;
    while (!isSo()) {
      if (elapsed() > withinMs)
        throw new Error(`not within ${withinMs} ms: ${JSON.stringify(ownersOf(running))}`);
      await delay(lookMs);
      expect(ownersOf(running).several).toBe(0);
    }
    return Math.round(elapsed());
  };
  /** Each has its share, and all are somebody's. */
  const isShared = (): boolean =>
    ownersOf(running).one === keys.length &&
    running.every(({ one }) => keys.some((key) => one.owns(key)));

  test('while etcd is away for 20 s nobody owns anything from the deadline on, and then all is owned again', async () => {
    for (const identity of ['a', 'b', 'c']) await start('etcd', identity);
    await until(isShared, 10_000);
    const { etcd } = server.pids;
    process.kill(etcd, 'SIGSTOP');
    let lostMs: number;
    try {
      const beganAt = performance.now();
      lostMs = await until(() => ownersOf(running).none === keys.length, 12_000);
      await until(() => performance.now() - beganAt >= 20_000, 20_000);
      expect(ownersOf(running).none).toBe(keys.length);
    } finally {
      process.kill(etcd, 'SIGCONT');
    }
    const ownedAgainMs = await until(isShared, 40_000);
    console.log({ lostMs, ownedAgainMs });
    expect(lostMs).toBeLessThanOrEqual(10_500);
    expect(new Set(running.map(({ one }) => one.state))).toEqual(new Set(['member']));
  });

  test('from one to five to two, each watcher has one owner, or none for a moment', async () => {
    const times = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 400 };
    await start('scale', 'r0', times);
    await until(isShared, 5000);
    const tookMs: Record<string, number> = {};
    for (const identity of ['r1', 'r2', 'r3', 'r4']) {
      await start('scale', identity, times);
      tookMs[`with ${identity}`] = await until(isShared, 5000);
    }
    while (running.length > 2) {
      const { one, stop } = running.shift()!;
      await stop();
      tookMs[`without ${one.identity}`] = await until(isShared, 5000);
    }
    console.log(tookMs);
    expect(Math.max(...Object.values(tookMs))).toBeLessThan(2000);
  });
});

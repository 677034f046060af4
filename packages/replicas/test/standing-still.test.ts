/** A process that is stopped for longer than its lease in the middle of a reconcile, and goes on. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import type { KubernetesObject } from '@depwatch/core';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';

interface Config extends KubernetesObject {
  data: object;
}

const config = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'one' };

test.each([
  { ms: 4000, becomes: 'refused', outcome: 'ERR_ABORTED', by: 'the first write' },
  { ms: 200, becomes: 'sent', outcome: 'written', by: 'the second write' },
])(
  'what a reconcile writes first after its process stood still for $ms ms is $becomes',
  { timeout: 30_000 },
  async ({ ms, outcome, by }) => {
    await using server = await startApiServer();
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
    await using client = createK8sTransport({ kubeConfig });
    await client.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'one', namespace: 'default' },
    });
    const child = spawn(
      process.execPath,
      ['--conditions=@depwatch/source', join(import.meta.dirname, 'standing-still.process.ts')],
      {
        env: { ...process.env, KUBECONFIG_TEXT: server.kubeConfig, IDENTITY: 'a' },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => JSON.parse((await lines.next()).value as string) as object;
      expect(await next()).toEqual({ type: 'written' });
      child.kill('SIGSTOP');
      // It is there to be read before any timer is looked at.
      child.stdin.write('go on\n');
      await delay(ms);
      child.kill('SIGCONT');
      expect(await next()).toMatchObject({ type: 'went on', outcome });
      const stored = await client.get<Config>(config);
      expect(stored?.data).toEqual({ by });
    } finally {
      child.kill('SIGKILL');
    }
  },
);

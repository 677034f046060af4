/**
 * A controller of several processes on a real kube-apiserver, of which one is killed, one stands still and goes on, one is
 * added and one leaves: no two reconcile one watcher at once, and no change is lost.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import {
  overlapsOf,
  regressionsOf,
  runsOf,
  type LogLine,
} from '../../../tools/replicas/reconcile-log.ts';

const binaries = await findKubeApiServer();
const watchers = 60;

/** The clock of the machine, which all processes share. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1000;

describe.runIf(binaries)('processes on a real kube-apiserver', () => {
  test('that die, stand still, come and go', { timeout: 180_000 }, async () => {
    await using server = await startControlPlane({ binaries: binaries! });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
    await using client = createK8sTransport({ kubeConfig });
    const texts = new Map<string, string>();
    for (let index = 0; index < watchers; index++) {
      await client.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `app-${index}`, namespace: 'default' },
        data: { text: 'first' },
      } as object);
      texts.set(`app-${index}`, 'first');
    }

    const told: LogLine[] = [];
    const stoppedAt = new Map<string, number>();
    const children: ChildProcess[] = [];
    const start = (identity: string): ChildProcess => {
      const args = [
        '--conditions=@depwatch/source',
        join(import.meta.dirname, 'replica.process.ts'),
      ];
      const env = {
        ...process.env,
        KUBECONFIG_TEXT: server.kubeConfig,
        IDENTITY: identity,
        WATCHERS: String(watchers),
      };
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      createInterface({ input: child.stdout! }).on('line', (line) => {
        told.push(JSON.parse(line) as LogLine);
      });
      children.push(child);
      return child;
    };
    const isJoined = (identity: string) =>
      told.some(({ type, identity: other }) => type === 'joined' && other === identity);
    const joined = async (...identities: readonly string[]): Promise<void> => {
      while (!identities.every(isJoined)) {
        const ended = children.findIndex(({ exitCode }) => exitCode !== null);
        if (ended >= 0) throw new Error(`the process ${ended} has ended`);
        await delay(50);
      }
    };

    const [a, b, c] = [start('a'), start('b'), start('c')];
    try {
      await joined('a', 'b', 'c');
      let isChanging = true;
      let changes = 0;
      const changing = (async () => {
        while (isChanging) {
          const name = `app-${Math.floor(Math.random() * watchers)}`;
          const text = `change ${(changes += 1)}`;
          const id = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name };
          await client.patch(id, { data: { text } });
          texts.set(name, text);
          await delay(15);
        }
      })();
      await delay(2000);
      stoppedAt.set('a', now());
      a.kill('SIGKILL');
      await delay(6000);
      stoppedAt.set('b', now());
      b.kill('SIGSTOP');
      await delay(6000);
      b.kill('SIGCONT');
      await delay(3000);
      start('d');
      await joined('d');
      await delay(1500);
      c.kill('SIGTERM');
      await once(c, 'exit');
      await delay(2000);
      isChanging = false;
      await changing;
      await delay(3000);

      const runs = runsOf(told, stoppedAt);
      const overlaps = overlapsOf(runs);
      const lost = [...texts].filter(([key, text]) => {
        const last = runs.filter((run) => run.key === key).at(-1);
        return last?.saw !== text;
      });
      const regressions = regressionsOf(runs);
      console.log(
        `${changes} changes, ${runs.length} reconciles, ${overlaps.length} overlaps, ${lost.length} changes lost`,
      );
      expect(overlaps).toEqual([]);
      expect(lost).toEqual([]);
      expect(regressions).toEqual([]);
      const owners = new Map(runs.map(({ key, identity }) => [key, identity]));
      expect(new Set(owners.values())).toEqual(new Set(['b', 'd']));
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});

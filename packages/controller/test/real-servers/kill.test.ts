import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { K8sTransport } from '@depwatch/k8s-transport';
import { createVirtualClock } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { seeds } from '../../../../tools/random-tests.ts';
import type { KubernetesObject } from '../../src/index.ts';
import { widget, widgetDefinition, widgetId } from '../harness.ts';
import { connect, servers, type TestServer } from './servers.ts';

const patience = { timeout: 60_000, interval: 50 };
const widgets = 10;

/** A process with the controller, and what it has said. */
class Program {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;

  constructor(kubeConfig: string) {
    this.#process = spawn(
      process.execPath,
      ['--conditions=@depwatch/source', join(import.meta.dirname, 'crashing-program.mjs')],
      {
        env: { ...process.env, KUBECONFIG_TEXT: kubeConfig },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.lines.push(line));
  }

  async kill(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}

describe.each(servers)('kill -9 on $name', { timeout: 600_000 }, ({ start }) => {
  let server: TestServer;
  let client: K8sTransport;
  beforeAll(async () => {
    server = await start();
    client = connect(server);
    await client.create(widgetDefinition as KubernetesObject);
  });
  afterAll(async () => {
    await client?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(seeds(1))(
    'at any moment leaves nothing behind, and repeats no more than what it has cut short (DEPWATCH_SEED=%i)',
    async (seed) => {
      const { random } = createVirtualClock({ seed });
      const programs: Program[] = [];
      const names = Array.from({ length: widgets }, (_, index) => `w${seed}-${index}`);
      let waiting = [...names];
      /** Has half of what is left of the widgets come or go, while a process lives for a while. */
      const live = async (act: (name: string) => Promise<unknown>): Promise<void> => {
        const program = new Program(server.kubeConfig);
        programs.push(program);
        await vi.waitFor(() => expect(program.lines).toContain('ready'), patience);
        for (const name of waiting.splice(0, Math.ceil(waiting.length / 2))) {
          await vi.waitFor(() => act(name), patience);
          await sleep(random() * 10);
        }
        await sleep(random() * 40);
        await program.kill();
      };
      for (let round = 0; round < 3; round += 1) await live((name) => client.create(widget(name)));
      for (const name of waiting) await client.create(widget(name));
      waiting = [...names];
      for (let round = 0; round < 3; round += 1)
        await live((name) => client.delete(widgetId(name)));
      for (const name of waiting) await client.delete(widgetId(name));

      const last = new Program(server.kubeConfig);
      programs.push(last);
      await vi.waitFor(async () => {
        expect(
          (await Promise.all(names.map((name) => client.get(widgetId(name))))).filter(Boolean),
        ).toEqual([]);
      }, patience);
      await last.kill();
      const children = names.map((name) =>
        client.get({ version: 'v1', kind: 'ConfigMap', namespace: 'default', name: `of-${name}` }),
      );
      expect((await Promise.all(children)).filter(Boolean)).toEqual([]);
      // A process that ends between the end of a run and the write that says so leaves that run to the next: once a kill, at most
      // for as many objects as run at once.
      const through = programs.map(({ lines }) =>
        lines.filter((line) => line.startsWith('finalized')),
      );
      for (const one of through) expect(new Set(one).size).toBe(one.length);
      const all = through.flat();
      const again = all.length - new Set(all).size;
      expect(again).toBeLessThanOrEqual(4 * (programs.length - 1));
      console.log(
        `seed ${seed}: ${widgets} widgets, ${programs.length} processes, ${new Set(all).size} finalized, ${again} of them once more after a kill`,
      );
    },
  );
});

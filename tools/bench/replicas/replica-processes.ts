import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LogLine } from '../../replicas/reconcile-log.ts';
import { now } from '../meter.ts';
import { kubeConfigVariable, startProcess, type RemoteProcess } from '../remote.ts';
import type { ReplicaHandlers, ReplicaOrder } from './replica.process.ts';

/** Replicas in processes of their own, and what they write. All end with this process. */
export class ReplicaProcesses {
  readonly #kubeConfig: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'depwatch-bench-replicas-'));
  readonly #processes = new Map<string, RemoteProcess<ReplicaHandlers>>();
  readonly #pids = new Map<string, number>();

  constructor(kubeConfig: string) {
    this.#kubeConfig = kubeConfig;
    process.on('exit', () => this.#end());
  }

  /** Resolves when the replicas own something. */
  async start(orders: readonly Omit<ReplicaOrder, 'log'>[]): Promise<void> {
    const started = await Promise.all(
      orders.map(async (order) => {
        const { identity } = order;
        const log = join(this.#folder, `${identity}.log`);
        const one = await startProcess<ReplicaHandlers>(
          join(import.meta.dirname, 'replica.process.ts'),
          {
            args: [JSON.stringify({ ...order, log })],
            env: { [kubeConfigVariable]: this.#kubeConfig },
            nodeFlags: process.execArgv,
          },
        );
        this.#processes.set(identity, one);
        this.#pids.set(identity, await one.handlers.pid());
        return one;
      }),
    );
    await Promise.all(started.map(({ handlers }) => handlers.join()));
  }

  /** @returns when, by {@link now} */
  signal(identity: string, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): number {
    const at = now();
    process.kill(this.#pids.get(identity)!, signal);
    if (signal === 'SIGKILL') this.#pids.delete(identity);
    return at;
  }

  /** Has one hand over. @returns when it began to, by {@link now} */
  async leave(identity: string): Promise<number> {
    const at = now();
    await this.#processes.get(identity)!.handlers.leave();
    return at;
  }

  /** What all have written. */
  read(): LogLine[] {
    return readdirSync(this.#folder).flatMap((name) => {
      // Who was killed may have been in the middle of a line.
      const lines = readFileSync(join(this.#folder, name), 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as LogLine);
    });
  }

  #end(): void {
    for (const pid of this.#pids.values()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

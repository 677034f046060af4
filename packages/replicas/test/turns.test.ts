/** client-go's leader election and `mode: 'leader'` on one Lease of a real kube-apiserver: they take turns. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';

import { findGoClients } from '../../../tools/go-clients/program.ts';
import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import type { Lease } from '../src/lease.ts';

const log = (line: string): void => console.log(`skipped: ${line}`);
const program = await findGoClients({ log });
const binaries = program ? await findKubeApiServer({ log }) : undefined;

const lease = 'turns';
const leaseMs = 3000;

/** When a candidate led, in milliseconds since the Unix epoch. */
interface Turn {
  readonly identity: string;
  readonly from: number;
  to: number;
}

interface Candidate {
  readonly identity: string;
  leads(): boolean;
  /** Has it release the Lease, or ends it without a word. */
  end(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Starts candidates in Go and in Node, and notes when they lead. */
class Election implements Disposable {
  readonly turns: Turn[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #kubeConfigFile: string;
  readonly #kubeConfig: string;

  constructor(kubeConfig: string, kubeConfigFile: string) {
    this.#kubeConfig = kubeConfig;
    this.#kubeConfigFile = kubeConfigFile;
  }

  go(identity: string): Candidate {
    const names = ['--name', lease, '--identity', identity];
    const args = ['candidate', '--kubeconfig', this.#kubeConfigFile, ...names];
    return this.#start(identity, program!, args);
  }

  node(identity: string): Candidate {
    const file = join(import.meta.dirname, 'leader.process.ts');
    return this.#start(identity, process.execPath, ['--conditions=@depwatch/source', file]);
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #start(identity: string, command: string, args: readonly string[]): Candidate {
    const env = { ...process.env, KUBECONFIG_TEXT: this.#kubeConfig, IDENTITY: identity };
    const child = spawn(command, args, {
      env: { ...env, LEASE: lease },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const own = () => this.turns.findLast((turn) => turn.identity === identity);
    const stopped = (at: number): void => {
      const turn = own();
      if (turn?.to === Infinity) turn.to = at;
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [what, time] = line.split(' ');
      if (what === 'leads') this.turns.push({ identity, from: Number(time), to: Infinity });
      else stopped(Number(time));
    });
    return {
      identity,
      leads: () => own()?.to === Infinity,
      end: (signal) => {
        if (signal === 'SIGKILL') stopped(Date.now());
        child.kill(signal);
      },
    };
  }
}

describe.skipIf(!binaries)('client-go and this package, on one Lease', () => {
  test(
    'take turns, whoever releases it or dies, and never lead both',
    { timeout: 120_000 },
    async () => {
      await using server = await startControlPlane({ binaries: binaries! });
      const folder = await mkdtemp(join(tmpdir(), 'depwatch-turns-'));
      try {
        const file = join(folder, 'kubeconfig');
        await writeFile(file, server.kubeConfig, { mode: 0o600 });
        using election = new Election(server.kubeConfig, file);
        const until = async ({ leads, identity }: Candidate): Promise<number> => {
          const beganAt = Date.now();
          while (!leads()) {
            if (Date.now() - beganAt > 20_000) throw new Error(`${identity} never leads`);
            await delay(10);
          }
          return Date.now() - beganAt;
        };
        const waits: Record<string, number> = {};
        let leader = election.go('go-1');
        await until(leader);
        const followers = [
          ['node-1', 'SIGTERM'],
          ['go-2', 'SIGKILL'],
          ['node-2', 'SIGKILL'],
          ['go-3', 'SIGTERM'],
        ] as const;
        for (const [identity, signal] of followers) {
          const next = identity.startsWith('go') ? election.go(identity) : election.node(identity);
          // Longer than a lease, so that it would lead if it took one that is renewed for lapsed.
          await delay(leaseMs + 1500);
          leader.end(signal);
          waits[`${leader.identity} ${signal} ${identity}`] = await until(next);
          leader = next;
        }
        console.log(waits);

        const { turns } = election;
        expect(turns.map(({ identity }) => identity)).toEqual([
          'go-1',
          'node-1',
          'go-2',
          'node-2',
          'go-3',
        ]);
        turns.slice(1).forEach(({ from }, index) => {
          expect(from).toBeGreaterThanOrEqual(turns[index]!.to);
        });
        for (const [what, ms] of Object.entries(waits)) {
          if (what.includes('SIGTERM')) expect(ms).toBeLessThan(2000);
          // From the last renewal on, which was a retry period ago at most.
          else expect(ms).toBeGreaterThan(leaseMs - 1000);
        }
        const kubeConfig = new KubeConfig();
        kubeConfig.loadFromString(server.kubeConfig);
        await using client = createK8sTransport({ kubeConfig });
        const id = {
          group: 'coordination.k8s.io',
          version: 'v1',
          kind: 'Lease',
          namespace: 'default',
          name: lease,
        };
        const stored = await client.get<Lease>(id);
        expect(stored?.spec).toMatchObject({ holderIdentity: 'go-3', leaseTransitions: 4 });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

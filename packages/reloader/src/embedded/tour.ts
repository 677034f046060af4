import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ReloaderEvent } from '../events.ts';
import { demoNamespace } from './seed.ts';

/** What somebody who watches a demo is told beside the reloader's own lines. */
export interface Tour {
  /** For the beginning: how to take part. */
  readonly intro: readonly string[];
  /** Counts what the reloader tells of. */
  observe(event: ReloaderEvent): void;
  /**
   * For the end: what has happened, and where to go on.
   *
   * @param ms how long it took
   */
  farewell(ms: number): readonly string[];
  /** Takes the kubeconfig file away. */
  end(): Promise<void>;
}

/**
 * Writes a kubeconfig to a temporary file that only this user may read, and says what can be done with it.
 *
 * @param kubeConfig the text of a kubeconfig file, of an administrator of the demo's API server
 */
export async function startTour(kubeConfig: string): Promise<Tour> {
  const folder = await mkdtemp(join(tmpdir(), 'depwatch-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeConfig, { mode: 0o600 });
  const rolls = new Map<string, number>();
  let decisions = 0;
  let troubles = 0;
  return {
    intro: [
      'Changes are made by the program itself. To make some of your own, in another terminal:',
      `  export KUBECONFIG=${file}`,
      `  kubectl -n ${demoNamespace} get deployments,statefulsets,daemonsets,configmaps`,
      `  kubectl -n ${demoNamespace} patch configmap web-settings -p '{"data":{"THEME":"dark"}}'`,
    ],
    observe(event) {
      if (event.type === 'failed' || event.type === 'problem') troubles += 1;
      if (event.type !== 'decision') return;
      decisions += 1;
      if (event.outcome !== 'rolled') return;
      const name = `${event.workload.kind} ${event.workload.name}`.toLowerCase();
      rolls.set(name, (rolls.get(name) ?? 0) + 1);
    },
    farewell(ms) {
      const all = [...rolls].map(([name, times]) => `${name} ${times}`);
      const total = [...rolls.values()].reduce((sum, times) => sum + times, 0);
      return [
        `${Math.round(ms / 1_000)} s: ${count(decisions, 'decision')}, ${count(total, 'roll')}` +
          (all.length > 0 ? ` (${all.join(', ')})` : '') +
          (troubles > 0 ? `, ${count(troubles, 'trouble')}` : ''),
        '',
        'What next:',
        '  write a controller of your own   packages/controller/docs/first-controller.md',
        '  see how it works                 packages/controller/docs/concepts.md',
        '  run this on a cluster of yours   npm start -- --kubeconfig FILE --dry-run',
      ];
    },
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

function count(times: number, what: string): string {
  return `${times} ${what}${times === 1 ? '' : 's'}`;
}

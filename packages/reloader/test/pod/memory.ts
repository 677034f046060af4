// Prints what the reloader takes of the memory in a pod, as it is built: with 1 workload and with 500, each of which uses a
// ConfigMap and a Secret of its own, once it has recorded them all, and after it has rolled them all. As Markdown:
//   node tools/bootstrap.mjs nx run reloader:build
//   node tools/bootstrap.mjs node --conditions=@depwatch/source packages/reloader/test/pod/memory.ts [WORKLOADS…]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { KubernetesObject } from '@depwatch/controller';
import { startApiServer, type ApiServer } from '@depwatch/testing';

import { serviceAccountFilesOf } from '../../../k8s-transport/test/service-account-files.ts';
import { reloaderUser } from '../../src/embedded/demo.ts';
import { deploymentOf, readManifest } from '../support/manifests.ts';
import { workload } from '../virtual/bench.ts';

const here = import.meta.dirname;
const inPod = join(here, '../../../dynamic-watcher/test/pod/in-pod.mjs');
const cli = join(here, '../../dist/cli.js');

interface Figures {
  readonly recordedMiB: number;
  readonly rolledMiB: number;
  /** The most that there ever was. */
  readonly peakMiB: number;
}

async function measure(workloads: number, nodeOptions: string): Promise<Figures> {
  await using server = await startApiServer();
  for (const object of await readManifest('cluster-wide'))
    if (object.kind !== 'Deployment') server.objects.create(object as KubernetesObject);
  const names = Array.from({ length: workloads }, (_, index) => `w${index}`);
  for (const name of names) {
    setData(server, name, 'one');
    server.objects.create(workload([name, `secret/${name}`], 'auto', name) as KubernetesObject);
  }
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-pod-'));
  const files = serviceAccountFilesOf(server.kubeConfigFor(reloaderUser));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const { hostname, port } = new URL(server.url);
  const env = {
    POD_FILES: folder,
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    NODE_OPTIONS: nodeOptions,
  };
  const child = spawn(
    process.execPath,
    ['--import', inPod, cli, '--log=json', '--leader-elect=depwatch-system'],
    {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const outcomes = new Map<string, number>();
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const until = async (outcome: string): Promise<void> => {
      while ((outcomes.get(outcome) ?? 0) < workloads) {
        const { value, done } = await lines.next();
        if (done) throw new Error('it has ended');
        const { outcome: one } = JSON.parse(value) as { outcome?: string };
        if (one) outcomes.set(one, (outcomes.get(one) ?? 0) + 1);
      }
    };
    await until('recorded');
    const recordedMiB = statusOf(child.pid!, 'VmRSS');
    for (const name of names) setData(server, name, 'two');
    await until('rolled');
    const rolledMiB = statusOf(child.pid!, 'VmRSS');
    return { recordedMiB, rolledMiB, peakMiB: statusOf(child.pid!, 'VmHWM') };
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Sets the data of the ConfigMap and of the Secret that a workload uses: 1 KiB each. */
function setData(server: ApiServer, name: string, text: string): void {
  const metadata = { namespace: 'default', name };
  const data = { k: text.repeat(341) };
  const encoded = { k: Buffer.from(data.k).toString('base64') };
  for (const [kind, content] of [
    ['ConfigMap', data],
    ['Secret', encoded],
  ] as const)
    server.objects.apply({ apiVersion: 'v1', kind, metadata, data: content } as KubernetesObject);
}

function statusOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}

const { spec } = await deploymentOf('cluster-wide');
const nodeOptions = spec?.template.spec?.containers[0]?.env?.find(
  ({ name }) => name === 'NODE_OPTIONS',
)?.value;
const counts = process.argv.slice(2).map(Number);
console.log('| workloads | recorded, MiB | rolled, MiB | peak, MiB |');
console.log('| --- | --- | --- | --- |');
for (const workloads of counts.length > 0 ? counts : [1, 500]) {
  const { recordedMiB, rolledMiB, peakMiB } = await measure(workloads, nodeOptions ?? '');
  console.log(`| ${workloads} | ${recordedMiB} | ${rolledMiB} | ${peakMiB} |`);
}

import { get } from 'node:https';
import { join } from 'node:path';

import { startControlPlane } from '../../kube-apiserver/control-plane.ts';
import { kubeConfigVariable, startProcess, type Remote } from '../remote.ts';
import type { InProcessHandlers } from './in-process.process.ts';
import type { Load } from './load.ts';

/** An API server that the scenarios run on, and what writes to it. */
export interface Server extends AsyncDisposable {
  /** What it is, with its version. */
  readonly name: string;
  readonly kubeConfig: string;
  readonly load: Remote<Load>;
  /** How many watches of ConfigMaps are open, but for its own. */
  openWatches(): Promise<number>;
  /** Ends it without a word. */
  kill(): Promise<void>;
  /** Resolves when it is ready again. */
  restart(): Promise<void>;
}

/** A real kube-apiserver with its etcd. */
export async function startRealServer(): Promise<Server> {
  await using started = new AsyncDisposableStack();
  const controlPlane = started.use(await startControlPlane());
  const load = started.use(
    await startProcess<Load>(join(import.meta.dirname, 'http-load.process.ts'), {
      env: { [kubeConfigVariable]: controlPlane.kubeConfig },
    }),
  );
  const read = (path: string) => readText(controlPlane.kubeConfig, path);
  const { gitVersion } = JSON.parse(await read('/version')) as { gitVersion: string };
  const countWatches = async () => sumWatches(await read('/metrics'));
  const own = await countWatches();
  const resources = started.move();
  return {
    name: `kube-apiserver ${gitVersion}`,
    kubeConfig: controlPlane.kubeConfig,
    load: load.handlers,
    openWatches: async () => (await countWatches()) - own,
    kill: () => controlPlane.kill(),
    async restart() {
      await controlPlane.restart();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The API server of @depwatch/testing, in a process of its own, which may get flags of Node. */
export async function startInProcessServer(nodeFlags: readonly string[] = []): Promise<Server> {
  const server = await startProcess<InProcessHandlers>(
    join(import.meta.dirname, 'in-process.process.ts'),
    { nodeFlags },
  );
  const unable = (): never => {
    throw new Error('only a real server is killed');
  };
  return {
    name: "@depwatch/testing's API server",
    kubeConfig: await server.handlers.kubeConfig(),
    load: server.handlers,
    openWatches: () => server.handlers.openWatches(),
    kill: unable,
    restart: unable,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The open watches of ConfigMaps that the server's metrics tell of. */
function sumWatches(metrics: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    if (!line.startsWith('apiserver_longrunning_requests{')) continue;
    if (line.includes('resource="configmaps"') && line.includes('verb="WATCH"'))
      sum += Number(line.slice(line.lastIndexOf(' ')));
  }
  return sum;
}

function readText(kubeConfig: string, path: string): Promise<string> {
  const { clusters, users } = JSON.parse(kubeConfig);
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  return new Promise((resolve, reject) => {
    get(
      `${server}${path}`,
      {
        ca: Buffer.from(ca, 'base64'),
        agent: false,
        headers: { authorization: `Bearer ${users[0].user.token}` },
      },
      (response) => {
        response
          .setEncoding('utf8')
          .toArray()
          .then((chunks) => resolve(chunks.join('')), reject);
      },
    ).once('error', reject);
  });
}

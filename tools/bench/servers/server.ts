import { join } from 'node:path';

import { startControlPlane } from '../../kube-apiserver/control-plane.ts';
import { namespace } from '../objects.ts';
import { kubeConfigVariable, startProcess, type Remote } from '../remote.ts';
import { call, createServiceAccount, type Rights } from './access.ts';
import type { InProcessHandlers } from './in-process.process.ts';
import type { Load } from './load.ts';
import { collectGarbage, readUsage, type ServerUsage } from './usage.ts';

/** An API server that the scenarios run on, and what writes to it. */
export interface Server extends AsyncDisposable {
  /** What it is, with its version. */
  readonly name: string;
  /** The contestants', where they need no other rights. */
  readonly kubeConfig: string;
  /** That of a service account with these rights, whoever the others are. */
  kubeConfigFor(rights: Rights): Promise<string>;
  readonly load: Remote<Load>;
  /** How many watches of ConfigMaps are open, but for its own. */
  openWatches(): Promise<number>;
  /** What its process has used. */
  usage(): Promise<ServerUsage>;
  /** Has it collect its garbage. */
  collectGarbage(): Promise<void>;
  /** Ends it without a word. */
  kill(): Promise<void>;
  /** Resolves when it is ready again. */
  restart(): Promise<void>;
}

/** As whom contestants come: a service account under priority and fairness, or an administrator, whom that spares. */
export type Identity = 'service-account' | 'admin';

/** A real kube-apiserver with its etcd. What writes and what counts is an administrator in any case. */
export async function startRealServer(as: Identity): Promise<Server> {
  await using started = new AsyncDisposableStack();
  const controlPlane = started.use(await startControlPlane());
  const load = started.use(
    await startProcess<Load>(join(import.meta.dirname, 'http-load.process.ts'), {
      env: { [kubeConfigVariable]: controlPlane.kubeConfig },
    }),
  );
  const read = (path: string) => call(controlPlane.kubeConfig, 'GET', path);
  const { gitVersion } = JSON.parse(await read('/version')) as { gitVersion: string };
  const countWatches = async () => sumWatches(await read('/metrics'));
  const own = await countWatches();
  const admin = controlPlane.kubeConfig;
  const kubeConfig =
    as === 'admin' ? admin : await createServiceAccount(admin, namespace, { name: 'contestant' });
  const accounts = new Map<string, Promise<string>>();
  const resources = started.move();
  return {
    name: `kube-apiserver ${gitVersion}`,
    kubeConfig,
    load: load.handlers,
    kubeConfigFor(rights) {
      const { name } = rights;
      if (!accounts.has(name)) accounts.set(name, createServiceAccount(admin, namespace, rights));
      return accounts.get(name)!;
    },
    openWatches: async () => (await countWatches()) - own,
    usage: () => readUsage(admin),
    collectGarbage: () => collectGarbage(admin),
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
    throw new Error('only a real server can do that');
  };
  return {
    name: "@depwatch/testing's API server",
    kubeConfig: await server.handlers.kubeConfig(),
    load: server.handlers,
    kubeConfigFor: unable,
    openWatches: () => server.handlers.openWatches(),
    usage: unable,
    collectGarbage: unable,
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

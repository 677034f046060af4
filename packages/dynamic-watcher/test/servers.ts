import { readFile } from 'node:fs/promises';
import { startApiServer } from '@depwatch/testing';
import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';

/** An API server that a suite runs against. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly kubeConfig: string;
  kubeConfigFor(user: 'viewer'): string;
  /** Ends it without notice; resolves when it is gone. */
  kill(): Promise<void>;
  /** Brings it back, at the same address, with its objects. */
  restart(): Promise<void>;
}

async function inProcess(): Promise<TestServer> {
  const server = await startApiServer();
  return {
    url: server.url,
    kubeConfig: server.kubeConfig,
    kubeConfigFor: (user) => server.kubeConfigFor(user),
    kill: () => server.faults.down(),
    // Like a kube-apiserver, whose watch cache begins anew.
    restart: () => server.faults.up({ loseHistory: true }),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

const required = process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1';
/** The programs of a kube-apiserver; undefined where there are none. */
export const binaries = await findKubeApiServer({
  log: (line) => console.warn(`skipped: ${line}`),
});
if (required && !binaries)
  throw new Error('DEPWATCH_REQUIRE_KUBE_APISERVER is set, and there is no kube-apiserver');

async function real(): Promise<TestServer> {
  const plane = await startControlPlane({ binaries: binaries!, users: ['viewer'] });
  return {
    url: plane.url,
    kubeConfig: plane.kubeConfig,
    kubeConfigFor: (user) => plane.kubeConfigFor(user),
    kill: () => plane.kill('SIGKILL'),
    restart: () => plane.restart(),
    [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
  };
}

/** The servers of this machine, by name. */
export const servers: readonly {
  readonly name: string;
  readonly start: () => Promise<TestServer>;
}[] = [
  { name: 'the in-process API server', start: inProcess },
  ...(binaries ? [{ name: 'a real kube-apiserver', start: real }] : []),
];

/** How many connections there are to a server on this machine, as the kernel has them. */
export async function connectionsTo(url: string): Promise<number> {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const table = await readFile('/proc/net/tcp', 'utf8');
  const established = '01';
  return table.split('\n').filter((line) => {
    const [, , remote, state] = line.trim().split(/\s+/);
    return remote?.endsWith(`:${port}`) && state === established;
  }).length;
}

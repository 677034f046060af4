import { createK8sTransport, type K8sTransport } from '@depwatch/k8s-transport';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';

/** An API server with a garbage collector. */
export interface TestServer extends AsyncDisposable {
  readonly kubeConfig: string;
}

const binaries = await findKubeApiServer({ log: (line) => console.warn(`skipped: ${line}`) });
if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1' && !binaries)
  throw new Error('DEPWATCH_REQUIRE_KUBE_APISERVER is set, and there is no kube-apiserver');

/** The servers of this machine, by name. */
export const servers: readonly { readonly name: string; start(): Promise<TestServer> }[] = [
  {
    name: 'the in-process API server',
    async start() {
      const server = await startApiServer();
      return { kubeConfig: server.kubeConfig, [Symbol.asyncDispose]: () => server.stop() };
    },
  },
  ...(binaries
    ? [
        {
          name: 'a real kube-apiserver',
          start: () =>
            startControlPlane({ binaries, controllers: ['garbage-collector-controller'] }),
        },
      ]
    : []),
];

/** A transport of a test's own to a server. */
export function connect({ kubeConfig }: TestServer): K8sTransport {
  const config = new KubeConfig();
  config.loadFromString(kubeConfig);
  return createK8sTransport({ kubeConfig: config });
}

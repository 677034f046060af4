import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DepwatchError, invalidInput } from '@depwatch/core';

import type { KubeConfigLike } from './kube-config.ts';
import type { Environment } from './proxy-environment.ts';

/** Where every container finds the service account of its pod. */
const mountedAt = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a process finds in the pod that it runs in. */
export interface Pod {
  readonly environment: Environment;
  /** The folder of the service account, with `token`, `ca.crt` and `namespace`. */
  readonly serviceAccount: string;
}

/** The pod of this process, if it is in one. */
export const ownPod = (): Pod => ({ environment: process.env, serviceAccount: mountedAt });

/**
 * The configuration of a pod: the API server of its cluster, asked as the pod's service account. The token and the
 * certificate authority are read anew when their files have changed, which is looked at each second, and when the server
 * refuses the token.
 *
 * @returns what `createK8sTransport` takes; it holds no secret
 * @throws DepwatchError ERR_INVALID_INPUT that names the variable or the file that is missing
 */
export const inClusterConfig = (): KubeConfigLike => configOf(ownPod());

/**
 * The namespace of the pod that this process runs in: what POD_NAMESPACE says, else that of its service account.
 *
 * @returns undefined outside of a pod
 */
export const inClusterNamespace = (): string | undefined => namespaceOf(ownPod());

/** {@link inClusterConfig} of any pod. */
export function configOf({ environment, serviceAccount }: Pod): KubeConfigLike {
  const server = serverUrl(environment);
  const tokenFile = readable(join(serviceAccount, 'token'));
  const caFile = readable(join(serviceAccount, 'ca.crt'));
  return {
    getCurrentCluster: () => ({ name: 'in-cluster', server, caFile }),
    // As client-node has it, too, so that one path watches the files of both.
    getCurrentUser: () => ({
      name: 'service-account',
      authProvider: { name: 'tokenFile', config: { tokenFile } },
    }),
    applyToHTTPSOptions: async (options) => {
      const headers = { authorization: `Bearer ${tokenIn(tokenFile)}` };
      Object.assign(options, { ca: readFileSync(caFile), headers });
    },
  };
}

/** {@link inClusterNamespace} of any pod. */
export function namespaceOf({ environment, serviceAccount }: Pod): string | undefined {
  if (environment['POD_NAMESPACE']) return environment['POD_NAMESPACE'];
  try {
    return readFileSync(join(serviceAccount, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function serverUrl(environment: Environment): string {
  const [host, port] = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'].map((name) => {
    if (!environment[name]) throw invalidInput(`${name} is not set`);
    return environment[name];
  });
  const server = `https://${host!.includes(':') ? `[${host}]` : host}:${port}`;
  // Anything but a host and a port would become another part of the URL.
  if (URL.parse(server)?.pathname === '/' && /^[\w.:-]+$/.test(host!) && /^\d+$/.test(port!))
    return server;
  throw invalidInput(
    `KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no host and port: ${JSON.stringify([host, port])}`,
  );
}

function readable(file: string): string {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch (error) {
    throw invalidInput(`${file} can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function tokenIn(file: string): string {
  const token = readFileSync(file, 'utf8').trim();
  if (token !== '') return token;
  throw new DepwatchError('ERR_TRANSPORT', `no credentials: ${file} is empty`, {
    retryable: true,
    reason: 'credentials',
  });
}

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

import { invalidInput } from '@depwatch/core';

import { configOf, ownPod, type Pod } from './in-cluster.ts';
import type { KubeConfigLike } from './kube-config.ts';
import { readKubeConfig } from './kubeconfig-file.ts';

/** What {@link loadKubeConfig} takes. */
export interface LoadKubeConfigOptions {
  /** A kubeconfig file. @default what the environment names */
  readonly file?: string;
  /** A context of the file; a pod's service account has none, and is passed over. @default its current context */
  readonly context?: string;
}

/** What a process finds where it runs. */
export interface Surroundings extends Pod {
  readonly home: string;
}

/**
 * Finds out which API server is meant, and who asks it, in this order:
 *
 * 1. the file given
 * 2. the files that KUBECONFIG lists, merged as client-go does; those that don't exist are passed over
 * 3. the service account of the pod that this process runs in, see `inClusterConfig`
 * 4. `~/.kube/config`
 *
 * Files are read by `@kubernetes/client-node`, which is imported only then.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when an option is no text; when nothing says which cluster is meant; when a file can't be read, is no
 *   kubeconfig or has no such context; when a file has to be read and `@kubernetes/client-node` is not installed
 */
export function loadKubeConfig(options: LoadKubeConfigOptions = {}): Promise<KubeConfigLike> {
  return loadKubeConfigIn({ ...ownPod(), home: homedir() }, options);
}

/** {@link loadKubeConfig}, with what else it depends on. */
export async function loadKubeConfigIn(
  { home, ...pod }: Surroundings,
  options: LoadKubeConfigOptions,
): Promise<KubeConfigLike> {
  if (typeof options !== 'object' || options === null)
    throw invalidInput('options: expected an object with file or context');
  const { file, context } = options;
  // A number would be read as a file descriptor, such as that of a terminal.
  if (file !== undefined && (typeof file !== 'string' || file === ''))
    throw invalidInput('file: expected the path of a kubeconfig file');
  if (context !== undefined && typeof context !== 'string')
    throw invalidInput('context: expected the name of a context');
  if (file !== undefined) return readKubeConfig({ origin: file, paths: [file] }, context);

  const listed = pod.environment['KUBECONFIG'] ?? '';
  const paths = listed.split(delimiter).filter(Boolean);
  if (paths.length > 0)
    return readKubeConfig({ origin: `KUBECONFIG=${listed}`, paths, mayLack: true }, context);

  const reasons = ['KUBECONFIG is not set'];
  if (context === undefined) {
    try {
      return configOf(pod);
    } catch (error) {
      reasons.push(`this is no pod with a service account: ${(error as Error).message}`);
    }
  }
  const own = join(home, '.kube', 'config');
  if (existsSync(own)) return readKubeConfig({ origin: own, paths: [own] }, context);
  throw invalidInput(
    `kubeConfig: nothing says which cluster is meant: ${[...reasons, `there is no ${own}`].join('; ')}`,
  );
}

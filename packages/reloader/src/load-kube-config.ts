import { KubeConfig } from '@kubernetes/client-node';

import { UsageError } from './cli-options.ts';

/** A kubeconfig that can't be used; the message says which and why, and quotes nothing of it. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
}

/** Where a kubeconfig may come from. */
export interface KubeConfigSource {
  /** A file; wins over KUBECONFIG. */
  readonly kubeconfig: string | undefined;
  /** A context of it. @default its current one */
  readonly context: string | undefined;
}

/**
 * Loads the kubeconfig of the file, or of those that KUBECONFIG names, or of the pod that this runs in. `~/.kube/config`
 * is not looked at: a controller should not begin to work on whatever cluster somebody looked at last.
 *
 * @throws KubeConfigError
 * @throws UsageError when there is no such context, or nothing says which cluster is meant
 */
export function loadKubeConfig(
  { kubeconfig, context }: KubeConfigSource,
  env: NodeJS.ProcessEnv = process.env,
): KubeConfig {
  const loaded = new KubeConfig();
  let origin: string;
  if (kubeconfig !== undefined) {
    origin = kubeconfig;
    attempt(origin, () => loaded.loadFromFile(kubeconfig));
  } else if (env['KUBECONFIG']) {
    origin = `KUBECONFIG=${env['KUBECONFIG']}`;
    attempt(origin, () => loaded.loadFromDefault());
  } else if (env['KUBERNETES_SERVICE_HOST']) {
    origin = 'the service account of this pod';
    attempt(origin, () => loaded.loadFromCluster());
  } else {
    throw new UsageError(
      'which cluster? Give --kubeconfig FILE, set KUBECONFIG, or run in a pod; --embedded needs none',
    );
  }
  if (context !== undefined) {
    if (!loaded.getContextObject(context)) {
      throw new UsageError(`--context: ${origin} has no context ${JSON.stringify(context)}`);
    }
    loaded.setCurrentContext(context);
  }
  if (!loaded.getCurrentCluster()) {
    throw new KubeConfigError(`${origin}: its current context names no cluster`);
  }
  return loaded;
}

function attempt(origin: string, load: () => void): void {
  try {
    load();
  } catch (error) {
    throw new KubeConfigError(`${origin}: ${describe(error)}`);
  }
}

/** The parser's own messages quote the lines around the fault, where a token may stand. */
function describe(error: unknown): string {
  const { code, reason, mark } = (error ?? {}) as {
    code?: unknown;
    reason?: unknown;
    mark?: { line?: unknown };
  };
  if (code === 'ENOENT') return 'there is no such file';
  if (typeof code === 'string') return `it can't be read: ${code}`;
  const line = typeof mark?.line === 'number' ? ` in line ${mark.line + 1}` : '';
  return `it is no kubeconfig${typeof reason === 'string' ? `: ${reason}${line}` : ''}`;
}

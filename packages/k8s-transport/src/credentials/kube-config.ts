import { invalidInput } from '@depwatch/core';

import { proxyFromEnvironment, proxyUrl, type Environment } from './proxy-environment.ts';

/** The current cluster of a kubeconfig, as far as the transport reads it itself. */
export interface KubeConfigCluster {
  readonly name: string;
  readonly server: string;
  readonly caFile?: string;
  readonly skipTLSVerify?: boolean;
  readonly proxyUrl?: string;
}

/** The current user of a kubeconfig, as far as the transport reads it itself. */
export interface KubeConfigUser {
  readonly name: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly exec?: { readonly command?: string } | null;
  readonly authProvider?: { readonly name?: string; readonly config?: object } | null;
}

/**
 * A `KubeConfig` of `@kubernetes/client-node`, by the few methods used, so that neither the types nor the code of that
 * package (80 MB in memory) are needed here.
 */
export interface KubeConfigLike {
  /** Where the API server is; null where the kubeconfig names none, which is refused. */
  getCurrentCluster(): KubeConfigCluster | null;
  /** Whose credentials are used; null for none. */
  getCurrentUser(): KubeConfigUser | null;
  /** Sets headers, auth, ca, cert, key, servername and rejectUnauthorized on `options`. */
  applyToHTTPSOptions(options: object): Promise<void>;
}

/** Where the API server is. */
export interface Server {
  /** `https://host:6443`, without the path. */
  readonly origin: string;
  /** `host:6443`, for messages. */
  readonly address: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** What comes before `/api`; empty, or starts with a slash and doesn't end with one. */
  readonly basePath: string;
  readonly proxy: URL | undefined;
}

/**
 * Reads where the API server of the current context is.
 *
 * @param environment which may name a proxy, where the kubeconfig doesn't; default the process's own
 * @throws DepwatchError ERR_INVALID_INPUT when the kubeconfig names none that could be reached
 */
export function serverOf(
  kubeConfig: KubeConfigLike,
  environment: Environment = process.env,
): Server {
  if (
    typeof kubeConfig?.getCurrentCluster !== 'function' ||
    typeof kubeConfig.getCurrentUser !== 'function' ||
    typeof kubeConfig.applyToHTTPSOptions !== 'function'
  ) {
    throw invalidInput(
      'kubeConfig: expected what loadKubeConfig() gives, or a KubeConfig of @kubernetes/client-node',
    );
  }
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster?.server)
    throw invalidInput('kubeConfig: its current context names no cluster with a server');
  const url = parseUrl('server', cluster.server);
  const secure = url.protocol === 'https:';
  if (!secure && url.protocol !== 'http:') {
    throw invalidInput(
      `kubeConfig: the server of cluster "${cluster.name}" must be an http: or https: URL`,
    );
  }
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  return {
    origin: url.origin,
    address: `${url.hostname}:${port}`,
    secure,
    hostname: unbracketed(url.hostname),
    port,
    basePath: url.pathname.replace(/\/+$/, ''),
    proxy: cluster.proxyUrl
      ? proxyUrl('kubeConfig: the proxy-url of its current cluster', cluster.proxyUrl)
      : proxyFromEnvironment(environment, url),
  };
}

/** `::1` for the `[::1]` of a URL. */
export function unbracketed(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function parseUrl(field: string, text: string): URL {
  const url = URL.parse(text);
  // The text isn't quoted: a URL may hold a password.
  if (url === null) throw invalidInput(`kubeConfig: the ${field} of its current cluster is no URL`);
  return url;
}

interface LoadableKubeConfig extends KubeConfigLike {
  loadFromOptions?(options: object): void;
  addAuthenticator?(authenticator: object): void;
}

/**
 * A KubeConfig that has cached nothing yet. client-node keeps what an exec plugin or a token file gave for as long as
 * the instance lives, so credentials are resolved through a new one each time, loaded with the current context alone:
 *
 * - through `loadFromOptions` and not a round trip over `exportConfig`, which loses what was given as nested objects;
 *   the user is the same object as before, since the OIDC provider stores its refreshed token there
 * - with a user even where the context has none: without, client-node ignores the cluster's CA, too
 * - without proxy, and as if `http:` were allowed, since both matter only to the agent that client-node makes
 *
 * What isn't a client-node KubeConfig, or has an applyToHTTPSOptions of its own, is returned as it is.
 */
export function freshKubeConfig(kubeConfig: KubeConfigLike): KubeConfigLike {
  if (Object.hasOwn(kubeConfig, 'applyToHTTPSOptions')) return kubeConfig;
  const fresh = construct(kubeConfig);
  const cluster = kubeConfig.getCurrentCluster();
  if (typeof fresh?.loadFromOptions !== 'function' || cluster === null) return kubeConfig;
  const user = kubeConfig.getCurrentUser() ?? { name: 'none' };
  fresh.loadFromOptions({
    clusters: [
      {
        ...cluster,
        proxyUrl: undefined,
        skipTLSVerify: cluster.server.startsWith('http:') || cluster.skipTLSVerify,
      },
    ],
    users: [user],
    contexts: [{ name: 'current', cluster: cluster.name, user: user.name }],
    currentContext: 'current',
  });
  const { custom_authenticators: custom } = kubeConfig as { custom_authenticators?: unknown };
  if (Array.isArray(custom)) for (const one of custom) fresh.addAuthenticator?.(one as object);
  return fresh;
}

/**
 * When the credentials that an exec plugin gave to this instance expire, as Unix time in milliseconds. client-node tells
 * nobody, but keeps what the plugin said.
 */
export function expirationOf(kubeConfig: KubeConfigLike): number | undefined {
  const { authenticators } = kubeConfig as {
    authenticators?: readonly { tokenCache?: Record<string, ExecCredential | null | undefined> }[];
  };
  const user = kubeConfig.getCurrentUser();
  if (!user?.exec || !Array.isArray(authenticators)) return undefined;
  for (const { tokenCache } of authenticators as NonNullable<typeof authenticators>) {
    const time = Date.parse(tokenCache?.[user.name]?.status?.expirationTimestamp ?? '');
    if (!Number.isNaN(time)) return time;
  }
  return undefined;
}

interface ExecCredential {
  readonly status?: { readonly expirationTimestamp?: string };
}

function construct(kubeConfig: KubeConfigLike): LoadableKubeConfig | undefined {
  try {
    return new (kubeConfig.constructor as new () => LoadableKubeConfig)();
  } catch {
    return undefined;
  }
}

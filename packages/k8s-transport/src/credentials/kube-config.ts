import { invalidInput } from '@depwatch/core';

import type { ExecPlugin } from './exec-plugin.ts';
import type { Impersonation } from './impersonation.ts';
import { proxyFromEnvironment, proxyUrl, type Environment } from './proxy-environment.ts';

/** The current cluster of a kubeconfig, as far as the transport reads it itself. */
export interface KubeConfigCluster {
  readonly name: string;
  readonly server: string;
  /** In base64; goes before the file. */
  readonly caData?: string;
  readonly caFile?: string;
  readonly tlsServerName?: string;
  readonly skipTLSVerify?: boolean;
  readonly proxyUrl?: string;
}

/** The current user of a kubeconfig, as far as the transport reads it itself. */
export interface KubeConfigUser extends Impersonation {
  readonly name: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly exec?: ExecPlugin | null;
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
  /** What may be spoken over TLS, the first choice first. */
  readonly protocols: readonly string[];
}

/**
 * Reads where the API server of the current context is.
 *
 * @param environment which may name a proxy, where the kubeconfig doesn't, and forbid HTTP/2; default the process's own
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
    // As client-go has it, for what is between here and the server and bears no watches over HTTP/2.
    protocols: environment['DISABLE_HTTP2'] ? ['http/1.1'] : ['h2', 'http/1.1'],
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

/** The user of a {@link freshKubeConfig}, which may be changed. */
export type FreshUser = { -readonly [Key in keyof KubeConfigUser]: KubeConfigUser[Key] } & {
  certData?: string | undefined;
  keyData?: string | undefined;
  token?: string | undefined;
  username?: string | null;
  password?: string | null;
};

/**
 * A KubeConfig that has cached nothing yet. client-node keeps what an auth provider or a token file gave for as long as
 * the instance lives, so credentials are resolved through a new one each time, loaded with the current context alone:
 *
 * - through `loadFromOptions` and not a round trip over `exportConfig`, which loses what was given as nested objects;
 *   the config of the auth provider is the same object as before, since providers store there what they were given
 * - with a user even where the context has none: without, client-node ignores the cluster's CA, too
 * - without proxy, and as if `http:` were allowed, since both matter only to the agent that client-node makes
 * - without files beside which the data stands: client-node would read the file, client-go takes the data
 *
 * @returns undefined for what isn't a client-node KubeConfig, or has an applyToHTTPSOptions of its own
 */
export function freshKubeConfig(
  kubeConfig: KubeConfigLike,
): { fresh: KubeConfigLike; user: FreshUser } | undefined {
  if (Object.hasOwn(kubeConfig, 'applyToHTTPSOptions')) return undefined;
  const fresh = construct(kubeConfig);
  const cluster = kubeConfig.getCurrentCluster();
  if (typeof fresh?.loadFromOptions !== 'function' || cluster === null) return undefined;
  const user: FreshUser = { ...(kubeConfig.getCurrentUser() ?? { name: 'none' }) };
  if (user.certData) delete user.certFile;
  if (user.keyData) delete user.keyFile;
  // client-node would say "undefined" or "null".
  if (user.username) user.password ??= '';
  fresh.loadFromOptions({
    clusters: [
      {
        ...cluster,
        ...(cluster.caData && { caFile: undefined }),
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
  return { fresh, user };
}

function construct(kubeConfig: KubeConfigLike): LoadableKubeConfig | undefined {
  try {
    return new (kubeConfig.constructor as new () => LoadableKubeConfig)();
  } catch {
    return undefined;
  }
}

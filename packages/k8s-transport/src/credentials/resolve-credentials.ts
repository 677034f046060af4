import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { validateHeaderValue } from 'node:http';
import { createSecureContext, type ConnectionOptions } from 'node:tls';

import { DepwatchError, isDepwatchError } from '@depwatch/core';

import { PluginError, runPlugin, type ExecPlugin } from './exec-plugin.ts';
import { impersonationFields } from './impersonation.ts';
import {
  freshKubeConfig,
  serverOf,
  type FreshUser,
  type KubeConfigCluster,
  type KubeConfigLike,
  type KubeConfigUser,
  type Server,
} from './kube-config.ts';
import { unixTime } from '../system-clock.ts';

/** The TLS material of a kubeconfig. */
export type TlsMaterial = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;

/** What a kubeconfig resolves to at one moment. */
export interface ResolvedCredentials {
  readonly server: Server;
  /** What tells the server who asks: `authorization`, `impersonate-user`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** The same for all credentials that may share connections. */
  readonly connectionKey: string;
  /** How long they are good for from now on, in milliseconds; Infinity where nobody says, and negative where that is over. */
  readonly lifeMs: number;
}

const tlsFields = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'servername',
  'rejectUnauthorized',
] as const;

/**
 * Resolves the credentials of a kubeconfig, as they are now.
 *
 * @param signal ends a plugin that is asked for them
 * @throws DepwatchError ERR_TRANSPORT, retryable, when a plugin, a provider or a file fails or gives nothing
 */
export async function resolveCredentials(
  kubeConfig: KubeConfigLike,
  signal: AbortSignal,
): Promise<ResolvedCredentials> {
  const server = serverOf(kubeConfig);
  let given: Given;
  try {
    given = await optionsOf(kubeConfig, signal);
  } catch (error) {
    throw isDepwatchError(error) ? error : credentialError(kubeConfig, error);
  }
  const { options, expiresAt } = given;
  const tls: Record<string, unknown> = {};
  const hash = createHash('sha256').update(`${server.origin}\n${server.proxy?.href ?? ''}\n`);
  for (const field of tlsFields) {
    const value = options[field];
    if (value === undefined || value === null) continue;
    tls[field] = value;
    hash.update(`${field}\n`).update(Buffer.isBuffer(value) ? value : JSON.stringify(value));
  }
  // Node throws at it once the socket is there, which nobody would close then.
  if (tls['servername'] !== undefined && typeof tls['servername'] !== 'string')
    throw unusable("the kubeconfig's tls-server-name is no text");
  return {
    server,
    tls,
    headers: { ...headersFrom(options), ...impersonationOf(kubeConfig) },
    connectionKey: hash.digest('base64'),
    lifeMs: expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - unixTime(),
  };
}

/** What applyToHTTPSOptions set, and until when that is good, if anybody says so. */
interface Given {
  readonly options: Readonly<Record<string, unknown>>;
  readonly expiresAt?: number | undefined;
}

async function optionsOf(kubeConfig: KubeConfigLike, signal: AbortSignal): Promise<Given> {
  const options: Record<string, unknown> = {};
  const made = freshKubeConfig(kubeConfig);
  if (made === undefined) {
    await kubeConfig.applyToHTTPSOptions(options);
    return { options };
  }
  const { fresh, user } = made;
  const expiresAt = await usePlugin(user, kubeConfig.getCurrentCluster()!, signal);
  const keepTokens = prepareOidc(user);
  await fresh.applyToHTTPSOptions(options);
  keepTokens?.();
  // Nobody who names a provider wants to be anybody.
  if (user.authProvider && !identifies(options)) throw new ProviderError();
  return { options, expiresAt };
}

/** That an auth provider gave nothing: client-node has none of that name, or it has no token, or an empty one. */
class ProviderError extends Error {
  override readonly name = 'ProviderError';
}

function identifies(options: Readonly<Record<string, unknown>>): boolean {
  const fields = Object.entries((options['headers'] ?? {}) as Record<string, string | undefined>);
  const ofProvider = fields.filter(([name]) => !/^impersonate-/i.test(name));
  const says = ([, value = '']: [string, string | undefined]) => !/^(Bearer)?\s*$/.test(value);
  return ofProvider.some(says) || Boolean(options['auth'] ?? options['cert'] ?? options['pfx']);
}

/**
 * Has client-node's OIDC provider work on a copy: it (2.0) takes the issuer only as a URL, where a file has text, and
 * forgets a token that is not given anew, though most identity providers give the refresh token but once.
 *
 * @returns what keeps the tokens that were given, for the next time
 */
function prepareOidc(user: FreshUser): (() => void) | undefined {
  const { authProvider } = user;
  if (authProvider?.name !== 'oidc' || !authProvider.config) return undefined;
  const config = authProvider.config as Record<string, unknown>;
  const issuer = URL.parse(String(config['idp-issuer-url']));
  const copy: Record<string, unknown> = { ...config, ...(issuer && { 'idp-issuer-url': issuer }) };
  user.authProvider = { ...authProvider, config: copy };
  return () => {
    for (const token of ['id-token', 'refresh-token']) config[token] = copy[token] ?? config[token];
  };
}

/**
 * Has the user's plugin give what stands in its place then; client-node would run it without telling it anything, wait
 * for it for ever, and take whatever it writes.
 *
 * @returns when that expires
 */
async function usePlugin(
  user: FreshUser,
  cluster: KubeConfigCluster,
  signal: AbortSignal,
): Promise<number | undefined> {
  const plugin = pluginOf(user);
  if (plugin === undefined) return undefined;
  user.exec = null;
  user.authProvider = null;
  // As client-go does.
  if (user.token || user.username || user.certFile || user.certData) return undefined;
  const { token, certificate, expiresAt } = await runPlugin(plugin, cluster, signal);
  if (token !== undefined) user.token = token;
  if (certificate !== undefined) {
    user.certData = Buffer.from(certificate.cert).toString('base64');
    user.keyData = Buffer.from(certificate.key).toString('base64');
  }
  return expiresAt;
}

/** The plugin of a user, which client-node takes from an auth provider, too. */
function pluginOf({ exec, authProvider }: KubeConfigUser): ExecPlugin | undefined {
  return exec ?? (authProvider?.config as { exec?: ExecPlugin } | undefined)?.exec ?? undefined;
}

/** A certificate and its key are two files, or more, and may be seen while only one has been replaced. */
export function checkTls(tls: TlsMaterial): void {
  try {
    createSecureContext(tls);
  } catch {
    throw unusable(
      "no credentials: the kubeconfig's client certificate and key do not fit together",
    );
  }
}

function headersFrom(options: Record<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  if (typeof options['auth'] === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(options['auth']).toString('base64')}`;
  }
  for (const [name, value] of Object.entries(
    (options['headers'] ?? {}) as Record<string, unknown>,
  )) {
    if (value === undefined || value === null) continue;
    // A token file may end with a newline, which no header may hold.
    headers[name.toLowerCase()] = headerValue(name, String(value as string | number).trim());
  }
  return headers;
}

function impersonationOf(kubeConfig: KubeConfigLike): Record<string, string> {
  const fields = impersonationFields(kubeConfig.getCurrentUser() ?? {});
  for (const [name, value] of Object.entries(fields)) headerValue(name.toLowerCase(), value);
  return fields;
}

function headerValue(name: string, value: string): string {
  try {
    validateHeaderValue(name, value);
    return value;
  } catch {
    throw unusable(
      `the kubeconfig's credentials hold characters that can't stand in the header ${name}`,
    );
  }
}

/** Names the plugin, and nothing that it wrote: that may be the secret itself. */
function credentialError(kubeConfig: KubeConfigLike, error: unknown): DepwatchError {
  const user = kubeConfig.getCurrentUser();
  const plugin = user ? pluginOf(user) : undefined;
  const who = plugin
    ? `the credential plugin ${JSON.stringify(plugin.command ?? '')}`
    : user?.authProvider
      ? `the auth provider ${JSON.stringify(user.authProvider.name ?? '')}`
      : 'the kubeconfig';
  const whose = `no credentials: ${who} of user ${JSON.stringify(user?.name ?? '')}`;
  if (error instanceof ProviderError) return unusable(`${whose} gave none`);
  return unusable([`${whose} failed`, ...reasonsOf(error, plugin)].join(''));
}

/** The message of a system error names a path or a program, never what is in it; the error itself may hold arguments. */
function reasonsOf(error: unknown, plugin: ExecPlugin | undefined): string[] {
  if (error instanceof PluginError) return [`: ${error.message}`];
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return [];
  const isMissing = error.code === 'ENOENT' && typeof plugin?.installHint === 'string';
  return [`: ${error.message}`, ...(isMissing ? [`; ${plugin.installHint.trim()}`] : [])];
}

/** It may be tried again, since files and plugins may give something else then. */
function unusable(message: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', message, { retryable: true, reason: 'credentials' });
}

export function fingerprints(kubeConfig: KubeConfigLike): Map<string, string> {
  const user = kubeConfig.getCurrentUser();
  const config = user?.authProvider?.config as { tokenFile?: unknown } | undefined;
  const paths = [
    kubeConfig.getCurrentCluster()?.caFile,
    user?.certFile,
    user?.keyFile,
    config?.tokenFile,
  ];
  const files = new Map<string, string>();
  for (const path of paths)
    if (typeof path === 'string' && path !== '') files.set(path, fingerprint(path));
  return files;
}

export function fingerprint(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return '';
  }
}

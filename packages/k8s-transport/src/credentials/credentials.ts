import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { validateHeaderValue } from 'node:http';
import { createSecureContext, type ConnectionOptions } from 'node:tls';

import { DepwatchError, isDepwatchError, type Clock, type Logger } from '@depwatch/core';

import {
  expirationOf,
  freshKubeConfig,
  serverOf,
  type KubeConfigLike,
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
  /** How long they are good for from now on, in milliseconds; undefined where nobody says. */
  readonly lifeMs: number | undefined;
}

/** A file that changes is looked at again after this time, and so is an identity that the server refuses. */
const checkEveryMs = 1_000;
/** Credentials are renewed in the last tenth of their life, and at most this long before its end. */
const renewAheadMs = 60_000;
/** A plugin that takes longer is started anew for the next caller. */
const abandonAfterMs = 60_000;

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
 * The credentials of a kubeconfig: resolved when they are first needed, once for all that ask meanwhile; again when the
 * server refuses them, before they expire, and when a certificate or token file they came from has changed.
 */
export class Credentials {
  readonly #kubeConfig: KubeConfigLike;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #current: ResolvedCredentials | undefined;
  readonly #refused = new WeakSet<ResolvedCredentials>();
  /** Whether they have to be resolved before they are used again. */
  #stale = true;
  #files: ReadonlyMap<string, string> = new Map();
  #checkedAt = 0;
  /** When they are resolved anew, since they are about to expire. */
  #renewAt = Number.POSITIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #flight:
    | { readonly result: Promise<ResolvedCredentials>; readonly startedAt: number }
    | undefined;

  constructor(options: { kubeConfig: KubeConfigLike; clock: Clock; logger: Logger }) {
    this.#kubeConfig = options.kubeConfig;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** What is known to be right; undefined when {@link get} has to be asked. */
  peek(): ResolvedCredentials | undefined {
    if (this.#stale || this.#flight !== undefined) return undefined;
    const now = this.#clock.now();
    if (now - this.#checkedAt >= checkEveryMs) {
      this.#checkedAt = now;
      this.#stale = this.#filesChanged() || now >= this.#renewAt;
    }
    return this.#stale ? undefined : this.#current;
  }

  /**
   * Resolves the credentials.
   *
   * @throws DepwatchError ERR_TRANSPORT, retryable, when a plugin or a file fails and there is nothing to fall back on
   */
  async get(): Promise<ResolvedCredentials> {
    const known = this.peek();
    if (known !== undefined) return known;
    const before = this.#current;
    try {
      return await this.#resolve();
    } catch (error) {
      if (before === undefined) throw error;
      this.#stale = false;
      this.#checkedAt = this.#clock.now();
      // Half a rotation: the files will be looked at again, and the server decides what the old ones are worth.
      this.#logger.warn(
        { error },
        'the changed credentials could not be read; going on with those before',
      );
      return before;
    }
  }

  /**
   * Resolves anew after the server refused `refused`.
   *
   * @returns what to try next; undefined when that was tried a moment ago
   * @throws DepwatchError ERR_TRANSPORT, as {@link get}
   */
  async renew(refused: ResolvedCredentials): Promise<ResolvedCredentials | undefined> {
    this.#refused.add(refused);
    if (this.#flight === undefined) {
      if (this.#current !== undefined && this.#current !== refused) return this.#current;
      const now = this.#clock.now();
      // Many watches may be refused one after the other; a plugin need not run for each.
      if (now - this.#renewedAt < checkEveryMs && !this.#filesChanged()) return undefined;
      this.#renewedAt = now;
      this.#logger.debug({}, 'the API server refused the credentials; resolving them anew');
    }
    return this.#resolve();
  }

  /** Whether the server has refused these to anybody, see {@link renew}. */
  wereRefused(credentials: ResolvedCredentials | undefined): boolean {
    return credentials !== undefined && this.#refused.has(credentials);
  }

  #resolve(): Promise<ResolvedCredentials> {
    const flight = this.#flight;
    if (flight !== undefined && this.#clock.now() - flight.startedAt < abandonAfterMs)
      return flight.result;
    const next = { startedAt: this.#clock.now(), result: this.#resolveNow() };
    const done = () => {
      if (this.#flight === next) this.#flight = undefined;
    };
    this.#flight = next;
    next.result.then(done, done);
    return next.result;
  }

  async #resolveNow(): Promise<ResolvedCredentials> {
    // Before they are read, so that a change meanwhile is seen next time.
    const files = fingerprints(this.#kubeConfig);
    const resolved = await resolveCredentials(this.#kubeConfig);
    if (this.#current !== undefined && this.#current.connectionKey !== resolved.connectionKey)
      checkTls(resolved.tls);
    const { lifeMs } = resolved;
    this.#current = resolved;
    this.#stale = false;
    this.#files = files;
    this.#checkedAt = this.#clock.now();
    this.#renewAt =
      lifeMs === undefined
        ? Number.POSITIVE_INFINITY
        : this.#checkedAt + lifeMs - Math.min(lifeMs / 10, renewAheadMs);
    return resolved;
  }

  #filesChanged(): boolean {
    for (const [path, before] of this.#files) {
      const now = fingerprint(path);
      // A file that is gone is about to be replaced.
      if (now !== '' && now !== before) return true;
    }
    return false;
  }
}

async function resolveCredentials(kubeConfig: KubeConfigLike): Promise<ResolvedCredentials> {
  const server = serverOf(kubeConfig);
  const options: Record<string, unknown> = {};
  const fresh = freshKubeConfig(kubeConfig);
  try {
    await fresh.applyToHTTPSOptions(options);
  } catch (error) {
    throw isDepwatchError(error) ? error : credentialError(kubeConfig, error);
  }
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
  const expiresAt = expirationOf(fresh);
  return {
    server,
    tls,
    headers: headersFrom(options),
    connectionKey: hash.digest('base64'),
    lifeMs: expiresAt === undefined ? undefined : expiresAt - unixTime(),
  };
}

/** A certificate and its key are two files, or more, and may be seen while only one has been replaced. */
function checkTls(tls: TlsMaterial): void {
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
    const text = String(value as string | number).trim();
    try {
      validateHeaderValue(name, text);
    } catch {
      throw unusable(
        `the kubeconfig's credentials hold characters that can't stand in the header ${name}`,
      );
    }
    headers[name.toLowerCase()] = text;
  }
  return headers;
}

/** Names the plugin, and nothing that it wrote: that may be the secret itself. */
function credentialError(kubeConfig: KubeConfigLike, error: unknown): DepwatchError {
  const user = kubeConfig.getCurrentUser();
  const who = user?.exec
    ? `the credential plugin ${JSON.stringify(user.exec.command ?? '')}`
    : user?.authProvider
      ? `the auth provider ${JSON.stringify(user.authProvider.name ?? '')}`
      : 'the kubeconfig';
  const failed = `no credentials: ${who} of user ${JSON.stringify(user?.name ?? '')} failed`;
  // The message of a system error names a path or a program, never what is in it; the error itself may hold arguments.
  const system = error instanceof Error && 'syscall' in error && 'code' in error;
  const why = system ? `: ${error.message}` : user?.exec ? '; run it by hand to see why' : '';
  return unusable(failed + why);
}

/** It may be tried again, since files and plugins may give something else then. */
function unusable(message: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', message, { retryable: true, reason: 'credentials' });
}

function fingerprints(kubeConfig: KubeConfigLike): Map<string, string> {
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

function fingerprint(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return '';
  }
}

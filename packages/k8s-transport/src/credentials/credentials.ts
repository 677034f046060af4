import type { Clock, Logger } from '@depwatch/core';

import type { KubeConfigLike } from './kube-config.ts';
import {
  checkTls,
  fingerprint,
  fingerprints,
  resolveCredentials,
  type ResolvedCredentials,
} from './resolve-credentials.ts';

/** A file that changes is looked at again after this time, and so is an identity that the server refuses. */
const checkEveryMs = 1_000;
/** Credentials are renewed in the last tenth of their life, and at most this long before its end. */
const renewAheadMs = 60_000;
/** How soon that is tried again when it has failed. */
const renewAgainMs = 10_000;
/**
 * What has expired as it is given, since this clock is fast or the plugin has kept it for too long, is used for so long:
 * the server decides what it is worth, and the plugin would be run for each request.
 */
const shortestLifeMs = 10_000;
/** A plugin that takes longer is ended, and started anew for the next caller. A login in a browser may take minutes. */
const abandonAfterMs = 180_000;

/** Credentials that are being resolved. */
interface Flight {
  readonly result: Promise<ResolvedCredentials>;
  readonly startedAt: number;
  readonly stop: AbortController;
  /** Whether somebody waits for it; else it takes the place of what is good for a while yet. */
  isAwaited: boolean;
}

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
  /** When they are resolved anew, since they are about to expire, which they do then. */
  #renewAt = Number.POSITIVE_INFINITY;
  #expiresAt = Number.POSITIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Why there have been none, a moment ago: as many as ask have one plugin run, and not one each. */
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  #flight: Flight | undefined;
  #closed = false;

  constructor(options: { kubeConfig: KubeConfigLike; clock: Clock; logger: Logger }) {
    this.#kubeConfig = options.kubeConfig;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * What is known to be right; undefined when {@link get} has to be asked. What is about to expire goes on being used
   * while it is renewed: a plugin may take seconds, or hang.
   */
  peek(): ResolvedCredentials | undefined {
    if (this.#stale || this.#flight?.isAwaited) return undefined;
    const now = this.#clock.now();
    if (now - this.#checkedAt >= checkEveryMs) {
      this.#checkedAt = now;
      this.#stale = now >= this.#expiresAt || this.#filesChanged();
      if (!this.#stale && now >= this.#renewAt && !this.#flight) this.#renewAhead();
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
    const failure = this.#failure;
    if (failure && this.#clock.now() - failure.at < checkEveryMs) throw failure.error;
    try {
      return await this.#resolve(true);
    } catch (error) {
      if (before === undefined) {
        this.#failure = { error, at: this.#clock.now() };
        throw error;
      }
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
    return this.#resolve(true);
  }

  /** Whether the server has refused these to anybody, see {@link renew}. */
  wereRefused(credentials: ResolvedCredentials | undefined): boolean {
    return credentials !== undefined && this.#refused.has(credentials);
  }

  /** Ends the plugin that is asked, if any. */
  close(): void {
    this.#closed = true;
    this.#flight?.stop.abort();
  }

  #renewAhead(): void {
    this.#renewAt = this.#clock.now() + renewAgainMs;
    this.#resolve(false).catch((error: unknown) => {
      if (this.#closed) return;
      this.#logger.warn({ error }, 'the credentials are about to expire, and could not be renewed');
    });
  }

  #resolve(isAwaited: boolean): Promise<ResolvedCredentials> {
    const flight = this.#flight;
    if (flight !== undefined && this.#clock.now() - flight.startedAt < abandonAfterMs) {
      flight.isAwaited ||= isAwaited;
      return flight.result;
    }
    flight?.stop.abort();
    const stop = new AbortController();
    const result = this.#resolveNow(stop.signal);
    const next = { startedAt: this.#clock.now(), result, stop, isAwaited };
    const done = () => {
      if (this.#flight === next) this.#flight = undefined;
    };
    this.#flight = next;
    next.result.then(done, done);
    return next.result;
  }

  async #resolveNow(signal: AbortSignal): Promise<ResolvedCredentials> {
    // Before they are read, so that a change meanwhile is seen next time.
    const files = fingerprints(this.#kubeConfig);
    const resolved = await resolveCredentials(this.#kubeConfig, signal);
    if (this.#current !== undefined && this.#current.connectionKey !== resolved.connectionKey)
      checkTls(resolved.tls);
    const lifeMs = Math.max(resolved.lifeMs, shortestLifeMs);
    this.#current = resolved;
    this.#stale = false;
    this.#files = files;
    this.#checkedAt = this.#clock.now();
    this.#expiresAt = this.#checkedAt + lifeMs;
    this.#renewAt = this.#expiresAt - Math.min(lifeMs / 10, renewAheadMs);
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

import {
  backOffMs,
  compareResourceVersions,
  DepwatchError,
  expiredError,
  groupVersionKindKey,
  isDepwatchError,
  type Clock,
  type Logger,
  type Transport,
} from '@depwatch/core';
import type { Applicant, Pass } from '../../requests/applicant.ts';
import type { Slots } from '../../requests/slots.ts';
import type { PastVersions } from './past-versions.ts';
import type { Source } from './source.ts';

const backOff = { baseMs: 800, maxMs: 5000 };
/** A server that has just started may refuse or fail for a while; after so many tries it is left at that. */
const mostTries = 20;

/** What a {@link RestoreCheck} works on. */
export interface RestoreCheckOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slots: Slots;
  readonly pastVersions: PastVersions;
  /** All sources that ask the server, each once. */
  sources(): Iterable<Source>;
}

/**
 * Finds out after an outage, or a second without any stream, whether the server is older than it was, as after its etcd was
 * restored from a backup. Watches from a version of its future would be accepted, and stay silent; so the newest version that
 * was seen of each resource is compared with the server's, and once one has gone back everything is listed anew.
 *
 * A restore takes the server away for longer than it takes to ask whether it is there, so connections that merely died are
 * no reason; a watch that has lost its place all the same is listed anew when it has been silent for two minutes.
 *
 * What it can't see: a restored server whose versions have overtaken by then the newest one that was seen.
 */
export class RestoreCheck {
  readonly #options: RestoreCheckOptions;
  #run: AbortController | undefined;

  constructor(options: RestoreCheckOptions) {
    this.#options = options;
  }

  /** Asks once for each resource; a check that is under way is given up. */
  start(): void {
    this.stop();
    const run = new AbortController();
    this.#run = run;
    for (const newest of newestOfEach(this.#options.sources())) {
      this.#isOlder(newest, run.signal).then(
        (isOlder) => {
          if (isOlder && !run.signal.aborted) this.#expireAll();
        },
        () => {},
      );
    }
  }

  stop(): void {
    this.#run?.abort(unwanted);
    this.#run = undefined;
  }

  /** One resource speaks for all: another one's versions may have been overtaken by now. */
  #expireAll(): void {
    this.stop();
    this.#options.logger.warn(
      {},
      'the API server is at an older version than before the outage, as after a restore from a backup; everything is listed anew',
    );
    this.#options.pastVersions.clear();
    for (const source of [...this.#options.sources()]) source.expire(goneBack);
  }

  /** Whether the server's version of a resource is older than the newest one that was seen. */
  async #isOlder({ source, version }: Newest, signal: AbortSignal): Promise<boolean> {
    const { transport, slots, clock } = this.#options;
    const { query } = source;
    for (let tries = 0; tries < mostTries; tries += 1) {
      if (tries > 0) {
        const ms = backOffMs(tries - 1, backOff, clock.random());
        await aborted(signal, (resolve) => clock.setTimeout(resolve, ms));
      }
      const slot: { pass?: Pass; place?: Disposable } = {};
      await aborted(signal, (resolve) => {
        const applicant: Applicant = {
          go: (pass) => {
            slot.pass = pass;
            resolve();
          },
        };
        return (slot.place = slots.enter('list', query.gvk, 0, applicant));
      });
      try {
        const { resourceVersion } = await transport.list(query, { signal, limit: 1 });
        slot.pass?.answered();
        return (compareResourceVersions(resourceVersion, version) ?? 0) < 0;
      } catch (cause) {
        // What a call fails with that was given up says nothing about the server.
        if (signal.aborted) throw cause;
        if (isDepwatchError(cause)) slot.pass?.failed(cause);
      } finally {
        slot.place?.[Symbol.dispose]();
      }
    }
    return false;
  }
}

/** The newest version that was seen of a resource, and a source that saw it. */
interface Newest {
  readonly source: Source;
  readonly version: string;
}

function newestOfEach(sources: Iterable<Source>): Iterable<Newest> {
  const newest = new Map<string, Newest>();
  for (const source of sources) {
    const version = source.resourceVersion;
    if (version === undefined) continue;
    const key = groupVersionKindKey(source.query.gvk);
    const known = newest.get(key);
    if (!known || (compareResourceVersions(version, known.version) ?? 0) > 0) {
      newest.set(key, { source, version });
    }
  }
  return newest.values();
}

/** Waits until `begin` calls back. @throws the signal's reason, after what `begin` returned was disposed of */
function aborted(signal: AbortSignal, begin: (resolve: () => void) => Disposable): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      handle[Symbol.dispose]();
      reject(signal.reason);
    };
    const handle = begin(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort);
  });
}

const goneBack = expiredError('the API server is at an older version than before the outage');
/** Why a check is given up; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the check is no longer wanted');

import {
  checkCallOptions,
  checkMethods,
  checkRecord,
  DepwatchError,
  abortedError,
  formatGroupVersion,
  groupVersionKindKey,
  isDepwatchError,
  validateQuery,
  type GroupVersionKind,
  type ScopedGVR,
} from '@depwatch/core';
import { LRUCache } from 'lru-cache';

import { checkNumber, type GvrCacheOptions } from './options.ts';
import { SharedCall } from './shared-call.ts';

/** Which resource (the plural in the URLs) serves a kind, and whether it lives in namespaces. */
export interface GvrCache {
  /**
   * The resource of a kind, remembered or asked for. Concurrent callers of one kind share one discovery, which ends when
   * the last of them has left by its signal.
   *
   * @param options.unwatchable whether a resource that cannot be watched will do
   * @returns a frozen plain object with exactly group, version, resource and namespaced
   * @throws (rejects) DepwatchError ERR_INVALID_INPUT for a bad kind, ERR_NO_VERSIONED_RESOURCE when the server has no
   * such kind, ERR_RESOURCE_UNWATCHABLE when it cannot be watched (on a cache hit, too), ERR_ABORTED by the signal, and
   * whatever the transport throws; of all these only the second and third are ever remembered
   */
  resolve(
    gvk: GroupVersionKind,
    options?: { signal?: AbortSignal; unwatchable?: boolean },
  ): Promise<ScopedGVR>;
  /** What `resolve` would return without asking, to skip the await; undefined when it would ask or reject. */
  peek(gvk: GroupVersionKind): ScopedGVR | undefined;
  /** Whether the kind lives in namespaces, as last heard, however long ago; undefined when never heard. */
  scopeOf(gvk: GroupVersionKind): boolean | undefined;
  /**
   * Grows whenever a kind turns out, or ceases, to be cluster-scoped. An unknown scope counts as namespaced, so while
   * this stays the same, keys that were made with `scopeOf` stay right.
   */
  readonly scopeRevision: number;
  /** Drops what is remembered of a kind, its scope aside, so that the next `resolve` asks, also while one is asking. */
  forget(gvk: GroupVersionKind): void;
  /** `forget` for all kinds. */
  clear(): void;
}

/** What the server said of a kind. */
type Answer = { readonly gvr: ScopedGVR; readonly watchable: boolean } | 'missing';

/**
 * A GVK→GVR cache on lru-cache. It sets no timer: an answer's age is looked at when it is asked for.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for a TTL that is negative or NaN, and for a `max` that is no positive integer
 */
export function createGvrCache(options: GvrCacheOptions): GvrCache {
  return new LruGvrCache(options);
}

class LruGvrCache implements GvrCache {
  readonly #transport: GvrCacheOptions['transport'];
  readonly #foundTtlMs: number;
  readonly #missingTtlMs: number;
  readonly #answers: LRUCache<string, Answer>;
  readonly #calls = new Map<string, SharedCall<Answer>>();
  /** Not in the LRU cache, since synchronous reads need it; bounded by the kinds that the server has ever had. */
  readonly #scopes = new Map<string, boolean>();
  #scopeRevision = 0;

  constructor(options: GvrCacheOptions) {
    checkRecord('options', options, 'an object with transport');
    checkMethods('transport', options.transport, ['discover']);
    if (options.clock !== undefined) checkMethods('clock', options.clock, ['now']);
    const { transport, clock, gvkToGvrTtlMs = 600_000, missingApiResourceTtlMs = 0 } = options;
    const { max = 1_000 } = options;
    this.#transport = transport;
    this.#foundTtlMs = checkNumber('gvkToGvrTtlMs', gvkToGvrTtlMs, 0);
    this.#missingTtlMs = checkNumber('missingApiResourceTtlMs', missingApiResourceTtlMs, 0);
    checkNumber('max', max, 1);
    if (!Number.isSafeInteger(max)) {
      throw new DepwatchError('ERR_INVALID_INPUT', `max: expected an integer, got ${max}`);
    }
    this.#answers = new LRUCache({
      max,
      ttlResolution: 0,
      ...(clock && { perf: monotonicFromOne(clock) }),
    });
  }

  get scopeRevision(): number {
    return this.#scopeRevision;
  }

  async resolve(
    gvk: GroupVersionKind,
    options: { signal?: AbortSignal; unwatchable?: boolean } = {},
  ): Promise<ScopedGVR> {
    checkCallOptions(options);
    const { signal, unwatchable = false } = options;
    validateQuery(gvk && kindOf(gvk));
    if (signal?.aborted) throw abortedError(signal);
    const key = groupVersionKindKey(gvk);
    const answer = this.#answers.get(key) ?? (await this.#callFor(key, gvk).join(signal));
    if (answer === 'missing') throw noSuchKind(gvk);
    if (!answer.watchable && !unwatchable) throw notWatchable(gvk, answer.gvr);
    return answer.gvr;
  }

  peek(gvk: GroupVersionKind): ScopedGVR | undefined {
    const answer = this.#answers.get(groupVersionKindKey(gvk));
    return answer && answer !== 'missing' && answer.watchable ? answer.gvr : undefined;
  }

  scopeOf(gvk: GroupVersionKind): boolean | undefined {
    return this.#scopes.get(groupVersionKindKey(gvk));
  }

  forget(gvk: GroupVersionKind): void {
    const key = groupVersionKindKey(gvk);
    this.#answers.delete(key);
    // A call under way may have been answered already: who waits for it gets that, who comes now asks again.
    this.#calls.delete(key);
  }

  clear(): void {
    this.#answers.clear();
    this.#calls.clear();
  }

  #callFor(key: string, gvk: GroupVersionKind): SharedCall<Answer> {
    const underWay = this.#calls.get(key);
    if (underWay) return underWay;
    const finished = (): void => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    };
    const call: SharedCall<Answer> = new SharedCall(async (signal) => {
      try {
        const answer = await this.#discover(kindOf(gvk), signal);
        if (this.#calls.get(key) === call) this.#remember(key, answer);
        return answer;
      } finally {
        finished();
      }
    }, finished);
    this.#calls.set(key, call);
    return call;
  }

  async #discover(gvk: GroupVersionKind, signal: AbortSignal): Promise<Answer> {
    try {
      const found = await this.#transport.discover(gvk, { signal });
      if (!found) return 'missing';
      const { group, version, resource, namespaced, verbs } = found;
      const gvr = Object.freeze({ group, version, resource, namespaced });
      return Object.freeze({ gvr, watchable: verbs.includes('watch') });
    } catch (error) {
      if (isDepwatchError(error)) throw error;
      const what = `discovery of ${describe(gvk)} failed: ${String(error)}`;
      throw new DepwatchError('ERR_TRANSPORT', what, { cause: error });
    }
  }

  #remember(key: string, answer: Answer): void {
    if (answer !== 'missing') this.#learnScope(key, answer.gvr.namespaced);
    const ttlMs = answer === 'missing' ? this.#missingTtlMs : this.#foundTtlMs;
    // lru-cache takes whole milliseconds, and 0 for "for ever".
    if (ttlMs === 0) this.#answers.delete(key);
    else this.#answers.set(key, answer, { ttl: ttlMs === Infinity ? 0 : Math.ceil(ttlMs) });
  }

  #learnScope(key: string, namespaced: boolean): void {
    const before = this.#scopes.get(key) ?? true;
    this.#scopes.set(key, namespaced);
    if (before !== namespaced) this.#scopeRevision += 1;
  }
}

/** lru-cache takes a start time of 0 for "none", and any clock may be there. */
function monotonicFromOne(clock: { now(): number }): { now(): number } {
  const startMs = clock.now();
  return { now: () => clock.now() - startMs + 1 };
}

/** Only what names a kind: callers pass whole ObjectIdentifiers, too. */
function kindOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { ...(group !== undefined && { group }), version, kind };
}

function describe(gvk: GroupVersionKind): string {
  return `${formatGroupVersion(gvk)} ${gvk.kind}`;
}

function noSuchKind(gvk: GroupVersionKind): DepwatchError {
  return new DepwatchError(
    'ERR_NO_VERSIONED_RESOURCE',
    `the API server has no resource for group ${JSON.stringify(gvk.group ?? '')}, version ${JSON.stringify(gvk.version)}, ` +
      `kind ${JSON.stringify(gvk.kind)}: check the spelling (kubectl api-resources), or install its CRD first`,
  );
}

function notWatchable(gvk: GroupVersionKind, gvr: ScopedGVR): DepwatchError {
  return new DepwatchError(
    'ERR_RESOURCE_UNWATCHABLE',
    `${describe(gvk)}: the resource ${JSON.stringify(gvr.resource)} does not support watch, so nothing can depend on it`,
  );
}

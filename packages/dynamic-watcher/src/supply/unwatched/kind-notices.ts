import {
  DepwatchError,
  groupVersionKindKey,
  isDepwatchError,
  type Clock,
  type GroupVersionKind,
  type Logger,
  type ObjectChange,
  type ScopedGVR,
  type Transport,
} from '@depwatch/core';
import type { Resources } from '../../requests/resources.ts';
import { NoticeSink } from './notice-sink.ts';
import type { Sink, Source } from '../sources/source.ts';

/** What tells of kinds that come: definitions, and registrations of other API servers; both named `something.group`. */
const tellers = [
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
  },
  { group: 'apiregistration.k8s.io', kind: 'APIService', resource: 'apiservices' },
].map(({ group, kind, resource }) => ({
  watched: { group, version: 'v1', kind, selector: '' },
  gvr: { group, version: 'v1', resource, namespaced: false },
}));

/** After a notice the kind may still not be served for a while: it is asked for at once, and this long after. */
const askAgainMs = [250, 500, 1000, 2000, 4000];
/** From which of these times on it goes on after a notice meanwhile: definitions may change without end. */
const afterNotice = 2;
/** So long a notice counts for who comes to wait after it: the denial may be older. */
const rememberedMs = 10_000;
/** How often all kinds are asked for where notices can't be had, at most; and where they can, in case one got lost. */
const blindMs = 30_000;
const watchingMs = 5 * 60_000;

/** What {@link KindNotices} work on. */
export interface KindNoticesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resources: Resources;
  readonly transport: Pick<Transport, 'servedKinds'>;
  /** Makes the watch of what tells of kinds. */
  createSource(sink: Sink, teller: (typeof tellers)[number]): Source;
}

interface Listener {
  resolve(gvr: ScopedGVR): void;
  reject(error: unknown): void;
}

/** A kind that somebody waits for. */
interface Pending {
  readonly gvk: GroupVersionKind;
  readonly listeners: Set<Listener>;
  call: AbortController | undefined;
  /** The next time that it is asked for after a notice. */
  timer: Disposable | undefined;
  /** When that is, and when it was last asked for, in milliseconds of the clock. */
  dueAt: number;
  askedAt: number;
  /** Which of the times comes after the next denial. */
  again: number;
}

/**
 * Tells those who wait for kinds when the server serves them: by one watch of the definitions and one of the API services,
 * for all kinds; where these may not be watched, by asking now and then. Nothing runs while nobody waits.
 */
export class KindNotices {
  readonly #options: KindNoticesOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #sources = new Set<Source>();
  #timer: Disposable | undefined;
  #isBlind = false;
  /** The version of the kinds that were last asked for. */
  #known: string | undefined;
  #call: AbortController | undefined;
  /** When something was last said about the kinds of a group. */
  readonly #toldAt = new Map<string, number>();

  constructor(options: KindNoticesOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the server serves the kind.
   *
   * @throws (rejects) ERR_RESOURCE_UNWATCHABLE when it does, but not by watches; the signal's reason
   */
  served(gvk: GroupVersionKind, signal: AbortSignal): Promise<ScopedGVR> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const key = groupVersionKindKey(gvk);
      const isFirst = this.#pending.size === 0;
      let pending = this.#pending.get(key);
      if (!pending) {
        pending = {
          gvk,
          listeners: new Set(),
          call: undefined,
          timer: undefined,
          dueAt: Infinity,
          askedAt: -Infinity,
          again: 0,
        };
        this.#pending.set(key, pending);
        // What was known was known of the others; this one may be among what is served already.
        this.#known = undefined;
      }
      const { listeners } = pending;
      const listener: Listener = { resolve, reject };
      listeners.add(listener);
      signal.addEventListener('abort', () => {
        if (!listeners.delete(listener)) return;
        reject(signal.reason);
        if (listeners.size === 0) this.#drop(key);
      });
      const toldAt = this.#toldAt.get(gvk.group ?? '') ?? -Infinity;
      if (isFirst) this.#open();
      else if (!gvk.group) this.#askLater();
      else if (this.#options.clock.now() - toldAt < rememberedMs) this.#askSoon(pending);
    });
  }

  /** Ends all that is under way; nobody is told. */
  close(): void {
    for (const key of [...this.#pending.keys()]) this.#drop(key);
  }

  #open(): void {
    this.#isBlind = false;
    for (const teller of tellers) {
      const sink = new NoticeSink(
        (changes) => this.#noticed(changes),
        (error) => this.#refused(source, error),
      );
      const source: Source = this.#options.createSource(sink, teller);
      this.#sources.add(source);
      source.start();
    }
    this.#askLater();
  }

  #drop(key: string): void {
    const pending = this.#pending.get(key);
    pending?.timer?.[Symbol.dispose]();
    pending?.call?.abort(unwanted);
    this.#pending.delete(key);
    if (this.#pending.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#call?.abort(unwanted);
    for (const source of this.#sources) source.stop();
    this.#sources.clear();
    this.#toldAt.clear();
  }

  #refused(source: Source, error: DepwatchError): void {
    this.#sources.delete(source);
    if (this.#isBlind) return;
    this.#isBlind = true;
    this.#options.logger.info(
      { error },
      'definitions of kinds may not be watched, so a kind that is installed is noticed within 30 s, not 2',
    );
    this.#askLater();
  }

  /** Something was said about kinds of these groups. */
  #noticed(changes: readonly ObjectChange[]): void {
    const groups = new Set(changes.map(({ key }) => key.slice(key.indexOf('.') + 1)));
    const now = this.#options.clock.now();
    for (const group of groups) this.#toldAt.set(group, now);
    for (const pending of this.#pending.values()) {
      if (groups.has(pending.gvk.group ?? '')) this.#askSoon(pending);
    }
  }

  /** At once, unless it is being asked for, or was just now. */
  #askSoon(pending: Pending): void {
    const { clock } = this.#options;
    if (!pending.call && !pending.timer) {
      pending.again = 0;
      return this.#ask(pending);
    }
    pending.again = Math.min(pending.again, afterNotice);
    const dueAt = Math.max(clock.now(), pending.askedAt + askAgainMs[afterNotice]!);
    if (pending.timer && dueAt < pending.dueAt) this.#askIn(pending, dueAt - clock.now());
  }

  #askIn(pending: Pending, ms: number): void {
    const { clock } = this.#options;
    pending.timer?.[Symbol.dispose]();
    pending.dueAt = clock.now() + ms;
    pending.timer = clock.setTimeout(() => this.#ask(pending), ms);
  }

  #askLater(): void {
    const { clock } = this.#options;
    // Nothing tells of the core's kinds, which every server has: who denied them was wrong, and is asked again.
    const isUntold = [...this.#pending.values()].some(({ gvk }) => !gvk.group);
    const ms = this.#isBlind || isUntold ? blindMs : watchingMs;
    this.#timer?.[Symbol.dispose]();
    this.#timer = clock.setTimeout(
      () => {
        void this.#askForAll();
        if (this.#pending.size > 0) this.#askLater();
      },
      ms * (0.5 + clock.random() / 2),
    );
  }

  /** In one request, where that can be had; else kind by kind. */
  async #askForAll(): Promise<void> {
    const { transport } = this.#options;
    const known = this.#known;
    const { signal } = (this.#call = new AbortController());
    let isServed = (_key: string): boolean => true;
    try {
      const served = await transport.servedKinds?.({
        signal,
        ...(known !== undefined && { known }),
      });
      if (signal.aborted || (transport.servedKinds && !served)) return;
      this.#known = served?.version;
      // The core group's kinds are those of every server, so they are not among them.
      if (served) isServed = (key) => served.kinds.has(key);
    } catch (error) {
      if (signal.aborted || (isDepwatchError(error) && error.retryable)) return;
    }
    for (const [key, pending] of [...this.#pending]) {
      // One that was just told of is being asked for.
      if (pending.timer || pending.call) continue;
      if (pending.gvk.group && !isServed(key)) continue;
      pending.again = askAgainMs.length;
      this.#ask(pending);
    }
  }

  #ask(pending: Pending): void {
    const { resources, clock } = this.#options;
    pending.timer?.[Symbol.dispose]();
    pending.timer = undefined;
    pending.askedAt = clock.now();
    const call = new AbortController();
    pending.call = call;
    const settle = (tell: (listener: Listener) => void): void => {
      const listeners = [...pending.listeners];
      pending.listeners.clear();
      pending.call = undefined;
      this.#drop(groupVersionKindKey(pending.gvk));
      for (const listener of listeners) tell(listener);
    };
    resources.rediscover(pending.gvk, { confirm: false, signal: call.signal }).then(
      (gvr) => pending.call === call && settle(({ resolve }) => resolve(gvr)),
      (error: unknown) => {
        if (pending.call !== call) return;
        if (!isDepwatchError(error, 'ERR_NO_VERSIONED_RESOURCE')) {
          return settle(({ reject }) => reject(error));
        }
        pending.call = undefined;
        const ms = askAgainMs[pending.again];
        if (ms === undefined) {
          // What said that it is served was ahead of what serves it: that it is unchanged means nothing.
          this.#known = undefined;
          return;
        }
        pending.again += 1;
        this.#askIn(pending, ms);
      },
    );
  }
}

/** Why a question is given up; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the kind is no longer waited for');

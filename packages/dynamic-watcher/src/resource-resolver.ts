import type { GvrCache } from '@depwatch/cache';
import {
  abortedError,
  type DepwatchError,
  formatGroupVersion,
  groupVersionKindKey,
  isDepwatchError,
  type Clock,
  type GroupVersionKind,
  type ScopedGVR,
} from '@depwatch/core';
import type { Admission, Pass } from './admission.ts';
import { notInTime } from './not-in-time.ts';

const retryBaseMs = 400;

/** What {@link ResourceResolver} works on. */
export interface ResourceResolverOptions {
  readonly gvrs: GvrCache;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  /** Ends what is shared by many; who waits for one resource alone brings a signal of its own. */
  readonly stopSignal: AbortSignal;
}

/** Finds out the resources of kinds, patiently: a server that can't answer now may do so before the time-out. */
export class ResourceResolver {
  readonly #options: ResourceResolverOptions;
  readonly #rediscovering = new Map<string, Promise<ScopedGVR>>();

  constructor(options: ResourceResolverOptions) {
    this.#options = options;
  }

  /** The resource, where it is known. */
  peek(gvk: GroupVersionKind): ScopedGVR | undefined {
    return this.#options.gvrs.peek(gvk);
  }

  /** Asks anew, whatever is known. Many watches may miss one kind; the server is asked once for all of them. */
  rediscover(gvk: GroupVersionKind): Promise<ScopedGVR> {
    const { gvrs, stopSignal } = this.#options;
    const key = groupVersionKindKey(gvk);
    let answer = this.#rediscovering.get(key);
    if (!answer) {
      gvrs.forget(gvk);
      answer = gvrs
        .resolve(gvk, { signal: stopSignal })
        .finally(() => this.#rediscovering.delete(key));
      this.#rediscovering.set(key, answer);
    }
    return answer;
  }

  /**
   * The resource, asked for where it isn't known; transient failures are retried until the request time-out has passed
   * since the first request was sent.
   */
  resolve(gvk: GroupVersionKind, signal: AbortSignal): Promise<ScopedGVR> {
    const { clock, admission, gvrs, requestTimeoutMs } = this.#options;
    if (signal.aborted) return Promise.reject(abortedError(signal));
    return new Promise((resolve, reject) => {
      const call = new AbortController();
      let place: Disposable | undefined;
      let timer: Disposable | undefined;
      let deadline: { readonly at: number; readonly timer: Disposable } | undefined;
      let lastError: DepwatchError | undefined;

      const settle = (): void => {
        signal.removeEventListener('abort', onAbort);
        timer?.[Symbol.dispose]();
        deadline?.timer[Symbol.dispose]();
        place?.[Symbol.dispose]();
      };
      const fail = (error: unknown): void => {
        settle();
        call.abort(error);
        reject(error);
      };
      const onAbort = (): void => fail(abortedError(signal));
      const late = (): void => {
        const what = `the resource of ${formatGroupVersion(gvk)} ${gvk.kind} was not known`;
        fail(notInTime(what, requestTimeoutMs, lastError));
      };
      const begin = (): void => {
        deadline ??= {
          at: clock.now() + requestTimeoutMs,
          timer: clock.setTimeout(late, requestTimeoutMs),
        };
      };
      const failed = (cause: unknown, attempt: number, pass: Pass): void => {
        const error = isDepwatchError(cause) ? cause : undefined;
        if (!error?.retryable) {
          pass.answered();
          fail(cause);
          return;
        }
        lastError = error;
        const unreachable = error.status === undefined;
        if (unreachable) pass.unreachable(error);
        else pass.answered();
        const waitMs = unreachable
          ? 0
          : Math.max(error.retryAfterMs ?? 0, retryBaseMs * 2 ** attempt * (1 + clock.random()));
        if (deadline && clock.now() + waitMs > deadline.at) return late();
        timer = clock.setTimeout(() => ask(attempt + 1, unreachable ? attempt + 1 : 0), waitMs);
      };
      const ask = (attempt: number, unanswered: number): void => {
        place = admission.enter('discover', unanswered, {
          held: begin,
          go: (pass) => {
            begin();
            gvrs.resolve(gvk, { signal: call.signal }).then(
              (gvr) => {
                pass.answered();
                settle();
                resolve(gvr);
              },
              (cause: unknown) => {
                if (!call.signal.aborted) failed(cause, attempt, pass);
              },
            );
          },
        });
      };
      signal.addEventListener('abort', onAbort);
      ask(0, 0);
    });
  }
}

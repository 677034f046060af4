import type { GvrCache } from '@depwatch/cache';
import {
  type DepwatchError,
  formatGroupVersion,
  groupVersionKindKey,
  isDepwatchError,
  type Clock,
  type GroupVersionKind,
  type ScopedGVR,
} from '@depwatch/core';
import type { Admission, Applicant, Pass } from './admission.ts';
import { notInTime } from './not-in-time.ts';
import { Waiters } from './waiters.ts';

const retryBaseMs = 400;

/** What {@link ResourceResolver} works on. */
export interface ResourceResolverOptions {
  readonly gvrs: GvrCache;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  /** Ends what nobody waits for who could be told to leave. */
  readonly stopSignal: AbortSignal;
}

/** Finds out the resources of kinds, patiently: a server that can't answer now may do so before the time-out. */
export class ResourceResolver {
  readonly #options: ResourceResolverOptions;
  readonly #rediscovering = new Map<string, Promise<ScopedGVR>>();
  readonly #inquiries = new Map<string, Inquiry>();

  constructor(options: ResourceResolverOptions) {
    this.#options = options;
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
   * The resource, remembered or asked for, once for all who want to know; transient failures are retried as long as
   * somebody's request time-out has not passed.
   */
  resolve(gvk: GroupVersionKind, signal: AbortSignal): Promise<ScopedGVR> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const known = this.#options.gvrs.peek(gvk);
    if (known) return Promise.resolve(known);
    const key = groupVersionKindKey(gvk);
    let inquiry = this.#inquiries.get(key);
    if (!inquiry) {
      inquiry = new Inquiry(gvk, this.#options, () => this.#inquiries.delete(key));
      this.#inquiries.set(key, inquiry);
      inquiry.start();
    }
    return inquiry.waiters.wait(signal);
  }
}

/** Asks for the resource of one kind until there is an answer, or nobody left who waits for it. */
class Inquiry implements Applicant {
  readonly waiters: Waiters<ScopedGVR>;
  readonly #gvk: GroupVersionKind;
  readonly #options: ResourceResolverOptions;
  readonly #over: () => void;
  readonly #call = new AbortController();
  #place: Disposable | undefined;
  #timer: Disposable | undefined;
  #attempt = 0;
  #lastError: DepwatchError | undefined;

  constructor(gvk: GroupVersionKind, options: ResourceResolverOptions, over: () => void) {
    const { clock, requestTimeoutMs } = options;
    this.#gvk = gvk;
    this.#options = options;
    this.#over = over;
    const what = `the resource of ${formatGroupVersion(gvk)} ${gvk.kind} was not known`;
    this.waiters = new Waiters({
      clock,
      timeoutMs: requestTimeoutMs,
      late: () => notInTime(what, requestTimeoutMs, this.#lastError),
      abandoned: () => this.#end(),
    });
  }

  start(unanswered = 0): void {
    this.#place = this.#options.admission.enter('discover', unanswered, this);
  }

  held(): void {
    this.waiters.begin();
  }

  go(pass: Pass): void {
    const { gvrs } = this.#options;
    const { signal } = this.#call;
    this.waiters.begin();
    gvrs.resolve(this.#gvk, { signal }).then(
      (gvr) => {
        if (signal.aborted) return;
        pass.answered();
        this.#end();
        this.waiters.resolve(gvr);
      },
      (cause: unknown) => {
        if (!signal.aborted) this.#failed(cause, pass);
      },
    );
  }

  #failed(cause: unknown, pass: Pass): void {
    const { clock } = this.#options;
    const error = cause as DepwatchError;
    if (!isDepwatchError(cause) || !error.retryable) {
      pass.answered();
      this.#end();
      this.waiters.reject(error);
      return;
    }
    this.#lastError = error;
    const unreachable = error.status === undefined;
    if (unreachable) pass.unreachable(error);
    else pass.answered();
    const attempt = this.#attempt;
    this.#attempt += 1;
    const backOff = retryBaseMs * 2 ** attempt * (1 + clock.random());
    const waitMs = unreachable ? 0 : Math.max(error.retryAfterMs ?? 0, backOff);
    this.waiters.triesAgainIn(waitMs);
    if (this.#call.signal.aborted) return;
    this.#timer = clock.setTimeout(() => this.start(unreachable ? attempt + 1 : 0), waitMs);
  }

  #end(): void {
    this.#over();
    this.#timer?.[Symbol.dispose]();
    this.#place?.[Symbol.dispose]();
    this.#call.abort();
  }
}

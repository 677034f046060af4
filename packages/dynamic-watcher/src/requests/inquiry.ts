import {
  backOffMs,
  DepwatchError,
  formatGroupVersion,
  isDepwatchError,
  type GroupVersionKind,
  type ScopedGVR,
} from '@depwatch/core';
import type { CallSignal } from './call-signal.ts';
import type { Deadlines } from './deadlines.ts';
import { notInTime } from './not-in-time.ts';
import type { ResourcesOptions } from './resources.ts';
import type { Applicant, Pass } from './applicant.ts';
import { Waiters, type Awaited } from './waiters.ts';

const backOff = { baseMs: 800, maxMs: 30_000 };
/** Between two denials of which the second is believed. */
const confirmAfterMs = 1000;

/** What an {@link Inquiry} works on. */
export interface InquiryOptions extends ResourcesOptions {
  /** Of those who wait for answers. */
  readonly deadlines: Deadlines;
  /** The server serves the kind. */
  found(): void;
  /** Nobody wants to know any more. */
  over(): void;
}

/** Somebody who wants to hear of it. */
interface Listener {
  resolve(gvr: ScopedGVR): void;
  reject(error: unknown): void;
}

/** Somebody who has reason to doubt what was known; `confirm`: one denial is not enough. */
interface Doubter extends Listener {
  readonly confirm: boolean;
  /** When it was first told that there is no such kind. */
  deniedAt: number | undefined;
}

/** The question how the server serves one kind, asked as often as those who want to know need it. */
export class Inquiry implements Applicant, Awaited {
  readonly #gvk: GroupVersionKind;
  readonly #options: InquiryOptions;
  readonly #waiters: Waiters<ScopedGVR>;
  readonly #doubters = new Set<Doubter>();
  readonly #patient = new Set<Listener>();
  #call: AbortController | undefined;
  #place: Disposable | undefined;
  #timer: Disposable | undefined;
  /** Failures, or denials, in a row. */
  #failures = 0;
  /** Whether it waits because the server denied the kind, and not because the server asked for it. */
  #wasDenied = false;
  #lastError: DepwatchError | undefined;
  /** The denial that was confirmed, while the kind is not there. */
  #gone: DepwatchError | undefined;

  constructor(gvk: GroupVersionKind, options: InquiryOptions) {
    this.#gvk = gvk;
    this.#options = options;
    this.#waiters = new Waiters(this, options.deadlines);
  }

  /** The next answer, found or not, within the request time-out. */
  answer(signal: CallSignal): Promise<ScopedGVR> {
    const answer = this.#waiters.wait(signal);
    if (this.#call || this.#timer) this.#waiters.begin();
    this.#askNow();
    return answer;
  }

  /** The answer to what is asked from now on; at once where it is known and confirmed that the kind is gone. */
  news(confirm: boolean, signal: AbortSignal): Promise<ScopedGVR> {
    if (confirm && this.#gone) return Promise.reject(this.#gone);
    // The answer to a call under way is news, too, and to be remembered.
    if (!this.#call) this.#options.gvrs.forget(this.#gvk);
    const doubt: Pick<Doubter, 'confirm' | 'deniedAt'> = { confirm, deniedAt: undefined };
    const news = this.#listen(this.#doubters, doubt, signal);
    if (!confirm || !this.#timer) this.#askNow();
    return news;
  }

  /** The first answer that the kind is served. */
  presence(signal: AbortSignal): Promise<ScopedGVR> {
    const presence = this.#listen(this.#patient, {}, signal);
    if (!this.#timer) this.#askNow();
    return presence;
  }

  /** Asks no more. */
  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#place?.[Symbol.dispose]();
    this.#call?.abort(unwanted);
    this.#timer = undefined;
    this.#place = undefined;
    this.#call = undefined;
  }

  late(): DepwatchError {
    const { health, requestTimeoutMs } = this.#options;
    const what = `the resource of ${formatGroupVersion(this.#gvk)} ${this.#gvk.kind} was not known`;
    return notInTime(what, requestTimeoutMs, health.outage ?? this.#lastError);
  }

  abandoned(): void {
    this.#closeIfIdle();
  }

  held(): void {
    this.#waiters.begin();
  }

  go(pass: Pass): void {
    const call = new AbortController();
    this.#call = call;
    this.#waiters.begin();
    this.#options.gvrs.resolve(this.#gvk, { signal: call.signal }).then(
      (gvr) => {
        if (this.#call !== call) return;
        this.#call = undefined;
        pass.answered();
        this.#found(gvr);
      },
      (cause: unknown) => {
        if (this.#call !== call) return;
        this.#call = undefined;
        const error = isDepwatchError(cause) ? cause : failed(cause);
        pass.failed(error);
        this.#notFound(error);
      },
    );
  }

  #listen<Extra extends object>(
    listeners: Set<Listener & Extra>,
    extra: Extra,
    signal: AbortSignal,
  ): Promise<ScopedGVR> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<ScopedGVR>();
    const listener = { resolve, reject, ...extra };
    listeners.add(listener);
    signal.addEventListener('abort', () => {
      if (!listeners.delete(listener)) return;
      reject(signal.reason);
      this.#closeIfIdle();
    });
    return promise;
  }

  /** Asks, unless it is being asked, or the server wants to be left alone for a while. */
  #askNow(): void {
    if (this.#call || this.#place || (this.#timer && !this.#wasDenied)) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#ask(0);
  }

  /** @param attempt how often in a row there was no answer */
  #ask(attempt: number): void {
    this.#place = this.#options.slots.enter('discover', this.#gvk, attempt, this);
  }

  #askIn(ms: number): void {
    this.#place = undefined;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#options.gvrs.forget(this.#gvk);
      this.#ask(0);
    }, ms);
  }

  #found(gvr: ScopedGVR): void {
    this.#options.found();
    this.#gone = undefined;
    this.#place = undefined;
    this.#failures = 0;
    this.#waiters.resolve(gvr);
    for (const listeners of [this.#doubters, this.#patient]) {
      for (const { resolve } of listeners) resolve(gvr);
      listeners.clear();
    }
    this.#closeIfIdle();
  }

  #notFound(error: DepwatchError): void {
    this.#place = undefined;
    this.#lastError = error;
    const failures = this.#failures;
    this.#failures += 1;
    const { clock } = this.#options;
    this.#wasDenied = !error.retryable;
    if (error.retryable) return this.#again(error, failures);
    this.#waiters.reject(error);
    const isDenial = error.code === 'ERR_NO_VERSIONED_RESOURCE';
    const now = clock.now();
    let confirms = false;
    for (const doubter of this.#doubters) {
      if (isDenial && doubter.confirm) {
        // Others may have asked in between, so that denials follow each other at once.
        doubter.deniedAt ??= now;
        const isEarly = now - doubter.deniedAt < confirmAfterMs;
        confirms ||= isEarly;
        // What is built into every server is not believed gone, whoever says so.
        if (isEarly || !this.#gvk.group) continue;
        this.#gone = error;
      }
      this.#doubters.delete(doubter);
      doubter.reject(error);
    }
    if (this.#closeIfIdle()) return;
    // Who is patient has had it confirmed.
    if (this.#patient.size > 0 && isDenial) this.#gone = error;
    this.#askIn(confirms ? confirmAfterMs : backOffMs(failures, backOff, clock.random()));
  }

  /** There was no answer, or one that passes. */
  #again(error: DepwatchError, failures: number): void {
    const { clock } = this.#options;
    if (error.status === undefined) {
      if (this.#closeIfIdle()) return;
      // Whoever gives out slots spaces what has no answer.
      this.#options.gvrs.forget(this.#gvk);
      this.#ask(failures + 1);
      return;
    }
    const ms = Math.max(error.retryAfterMs ?? 0, backOffMs(failures, backOff, clock.random()));
    this.#waiters.triesAgainIn(ms);
    if (!this.#closeIfIdle()) this.#askIn(ms);
  }

  #closeIfIdle(): boolean {
    if (this.#waiters.size + this.#doubters.size + this.#patient.size > 0) return false;
    this.close();
    this.#options.over();
    return true;
  }
}

/** Why a call is ended; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the question is no longer asked');

function failed(cause: unknown): DepwatchError {
  const name = cause instanceof Error ? cause.name : typeof cause;
  return new DepwatchError('ERR_TRANSPORT', `discovery failed: ${name}`, { cause });
}

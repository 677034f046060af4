import { abortedError, type DepwatchError } from '@depwatch/core';

import type { ApiReceiver, ApiRequest } from './api-request.ts';
import type { ApiServer } from './api-server.ts';
import { Attempt, type AnswerHeaders, type AttemptListener } from './attempt.ts';
import type { ResolvedCredentials } from './credentials/resolve-credentials.ts';
import { foreignBy, foreignStart } from './answers/foreign-answer.ts';
import { Refusal } from './answers/refusal.ts';
import {
  connectionError,
  deliveryOf,
  type Delivery,
  foreignError,
  inDoubt,
  isCertificateAlert,
  timeoutError,
  unresolvedError,
} from './answers/transport-error.ts';
import { mayBeDone, repeatAfterMs } from './repeat.ts';

/** When a request that has got no answer asks whether it is stuck. */
const stuckAfterMs = 500;

/**
 * One request of a caller: sent with the credentials of the moment, once more with new ones after a 401 and once more
 * with another content type after a 406, and again where that is safe. It fails when it has been silent for too long, when
 * its signal is aborted and when the transport is closed.
 */
export class ApiCall implements AttemptListener {
  readonly #api: ApiServer;
  readonly #request: ApiRequest;
  readonly #receiver: ApiReceiver;
  #done = false;
  #attempt: Attempt | undefined;
  #refusal: Refusal | undefined;
  #credentials: ResolvedCredentials | undefined;
  #timer: Disposable | undefined;
  #renewed = false;
  #fellBack = false;
  #moved = false;
  /** Whether something of the body has come. */
  #begun = false;
  #startedAt = 0;
  #repeats = 0;

  constructor(api: ApiServer, request: ApiRequest, receiver: ApiReceiver) {
    this.#api = api;
    this.#request = request;
    this.#receiver = receiver;
  }

  /** Sends the request. Failures reach the receiver, perhaps before this returns. */
  start(): void {
    const { signal } = this.#request;
    const refused = signal?.aborted ? abortedError(signal) : this.#api.enter(this);
    if (refused !== undefined) {
      this.#done = true;
      this.#receiver.onFailure(refused);
      return;
    }
    signal?.addEventListener('abort', this);
    this.#startedAt = this.#api.clock.now();
    const known = this.#api.credentials.peek();
    if (known !== undefined) return this.#send(known);
    this.#restartTimer();
    this.#sendWith(this.#api.credentials.get());
  }

  /** Stops the body until {@link resume}; to be called within onAccepted or onData. */
  pause(): void {
    this.#attempt?.pause();
  }

  /** Lets the body go on. */
  resume(): void {
    this.#attempt?.resume();
  }

  /** Ends the request; its receiver hears no more of it. */
  cancel(): void {
    if (this.#done) return;
    this.#finish();
    this.#attempt?.cancel();
  }

  /** Ends the request and tells its receiver. */
  fail(error: DepwatchError): void {
    if (this.#done) return;
    this.cancel();
    this.#receiver.onFailure(error);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.fail(abortedError(this.#request.signal));
  }

  onHead(status: number, headers: AnswerHeaders): void {
    // A list or watch is only ever answered 200; a write may have created, or go on in the background.
    if (status !== 200 && (!this.#writes || status < 200 || status > 299)) {
      this.#refusal = new Refusal(status, headers);
      this.#restartTimer();
      return;
    }
    const foreign = foreignBy(headers, this.#request.expects ?? 'json');
    if (foreign !== undefined) return this.#failForeign(foreign);
    if (this.#request.mayBeSilent) this.#stopTimer();
    else this.#restartTimer();
    this.#receiver.onAccepted(headers);
  }

  onBody(chunk: Buffer): void {
    const refusal = this.#refusal;
    if (refusal === undefined) {
      if (!this.#begun && this.#isForeign(chunk)) return;
      if (!this.#request.mayBeSilent) this.#restartTimer();
      this.#receiver.onData(chunk);
      return;
    }
    this.#restartTimer();
    if (!refusal.add(chunk)) this.#refused(refusal);
  }

  onComplete(): void {
    if (this.#refusal !== undefined) return this.#refused(this.#refusal);
    this.#finish();
    this.#receiver.onEnd();
  }

  onBroken(error: Error): void {
    // The status counts even where the text that goes with it got lost.
    if (this.#refusal !== undefined) return this.#refused(this.#refusal);
    const delivery = this.#attempt?.answered ? 'unknown' : deliveryOf(error);
    const doubtful = delivery === 'unknown';
    const fail = () => {
      const failure = connectionError(this.#receiver.describe(), this.#api.server, error);
      this.#repeatOrFail(doubtful ? this.#inDoubt(failure) : failure, delivery);
    };
    // After a 401 a kube-apiserver ends the connection, and looks at nothing that came behind; of a write that is not sure.
    const isBehind =
      (!doubtful || !this.#request.changes) &&
      !this.#attempt?.answered &&
      this.#api.credentials.wereRefused(this.#credentials);
    return isBehind || isCertificateAlert(error) ? this.#renew(fail) : fail();
  }

  #send(credentials: ResolvedCredentials): void {
    this.#credentials = credentials;
    this.#refusal = undefined;
    this.#begun = false;
    const { method = 'GET', fallback, accept, path, body, short = false } = this.#request;
    const { requestTimeoutMs } = this.#api.settings;
    if (this.#slowAfterMs < requestTimeoutMs)
      this.#setTimer(this.#slowAfterMs, () => this.#onSlow());
    else this.#restartTimer();
    const acceptable = (this.#fellBack && fallback?.accept) || accept;
    const usual = this.#api.headersFor(credentials, acceptable, body?.type);
    const { known } = this.#request;
    const headers = known === undefined ? usual : { ...usual, 'if-none-match': known };
    const url = credentials.server.basePath + path;
    const request = { method, path: url, headers, body: body?.bytes ?? null };
    const ended = (status?: number): void =>
      this.#api.requests.ended(credentials.server, method, status);
    this.#attempt = new Attempt(this.#api.poolFor(credentials, short), request, this, ended);
    if (this.#done) this.#attempt.cancel();
  }

  /** Sends it, again perhaps, with credentials that are on their way; where there are none, `fail` says what that is. */
  #sendWith(coming: Promise<ResolvedCredentials | undefined>, fail?: () => void): void {
    coming.then(
      (credentials) => {
        if (this.#done) return;
        if (credentials !== undefined) this.#send(credentials);
        else fail?.();
      },
      (error: unknown) =>
        this.fail(unresolvedError(this.#receiver.describe(), this.#api.server, error)),
    );
  }

  #refused(refusal: Refusal): void {
    const { fallback } = this.#request;
    const fail = () => this.#failRefused(refusal);
    if (refusal.status === 401) return this.#renew(fail);
    if (refusal.status === 406 && fallback !== undefined && !this.#fellBack) {
      this.#fellBack = true;
      fallback.chosen();
      this.#abandon();
      this.#sendWith(this.#api.credentials.get());
    } else fail();
  }

  /** Tries once more with new credentials; a second refusal stands. */
  #renew(fail: () => void): void {
    const before = this.#credentials;
    if (this.#renewed || before === undefined) return fail();
    this.#renewed = true;
    this.#abandon();
    this.#sendWith(this.#api.credentials.renew(before), fail);
  }

  #failRefused(refusal: Refusal): void {
    const error = refusal.errorFor(this.#receiver);
    this.#repeatOrFail(mayBeDone(error) ? this.#inDoubt(error) : error);
  }

  /** Sends it once more, after a while, where that is safe and time is left; else it has failed. */
  #repeatOrFail(error: DepwatchError, delivery: Delivery = 'unknown'): void {
    const { clock, settings } = this.#api;
    const waitMs = repeatAfterMs(this.#request.repeat, error, delivery, this.#repeats, clock);
    const leftMs = settings.requestTimeoutMs - (clock.now() - this.#startedAt);
    if (this.#done || waitMs === undefined || waitMs >= leftMs) return this.fail(error);
    this.#repeats++;
    this.#abandon();
    this.#setTimer(waitMs, () => {
      this.#restartTimer();
      this.#sendWith(this.#api.credentials.get());
    });
  }

  get #writes(): boolean {
    return (this.#request.method ?? 'GET') !== 'GET';
  }

  #inDoubt(error: DepwatchError): DepwatchError {
    return this.#request.changes ? inDoubt(error) : error;
  }

  #failForeign(what: string): void {
    this.fail(this.#inDoubt(foreignError(this.#receiver.describe(), this.#api.server, what)));
  }

  /** Whether the body's first bytes show it to be no JSON at all; then it has failed. */
  #isForeign(chunk: Buffer): boolean {
    this.#begun = true;
    const what = this.#request.expects === 'text' ? undefined : foreignStart(chunk);
    if (what !== undefined) this.#failForeign(what);
    return what !== undefined;
  }

  /** Gives up what is left of an attempt, for another one. */
  #abandon(): void {
    this.#attempt?.cancel();
    this.#attempt = undefined;
    this.#restartTimer();
  }

  get #slowAfterMs(): number {
    const { requestTimeoutMs } = this.#api.settings;
    return this.#request.impatient ? Math.min(stuckAfterMs, requestTimeoutMs / 2) : stuckAfterMs;
  }

  #onSlow(): void {
    const attempt = this.#attempt;
    const moving = this.#request.impatient && !this.#moved && attempt?.connected;
    if (moving) {
      this.#moved = true;
      attempt.suspectAll();
    }
    if (moving || attempt?.stuck()) {
      this.#abandon();
      this.#sendWith(this.#api.credentials.get());
    } else {
      const leftMs = this.#api.settings.requestTimeoutMs - this.#slowAfterMs;
      this.#setTimer(leftMs, () => this.#onTimeout());
    }
  }

  #onTimeout(): void {
    const attempt = this.#attempt;
    attempt?.suspect();
    const waitedFor =
      attempt === undefined ? 'credentials' : attempt.connected ? 'answer' : 'connection';
    const { server, settings } = this.#api;
    const ms = settings.requestTimeoutMs;
    const error = timeoutError(this.#receiver.describe(), server, ms, waitedFor);
    this.fail(waitedFor === 'answer' ? this.#inDoubt(error) : error);
  }

  #restartTimer(): void {
    this.#setTimer(this.#api.settings.requestTimeoutMs, () => this.#onTimeout());
  }

  #setTimer(ms: number, run: () => void): void {
    this.#stopTimer();
    this.#timer = this.#api.clock.setTimeout(run, ms);
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #finish(): void {
    this.#done = true;
    this.#stopTimer();
    this.#request.signal?.removeEventListener('abort', this);
    this.#api.leave(this);
  }
}

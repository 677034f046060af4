import { abortedError, DepwatchError, isDepwatchError } from '@depwatch/core';
import type { Dispatcher } from 'undici';

import { answerError, connectionError, timeoutError } from './answer-error.ts';
import type { ApiServer } from './api-server.ts';
import type { Ticket } from './connection-pool.ts';
import type { ResolvedCredentials } from './credentials.ts';

/** One GET. */
export interface ApiRequest {
  /** Path and query below the server's base path. */
  readonly path: string;
  readonly accept: string;
  /** What to accept instead when the server answers 406. */
  readonly fallback?: { readonly accept: string; chosen(): void };
  /** For messages; only called when there is one. */
  describe(): string;
  readonly signal?: AbortSignal | undefined;
  /** Whether silence after the headers is no failure, as for a watch. */
  readonly mayBeSilent: boolean;
}

/** Who gets the answer. */
export interface ApiReceiver {
  /** The server has answered 200. */
  onAccepted(): void;
  /** Some of the body. */
  onData(chunk: Buffer): void;
  /** The end of the body, as the server meant it. */
  onEnd(): void;
  /** Anything else. Nothing comes after this or {@link onEnd}. */
  onFailure(error: DepwatchError): void;
}

/** `waiting`: for credentials, with no request under way. */
type Phase = 'waiting' | 'sending' | 'body' | 'error-body' | 'done';

/** A Status is a few hundred bytes. */
const maxErrorBytes = 64 * 1024;

/** What undici is told when a request is no longer wanted; shared, since nobody sees it. */
const unwanted = new Error('the request is no longer wanted');

/**
 * One request: sent with the credentials of the moment, once more with new ones after a 401 and once more with another
 * content type after a 406. It fails when it has been silent for too long, when its signal is aborted and when the
 * transport is closed.
 */
export class ApiCall implements Dispatcher.DispatchHandler {
  readonly #api: ApiServer;
  readonly #request: ApiRequest;
  readonly #receiver: ApiReceiver;
  #phase: Phase = 'waiting';
  #controller: Dispatcher.DispatchController | undefined;
  #ticket: Ticket | undefined;
  #timer: Disposable | undefined;
  #credentials: ResolvedCredentials | undefined;
  #renewed = false;
  #fellBack = false;
  #status = 0;
  #headers: Record<string, string | string[] | undefined> = {};
  #errorBody: Buffer[] = [];
  #errorBytes = 0;

  constructor(api: ApiServer, request: ApiRequest, receiver: ApiReceiver) {
    this.#api = api;
    this.#request = request;
    this.#receiver = receiver;
  }

  /** Sends the request. Failures reach the receiver, perhaps before this returns. */
  start(): void {
    const { signal } = this.#request;
    if (signal?.aborted) {
      this.#phase = 'done';
      this.#receiver.onFailure(abortedError(signal));
      return;
    }
    try {
      this.#api.enter(this);
    } catch (error) {
      this.#phase = 'done';
      this.#receiver.onFailure(error as DepwatchError);
      return;
    }
    signal?.addEventListener('abort', this.#onAbort);
    this.#restartTimer();
    const { credentials } = this.#api;
    const known = credentials.peek();
    if (known !== undefined) this.#send(known);
    else this.#sendWith(credentials.get());
  }

  /** Stops the body until {@link resume}; to be called within onAccepted or onData. */
  pause(): void {
    this.#controller?.pause();
  }

  /** Lets the body go on. */
  resume(): void {
    if (this.#phase === 'body') this.#controller?.resume();
  }

  /** Ends the request; its receiver hears no more of it. */
  cancel(): void {
    if (this.#phase === 'done') return;
    this.#finish();
    if (!this.#ticket?.withdraw()) this.#controller?.abort(unwanted);
  }

  /** Ends the request and tells its receiver. */
  fail(error: DepwatchError): void {
    if (this.#phase === 'done') return;
    this.cancel();
    this.#receiver.onFailure(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === 'done') controller.abort(unwanted);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#phase !== 'sending' || status < 200) return;
    if (status !== 200) {
      this.#phase = 'error-body';
      this.#status = status;
      this.#headers = headers;
      this.#errorBody = [];
      this.#errorBytes = 0;
      this.#restartTimer();
      return;
    }
    this.#phase = 'body';
    if (this.#request.mayBeSilent) this.#stopTimer();
    else this.#restartTimer();
    this.#receiver.onAccepted();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === 'body') {
      if (!this.#request.mayBeSilent) this.#restartTimer();
      this.#receiver.onData(chunk);
    } else if (this.#phase === 'error-body') {
      this.#restartTimer();
      this.#errorBytes += chunk.length;
      if (this.#errorBytes <= maxErrorBytes) this.#errorBody.push(chunk);
      else this.#answered();
    }
  }

  onResponseEnd(): void {
    if (this.#phase === 'body') {
      this.#finish();
      this.#receiver.onEnd();
    } else if (this.#phase === 'error-body') {
      this.#answered();
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase === 'done' || this.#phase === 'waiting') return;
    // The status counts even where the text that goes with it got lost.
    if (this.#phase === 'error-body') this.#answered();
    else this.fail(connectionError(this.#request.describe(), this.#api.server, error));
  }

  #send(credentials: ResolvedCredentials): void {
    this.#phase = 'sending';
    this.#credentials = credentials;
    const { fallback, accept, path } = this.#request;
    this.#ticket = this.#api.dispatch(credentials, {
      path: credentials.server.basePath + path,
      headers: {
        ...credentials.headers,
        accept: (this.#fellBack && fallback?.accept) || accept,
        'user-agent': this.#api.settings.userAgent,
      },
      handler: this,
    });
  }

  #sendWith(coming: Promise<ResolvedCredentials | undefined>): void {
    coming.then(
      (credentials) => {
        if (this.#phase === 'done') return;
        if (credentials === undefined) this.#failAnswered();
        else this.#send(credentials);
      },
      (error: unknown) => this.fail(this.#explain(error)),
    );
  }

  /** An answer other than 200 is complete. */
  #answered(): void {
    const { fallback } = this.#request;
    const refused = this.#credentials;
    if (this.#status === 401 && !this.#renewed && refused !== undefined) {
      this.#renewed = true;
      this.#abandon();
      this.#sendWith(this.#api.credentials.renew(refused));
    } else if (this.#status === 406 && fallback !== undefined && !this.#fellBack) {
      this.#fellBack = true;
      fallback.chosen();
      this.#abandon();
      this.#sendWith(this.#api.credentials.get());
    } else {
      this.#failAnswered();
    }
  }

  /** Gives up what is left of an answer, for another attempt. */
  #abandon(): void {
    const controller = this.#controller;
    this.#phase = 'waiting';
    this.#controller = undefined;
    this.#ticket = undefined;
    this.#restartTimer();
    controller?.abort(unwanted);
  }

  #failAnswered(): void {
    const body = Buffer.concat(this.#errorBody);
    this.fail(answerError(this.#request.describe(), this.#status, this.#headers, body));
  }

  #explain(error: unknown): DepwatchError {
    const request = this.#request.describe();
    if (!isDepwatchError(error)) return connectionError(request, this.#api.server, error as Error);
    const { code, message, retryable, cause } = error;
    return new DepwatchError(code, `${request}: ${message}`, { retryable, cause });
  }

  readonly #onAbort = (): void => this.fail(abortedError(this.#request.signal));

  readonly #onTimeout = (): void => {
    this.#ticket?.suspect();
    const { requestTimeoutMs } = this.#api.settings;
    this.fail(timeoutError(this.#request.describe(), this.#api.server, requestTimeoutMs));
  };

  #restartTimer(): void {
    this.#stopTimer();
    this.#timer = this.#api.clock.setTimeout(this.#onTimeout, this.#api.settings.requestTimeoutMs);
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #finish(): void {
    this.#phase = 'done';
    this.#stopTimer();
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#api.leave(this);
  }
}

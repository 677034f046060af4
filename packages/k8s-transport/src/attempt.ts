import { constants, type ClientHttp2Stream } from 'node:http2';

import type { Dispatcher } from 'undici';

import type { ConnectionPool, Ticket } from './connections/connection-pool.ts';
import type { PoolRequest } from './connections/connection.ts';
import { deliveryOf } from './answers/transport-error.ts';
import { expectStream, type StreamReceiver } from './connections/created-stream.ts';

/** Header fields of an answer, by their lower-case names. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Who hears of an {@link Attempt}. */
export interface AttemptListener {
  onHead(status: number, headers: AnswerHeaders): void;
  onBody(chunk: Buffer): void;
  onComplete(): void;
  onBroken(error: Error): void;
}

/** What undici is told when a request is no longer wanted; shared, since nobody sees it. */
const unwanted = new Error('the request is no longer wanted');

/** One request on the wire. After {@link cancel} its listener hears nothing of it any more. */
export class Attempt implements Dispatcher.DispatchHandler, StreamReceiver {
  readonly #ticket: Ticket;
  readonly #ended: (status?: number) => void;
  #listener: AttemptListener | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #answered = false;
  #stream: ClientHttp2Stream | undefined;

  /**
   * Hands the request to the pool. A failure may reach the listener before this returns.
   *
   * @param ended told of the status of its answer, or that it failed without one; not of what is taken back
   */
  constructor(
    pool: ConnectionPool,
    request: Omit<PoolRequest, 'handler'>,
    listener: AttemptListener,
    ended: (status?: number) => void,
  ) {
    this.#ended = ended;
    this.#listener = listener;
    this.#ticket = pool.dispatch({ ...request, handler: this });
  }

  /** Stops the body until {@link resume}; to be called within onBody. */
  pause(): void {
    this.#controller?.pause();
  }

  /** Lets the body go on. */
  resume(): void {
    this.#controller?.resume();
  }

  /** It takes too long; see {@link Ticket.suspect}. */
  suspect(): void {
    if (!this.#answered) this.#ended();
    this.#ticket.suspect();
  }

  /** See {@link Ticket.suspectAll}. */
  suspectAll(): void {
    this.#ticket.suspectAll();
  }

  /** Whether it is on a connection, and no longer waits for one. */
  get connected(): boolean {
    return this.#ticket.connected;
  }

  /** Whether the head of an answer has come. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Whether it has been sent in vain; see {@link Ticket.stuck}. */
  stuck(): boolean {
    // A stream that is open is being answered: sent again, a write would be done twice.
    const open = this.#stream !== undefined && !this.#stream.closed;
    return !this.#answered && !open && this.#ticket.stuck();
  }

  /** Takes the request back, or resets its stream. */
  cancel(): void {
    if (this.#listener === undefined) return;
    this.#listener = undefined;
    if (this.#ticket.withdraw()) return;
    // A stream that is aborted in the turn it was opened in is never reset: undici destroys it before Node has finished
    // sending, so the server goes on, and its answer makes a stream whose errors nobody can catch.
    // What the server has refused must not go out again meanwhile.
    if (this.#answered || this.#stream?.closed) this.#controller?.abort(unwanted);
    else setImmediate(() => this.#controller?.abort(unwanted));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#listener === undefined) return controller.abort(unwanted);
    // undici opens the stream next, before anything else can happen.
    expectStream(this);
  }

  onStream(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    // Not there yet when the request is sent within the constructor; such a connection is known already.
    (this.#ticket as Ticket | undefined)?.opened(stream);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // 1xx is not the answer yet.
    if (status < 200) return;
    this.#answered = true;
    if (this.#listener) this.#ended(status);
    this.#listener?.onHead(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#listener?.onBody(chunk);
  }

  onResponseEnd(): void {
    const code = this.#stream?.rstCode ?? constants.NGHTTP2_NO_ERROR;
    // To Node, and so to undici, a CANCEL from the server is the end of the answer.
    if (code === constants.NGHTTP2_NO_ERROR) this.#end()?.onComplete();
    else this.#end()?.onBroken(new Error(`the server reset the stream (HTTP/2 code ${code})`));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    // Not there yet when it fails within the constructor, for want of a connection.
    const ticket = this.#ticket as Ticket | undefined;
    const known = deliveryOf(error) !== 'unknown';
    this.#end()?.onBroken(known ? error : (ticket?.socketError ?? error));
  }

  #end(): AttemptListener | undefined {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener && !this.#answered) this.#ended();
    return listener;
  }
}

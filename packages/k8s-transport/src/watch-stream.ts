import {
  type DepwatchError,
  describeRequest,
  errorFromStatus,
  invalidInput,
  type ObjectMeta,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';

import { ApiCall } from './api-call.ts';
import type { ApiReceiver, ApiRequest } from './api-request.ts';
import type { ApiServer } from './api-server.ts';
import { decodeLine, type ObjectShape } from './answers/decode.ts';
import { LineError, NdjsonDecoder, type LineReceiver } from './answers/ndjson.ts';
import { parseWanted } from './answers/skim.ts';
import { protocolError } from './answers/transport-error.ts';
import type { Resumable } from './answers/turn-budget.ts';

type Burst = readonly WatchEvent[];

/** What may lie undecoded before the server is kept from sending more. */
const pauseAtBytes = 1024 * 1024;
const resumeAtBytes = 256 * 1024;

/**
 * The iterator of one watch, for a single consumer. The request is sent by the first `next()`. Bytes are decoded when
 * they are asked for, so a consumer that doesn't ask is waited for; `return()` ends a pending `next()` at once.
 */
export class WatchStream
  implements AsyncIterableIterator<Burst, undefined>, ApiReceiver, LineReceiver, Resumable
{
  readonly #api: ApiServer;
  readonly #query: ResourceQuery;
  readonly #shape: ObjectShape;
  /** Undefined once it has been made. */
  #request: (() => ApiRequest) | undefined;
  readonly #decoder: NdjsonDecoder;
  #call: ApiCall | undefined;
  /** Of the pending next(). */
  #waiting: PromiseWithResolvers<IteratorResult<Burst, undefined>> | undefined;
  #accepted = false;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Decoded, and not handed out yet. */
  #events: WatchEvent[] | undefined;
  #paused = false;
  /** The server has ended the watch; what is left to decode still counts. */
  #ended = false;
  /** Thrown once everything before it has been taken. */
  #failure: DepwatchError | undefined;
  #done = false;

  /**
   * @param request makes the request, or throws when the query can't be one
   * @param wanted see Transport
   */
  constructor(
    api: ApiServer,
    query: ResourceQuery,
    shape: ObjectShape,
    request: () => ApiRequest,
    wanted?: (metadata: ObjectMeta) => boolean,
  ) {
    this.#api = api;
    this.#query = query;
    this.#shape = shape;
    this.#request = request;
    const parse = wanted && ((line: string) => parseWanted(line, wanted));
    this.#decoder = new NdjsonDecoder(api.settings.maxLineBytes, parse);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Burst, undefined>> {
    if (this.#waiting !== undefined) {
      return Promise.reject(
        invalidInput('next: the one before is still pending; a watch has a single consumer'),
      );
    }
    const waiting = Promise.withResolvers<IteratorResult<Burst, undefined>>();
    this.#waiting = waiting;
    if (this.#call === undefined && !this.#done) this.#start();
    else this.#deliver();
    return waiting.promise;
  }

  return(): Promise<IteratorResult<Burst, undefined>> {
    this.#finish();
    this.#call?.cancel();
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  describe(): string {
    return describeRequest('watch', this.#query);
  }

  onAccepted(): void {
    this.#accepted = true;
    this.#deliver();
  }

  onData(chunk: Buffer): void {
    if (this.#done || this.#failure !== undefined) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#deliver();
    if (!this.#paused && this.#bytes >= pauseAtBytes) {
      this.#paused = true;
      this.#call?.pause();
    }
  }

  onEnd(): void {
    this.#ended = true;
    this.#deliver();
  }

  onFailure(error: DepwatchError): void {
    // Whoever aborts or closes wants nothing more; a broken connection leaves what came before it.
    if (!error.retryable) this.#drop();
    this.#failure ??= error;
    this.#deliver();
  }

  /** There is room in this turn to decode more. */
  go(): void {
    this.#deliver();
  }

  #start(): void {
    try {
      this.#call = new ApiCall(this.#api, this.#request!(), this);
      this.#request = undefined;
      this.#call.start();
    } catch (error) {
      this.#failure = error as DepwatchError;
      this.#deliver();
    }
  }

  /** Gives the pending next() what there is, if anything, and lets more come when there is room. */
  #deliver(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const burst = this.#nextBurst();
    if (burst !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: burst });
    } else if (this.#chunks.length === 0 && this.#failure !== undefined) {
      this.#waiting = undefined;
      const error = this.#failure;
      this.#finish();
      waiting.reject(error);
    } else if (this.#done) {
      this.#waiting = undefined;
      waiting.resolve({ done: true, value: undefined });
    }
    if (this.#paused && this.#bytes <= resumeAtBytes) {
      this.#paused = false;
      // Last, since more may come before this returns.
      this.#call?.resume();
    }
  }

  #nextBurst(): Burst | undefined {
    if (this.#accepted) {
      this.#accepted = false;
      return [];
    }
    try {
      if (this.#chunks.length > 0) this.#decode();
      if (this.#ended && this.#chunks.length === 0 && !this.#done) {
        this.#done = true;
        this.#decoder.end(this);
      }
    } catch (error) {
      this.#break(error);
    }
    const events = this.#events;
    this.#events = undefined;
    if (events === undefined && this.#chunks.length > 0) this.#api.turns.later(this);
    return events;
  }

  #decode(): void {
    const chunks = this.#chunks;
    let decoded = 0;
    while (decoded < chunks.length && this.#api.turns.spend(chunks[decoded]!.length)) {
      const chunk = chunks[decoded++]!;
      this.#bytes -= chunk.length;
      this.#decoder.push(chunk, this);
    }
    if (decoded === chunks.length) this.#chunks = [];
    else chunks.splice(0, decoded);
  }

  onLine(line: unknown): void {
    const event = decodeLine(line, this.#shape);
    if (event === null) return;
    if (event === undefined) throw new LineError('a line that is no event of a watch');
    if (event.type === 'ERROR') throw errorFromStatus(event.status, this.describe());
    // Most bursts have one: pushed to an empty array it would take room for 17.
    if (this.#events === undefined) this.#events = [event];
    else this.#events.push(event);
  }

  /** Nothing can be read beyond a line that is broken or is an error. */
  #break(error: unknown): void {
    this.#drop();
    this.#call?.cancel();
    this.#failure =
      error instanceof LineError
        ? protocolError(this.describe(), error.message)
        : (error as DepwatchError);
  }

  #drop(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#accepted = false;
  }

  #finish(): void {
    this.#drop();
    this.#failure = undefined;
    this.#done = true;
    this.#api.turns.cancel(this);
  }
}

import { abortedError, type WatchEvent } from '@depwatch/core';

type Burst = readonly WatchEvent[];
type Answer = IteratorResult<Burst, undefined>;

interface Reader {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** What a stream needs of whoever fills it. */
export interface WatchStreamOptions {
  readonly signal?: AbortSignal;
  /** Sends the request, on the first `next()`; what it throws, the stream throws. */
  open(stream: WatchStream): Promise<void>;
  /** Called once, as soon as nothing more can come. */
  closed(): void;
}

/**
 * The reading end of a watch: events wait in it, without limit, until somebody asks. A reader that waits gets what was
 * pushed within one turn as one burst, in a microtask after it.
 */
export class WatchStream implements AsyncIterableIterator<Burst, undefined> {
  readonly #options: WatchStreamOptions;
  readonly #readers: Reader[] = [];
  #events: WatchEvent[] = [];
  /** Whether the request was sent. */
  #opened = false;
  /** Whether the burst that tells of the acceptance has still to be read. */
  #acceptanceDue = false;
  /** Set once nothing more can come; what waits can still be read. */
  #end: { readonly failure?: { readonly error: unknown } } | undefined;
  /** Whether the reader has been told of the end, or wants nothing more. */
  #done = false;
  #scheduled = false;
  #stalls = 0;

  constructor(options: WatchStreamOptions) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Answer> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#readers.push({ resolve, reject });
    if (this.#opened) this.#schedule();
    else this.#open();
    return promise;
  }

  return(): Promise<Answer> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The server has accepted the watch: the first burst, an empty one, is due. */
  accept(): void {
    if (this.#end || this.#done) return;
    this.#acceptanceDue = true;
    this.#schedule();
  }

  push(events: readonly WatchEvent[]): void {
    if (this.#end || this.#done) return;
    for (const event of events) this.#events.push(event);
    this.#schedule();
  }

  /** Nothing follows what has been pushed: the watch ends, cleanly or with an error. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#end || this.#done) return;
    this.#end = { ...(failure && { failure }) };
    this.#options.closed();
    this.#schedule();
  }

  /** Delivers nothing until the returned function is called, like a connection that has gone silent. */
  stall(): () => void {
    this.#stalls += 1;
    let stalled = true;
    return () => {
      if (!stalled) return;
      stalled = false;
      this.#stalls -= 1;
      this.#schedule();
    };
  }

  #open(): void {
    const { signal } = this.#options;
    if (signal?.aborted) return this.#abort();
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#opened = true;
    this.#options.open(this).catch((error: unknown) => this.end({ error }));
  }

  readonly #abort = (): void => {
    // What has arrived is dropped: the caller wants nothing more.
    this.#events = [];
    this.#acceptanceDue = false;
    this.#stalls = -Infinity;
    if (this.#opened && !this.#end) this.#options.closed();
    this.#end = { failure: { error: abortedError(this.#options.signal) } };
    this.#deliver();
  };

  #schedule(): void {
    if (this.#scheduled || this.#readers.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.#readers.length > 0 && this.#stalls <= 0) {
      const burst = this.#nextBurst();
      if (burst) {
        this.#readers.shift()!.resolve({ done: false, value: burst });
      } else if (this.#end) {
        const { failure } = this.#end;
        if (failure) this.#readers.shift()!.reject(failure.error);
        this.#finish();
      } else {
        return;
      }
    }
  }

  #nextBurst(): Burst | undefined {
    if (this.#acceptanceDue) {
      this.#acceptanceDue = false;
      return [];
    }
    if (this.#events.length === 0) return undefined;
    const burst = this.#events;
    this.#events = [];
    return burst;
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#events = [];
    this.#options.signal?.removeEventListener('abort', this.#abort);
    if (this.#opened && !this.#end) this.#options.closed();
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }
}

import { Readable } from 'node:stream';
import type {
  ObjectIdentifier,
  ReconcileContext,
  Reconciler,
  ReconcileItem,
  Result,
} from '@depwatch/core';

import type { ReconcileReadableOptions } from './options.ts';

/**
 * A Reconciler that is a Readable of objects: pass it as `reconciler`, and each reconcile is one item. It ends when the
 * dynamic watcher stops.
 *
 * An item is over when it is acknowledged, see {@link ReconcileReadableOptions.acknowledge}. One whose signal is aborted
 * before it is read is withdrawn: it fails, and no reader ever sees it. Destroying the stream, which leaving a `for
 * await` loop does, fails all items that are not over, and every later reconcile, so that their watchers are tried again.
 */
export class ReconcileReadable extends Readable implements Reconciler {
  readonly #drops: boolean;
  readonly #manual: boolean;
  /** Items that are not over. Of these: */
  readonly #open = new Set<ReconcileItem>();
  /** those that were not read yet, and of these: */
  readonly #unread = new Set<ReconcileItem>();
  /** those that the stream was not given yet. */
  readonly #waiting = new Set<ReconcileItem>();
  /** The stream wants an item. */
  #wanted = false;
  /** How many `for await` loops read. */
  #loops = 0;
  #ended = false;

  constructor({ whenUnobserved, acknowledge }: ReconcileReadableOptions = {}) {
    // The stream takes an item only when a reader asks for one; what waits here can be withdrawn.
    super({ objectMode: true, highWaterMark: 0 });
    this.#drops = whenUnobserved === 'drop';
    this.#manual = acknowledge === 'manual';
  }

  /**
   * Offers an item to whoever reads, and resolves or rejects as it is acknowledged.
   *
   * @throws what the item was failed with; the signal's reason when it is aborted before the item is read; Error once the
   * stream is destroyed, with what it was destroyed with as its cause, or the dynamic watcher has stopped
   */
  async reconcile(watcher: ObjectIdentifier, context: ReconcileContext): Promise<Result | void> {
    // Plain Errors: what a reconciler throws needs no code to be tried again, and of core there are only types here.
    if (this.#ended) throw new Error('the dynamic watcher of this stream has stopped');
    if (this.destroyed) throw destroyedError(this.errored);
    const { signal, causes, attempt } = context;
    signal.throwIfAborted();
    if (this.#drops && this.listenerCount('data') + this.listenerCount('readable') === 0) return;

    const { promise, resolve, reject } = Promise.withResolvers<Result | void>();
    const closing =
      <T>(settle: (outcome: T) => void) =>
      (outcome: T): void => {
        this.#close(item);
        settle(outcome);
      };
    const item: ReconcileItem = {
      watcher,
      causes,
      attempt,
      signal,
      done: closing(resolve),
      fail: closing(reject),
    };
    const withdraw = (): void => {
      // What was read is in its reader's hands, and must not be tried again before that one is through with it.
      if (this.#unread.has(item)) item.fail(signal.reason);
    };
    for (const items of [this.#open, this.#unread, this.#waiting]) items.add(item);
    signal.addEventListener('abort', withdraw);
    this.#offerSoon();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', withdraw);
    }
  }

  /** Ends the stream. The dynamic watcher calls this; what was not read yet fails, what is in hand may be finished. */
  stopped(): void {
    this.#ended = true;
    for (const item of this.#unread) item.fail(new Error('the dynamic watcher has stopped'));
    this.push(null);
  }

  /** Node calls this when it wants the next item. */
  override _read(): void {
    this.#wanted = true;
    this.#offer();
  }

  /** Node calls this when the stream is destroyed or has ended; a reader calls `destroy`. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // A stream that came to its end destroys itself, while what was read before may still be worked on.
    if (!this.readableEnded) for (const item of this.#open) item.fail(destroyedError(error));
    callback(error);
  }

  /** The next item, if there is one. */
  override read(size?: number): ReconcileItem | null {
    // There may be a reader again.
    this.#offer();
    for (;;) {
      const item = super.read(size) as ReconcileItem | null;
      // One that nobody was given was withdrawn while the stream had it.
      if (item === null || !this.#unread.delete(item)) return item;
    }
  }

  /** Whichever way an item is read, 'data' is emitted at that moment: so this is where it is taken note of. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...args);
    const item = args[0] as ReconcileItem;
    if (!this.#open.has(item)) return false;
    this.#unread.delete(item);
    let heard: boolean;
    try {
      heard = super.emit('data', item);
    } catch (error) {
      item.fail(error);
      throw error;
    }
    if (!this.#manual && this.#loops === 0) item.done();
    return heard;
  }

  /** Hears of each item. With `acknowledge: 'auto'` an item is done when its listeners have returned. */
  override on(event: 'data', listener: (item: ReconcileItem) => void): this;
  /** Hears of what the stream was destroyed with. */
  override on(event: 'error', listener: (error: Error) => void): this;
  /** Hears of what Node says of any Readable, without arguments. */
  override on(event: 'close' | 'end' | 'pause' | 'readable' | 'resume', listener: () => void): this;
  /** Hears of any other event. */
  override on(event: string | symbol, listener: (...args: any[]) => void): this;
  override on(event: string | symbol, listener: (...args: any[]) => void): this {
    super.on(event, listener);
    if (event === 'readable') this.#offerSoon();
    return this;
  }

  /** Node calls this, too, when a listener for 'data' is added. */
  override resume(): this {
    super.resume();
    this.#offerSoon();
    return this;
  }

  override iterator(options?: {
    /** Whether leaving the loop destroys the stream; default true. */
    destroyOnReturn?: boolean;
  }): NodeJS.AsyncIterator<ReconcileItem> {
    return this.#loop(super.iterator(options));
  }

  /** `for await` over the items; leaving the loop destroys the stream. See {@link iterator} for one that doesn't. */
  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<ReconcileItem> {
    return this.iterator();
  }

  async *#loop(
    items: NodeJS.AsyncIterator<ReconcileItem>,
  ): AsyncGenerator<ReconcileItem, undefined> {
    this.#loops += 1;
    try {
      for await (const item of items) {
        let finished = false;
        try {
          yield item;
          finished = true;
        } finally {
          if (!this.#manual) {
            if (finished) item.done();
            else item.fail(new Error('the loop was left before it asked for the next item'));
          }
        }
      }
    } finally {
      this.#loops -= 1;
    }
  }

  #close(item: ReconcileItem): void {
    this.#open.delete(item);
    // One that the stream has stays unread, so that `read` knows it.
    if (this.#waiting.delete(item)) this.#unread.delete(item);
  }

  /** Not at once, so that a listener that throws does so on its own and not within a reconcile. */
  #offerSoon(): void {
    process.nextTick(() => this.#offer());
  }

  /** Gives the stream an item when it wants one. */
  #offer(): void {
    if (!this.#wanted) return;
    // A stream that flows with nobody listening throws away what it is given.
    if (this.readableFlowing && this.listenerCount('data') === 0) return;
    const [item] = this.#waiting;
    if (!item) return;
    this.#wanted = false;
    this.#waiting.delete(item);
    this.push(item);
  }
}

function destroyedError(cause: Error | null): Error {
  return new Error('the stream was destroyed', cause ? { cause } : undefined);
}

import type { ServerResponse } from 'node:http';
import type { Update } from './protocol.ts';
import { drained, hasGone } from './responses.ts';

/** How many rows go out in one message; the event loop turns before the next. */
const mostRows = 1000;
/** How often in a row one may be found still taking the same message before they are let go. */
const mostSilences = 4;

/** What makes the rows that a stream asks for. */
export interface RowSource {
  /** The rows of these keys as they are now, and what came after a row of history. */
  update(watchers: readonly string[], watched: readonly string[], after: number): Update;
  /** The id of the newest row of history. */
  readonly last: number;
}

/**
 * One page that looks on: which rows it has yet to be told, by their keys. However slow it is, no more is kept for it than
 * these, and one message that is on its way; and of one who takes nothing any more, nothing.
 */
export class UpdateStream {
  readonly #response: ServerResponse;
  readonly #source: RowSource;
  readonly #watchers = new Set<string>();
  readonly #watched = new Set<string>();
  #after = 0;
  /** Whether there is something to be sent. */
  #isDue = false;
  #isWriting = false;
  #silences = 0;

  constructor(response: ServerResponse, source: RowSource) {
    this.#response = response;
    this.#source = source;
  }

  watcher(key: string): void {
    this.#watchers.add(key);
  }

  watched(key: string): void {
    this.#watched.add(key);
  }

  /** Sends a message of its own, as server-sent events have it. */
  send(event: string, data: object): boolean {
    return this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /**
   * Has proxies and browsers know that it is still there; not while they have enough to read. Who has taken nothing for some
   * calls is let go: a browser that lives comes again.
   */
  keepAlive(): void {
    if (!this.#isWriting) this.#response.write(': still here\n\n');
    else if (this.#silences >= mostSilences) this.#response.destroy();
    else this.#silences += 1;
  }

  /** Sends what has changed, in parts; where the last one is still on its way, once that has gone. */
  flush(): void {
    this.#isDue = true;
    // Who shows replicas, say, may throw; a page that ends comes back, a process does not.
    if (!this.#isWriting) this.#write().catch(() => this.#response.destroy());
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#watchers.clear();
    this.#watched.clear();
    // Who takes nothing would not take the end either, and hold up a server that waits for it.
    if (this.#response.writableNeedDrain) this.#response.destroy();
    else this.#response.end();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#isDue && !this.#response.writableEnded && !hasGone(this.#response)) {
      const watched = take(this.#watched, mostRows);
      const watchers = take(this.#watchers, mostRows - watched.length);
      const after = this.#after;
      this.#after = this.#source.last;
      const more = this.#watchers.size + this.#watched.size > 0;
      this.#isDue = more;
      const update = { ...this.#source.update(watchers, watched, after), more };
      if (!this.send('update', update)) await drained(this.#response);
      else if (more) await new Promise(setImmediate);
      this.#silences = 0;
    }
    this.#isWriting = false;
  }
}

function take(keys: Set<string>, most: number): readonly string[] {
  const taken: string[] = [];
  for (const key of keys) {
    if (taken.length >= most) break;
    taken.push(key);
    keys.delete(key);
  }
  return taken;
}

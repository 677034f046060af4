import { abortedError, type DepwatchError } from '@depwatch/core';

/** An operation on a watcher, while it is pending. */
export interface Operation {
  /** Aborted, with a DepwatchError as its reason, when the operation is to end. */
  readonly signal: AbortSignal;
  /**
   * Whether it was ended by one that jumped the line (a remove, an abort, a stop). That one has settled what the graph is
   * to hold, so the operation must not undo anything.
   */
  readonly overruled: boolean;
}

interface Place {
  readonly controller: AbortController;
  readonly exclusive: boolean;
  overruled: boolean;
  begin: () => void;
}

interface Line {
  /** Not begun yet, in the order in which they were called. */
  readonly waiting: Place[];
  /** Begun, and not settled. */
  readonly running: Set<Place>;
  /** The exclusive one that runs; what comes after it waits. */
  holder?: Place;
}

/**
 * Runs the operations on one watcher in the order in which they were called. Different watchers never wait for each
 * other.
 */
export class WatcherLines {
  readonly #lines = new Map<string, Line>();

  /**
   * Runs `operation` when those called before it have settled (those that are not exclusive: have begun). With nobody
   * before it, it begins within this call.
   *
   * @param exclusive whether those called after it wait until it has settled
   * @param signal the caller's own
   */
  run<R>(
    key: string,
    exclusive: boolean,
    operation: (operation: Operation) => Promise<R>,
    signal?: AbortSignal,
  ): Promise<R> {
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    const line = this.#lines.get(key) ?? { waiting: [], running: new Set() };
    this.#lines.set(key, line);
    const controller = new AbortController();
    const place: Place = { controller, exclusive, overruled: false, begin: () => {} };
    const onAbort = signal && ((): void => controller.abort(abortedError(signal)));
    if (onAbort) signal.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => {
      if (onAbort) signal.removeEventListener('abort', onAbort);
      line.running.delete(place);
      if (line.holder === place) delete line.holder;
      this.#advance(key, line);
    };
    const begun = new Promise<R>((resolve, reject) => {
      place.begin = (): void => {
        if (controller.signal.aborted) {
          settled();
          reject(controller.signal.reason as DepwatchError);
          return;
        }
        operation({
          signal: controller.signal,
          get overruled() {
            return place.overruled;
          },
        })
          .finally(settled)
          .then(resolve, reject);
      };
      // One that still waits for its turn is rejected at once; its turn then passes without it.
      controller.signal.addEventListener('abort', () => {
        if (line.waiting.includes(place)) reject(controller.signal.reason as DepwatchError);
      });
    });
    line.waiting.push(place);
    this.#advance(key, line);
    return begun;
  }

  /** Ends all that is pending on a watcher, begun or not. */
  overrule(key: string, error: DepwatchError): void {
    const line = this.#lines.get(key);
    if (!line) return;
    for (const place of [...line.running, ...line.waiting]) {
      place.overruled = true;
      place.controller.abort(error);
    }
  }

  /** Ends all that is pending. */
  overruleAll(error: DepwatchError): void {
    for (const key of [...this.#lines.keys()]) this.overrule(key, error);
  }

  #advance(key: string, line: Line): void {
    while (!line.holder) {
      const place = line.waiting.shift();
      if (!place) break;
      line.running.add(place);
      if (place.exclusive) line.holder = place;
      place.begin();
    }
    if (line.running.size === 0 && line.waiting.length === 0) this.#lines.delete(key);
  }
}

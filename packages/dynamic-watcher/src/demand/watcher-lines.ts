import { abortedError, type DepwatchError } from '@depwatch/core';

/** Something that an operation waits for, and gives up when it is to end. */
export interface Ending {
  end(error: DepwatchError): void;
}

/**
 * An operation on a watcher, while it is pending. It knows its end as an AbortSignal does, but costs a fraction of one:
 * thousands may be pending at once.
 */
export interface Operation {
  /** Why it is to end; undefined while it isn't. */
  readonly ended: DepwatchError | undefined;
  /**
   * Whether it was ended by one that jumped the line (a remove, an abort, a stop). That one has settled what the graph is
   * to hold, so the operation must not undo anything.
   */
  readonly overruled: boolean;
  /** Has `ending` ended with the operation. */
  onEnd(ending: Ending): void;
  /** Takes back {@link onEnd}. */
  offEnd(ending: Ending): void;
}

/** An operation in its line. */
interface Queued extends Ending {
  readonly key: string;
  readonly exclusive: boolean;
  readonly begun: boolean;
  overruled: boolean;
  begin(): void;
}

/** The operations on one watcher. */
interface Line {
  /** Not begun yet, in the order in which they were called. */
  readonly waiting: Queued[];
  /** The exclusive one that runs; what comes after it waits. */
  holder: Queued | undefined;
  /** The others that have begun, and not settled. */
  running: Set<Queued> | undefined;
}

/** The place of an operation in its line. */
class Place<R> implements Operation, Queued {
  readonly key: string;
  readonly exclusive: boolean;
  readonly #lines: WatcherLines;
  readonly #run: (operation: Operation) => Promise<R>;
  readonly #resolve: (value: R) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  ended: DepwatchError | undefined;
  overruled = false;
  begun = false;
  #endings: Ending[] | undefined;

  constructor(
    lines: WatcherLines,
    key: string,
    exclusive: boolean,
    run: (operation: Operation) => Promise<R>,
    resolve: (value: R) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#lines = lines;
    this.key = key;
    this.exclusive = exclusive;
    this.#run = run;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    signal?.addEventListener('abort', this);
  }

  begin(): void {
    this.begun = true;
    attempt(this.#run, this).then(
      (value) => {
        this.#settled();
        this.#resolve(value);
      },
      (error: unknown) => {
        this.#settled();
        this.#reject(error);
      },
    );
  }

  onEnd(ending: Ending): void {
    (this.#endings ??= []).push(ending);
  }

  offEnd(ending: Ending): void {
    const index = this.#endings?.indexOf(ending) ?? -1;
    if (index >= 0) this.#endings!.splice(index, 1);
  }

  end(error: DepwatchError): void {
    if (this.ended) return;
    this.ended = error;
    if (!this.begun) {
      this.#settled();
      this.#reject(error);
      return;
    }
    const endings = this.#endings ?? [];
    this.#endings = undefined;
    for (const ending of endings) ending.end(error);
  }

  /** The caller's own signal was aborted. */
  handleEvent(): void {
    this.end(abortedError(this.#signal));
  }

  #settled(): void {
    this.#signal?.removeEventListener('abort', this);
    this.#lines.leave(this);
  }
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
   * @param operation may throw as well as reject
   * @param signal the caller's own
   */
  run<R>(
    key: string,
    exclusive: boolean,
    operation: (operation: Operation) => Promise<R>,
    signal?: AbortSignal,
  ): Promise<R> {
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    return new Promise((resolve, reject) => {
      const place = new Place(this, key, exclusive, operation, resolve, reject, signal);
      const line = this.#lineOf(key);
      line.waiting.push(place);
      this.#advance(key, line);
    });
  }

  /** Ends all that is pending on a watcher, begun or not. */
  overrule(key: string, error: DepwatchError): void {
    const line = this.#lines.get(key);
    if (!line) return;
    const begun = [...(line.holder ? [line.holder] : []), ...(line.running ?? [])];
    for (const place of [...begun, ...line.waiting]) {
      place.overruled = true;
      place.end(error);
    }
  }

  /** Ends all that is pending. */
  overruleAll(error: DepwatchError): void {
    for (const key of [...this.#lines.keys()]) this.overrule(key, error);
  }

  #lineOf(key: string): Line {
    let line = this.#lines.get(key);
    if (!line) {
      line = { waiting: [], holder: undefined, running: undefined };
      this.#lines.set(key, line);
    }
    return line;
  }

  /** An operation has settled, begun or not. */
  leave(place: Queued): void {
    const line = this.#lines.get(place.key)!;
    if (!place.begun) line.waiting.splice(line.waiting.indexOf(place), 1);
    else if (place.exclusive) line.holder = undefined;
    else line.running?.delete(place);
    this.#advance(place.key, line);
  }

  #advance(key: string, line: Line): void {
    while (!line.holder) {
      const place = line.waiting.shift();
      if (!place) break;
      if (place.exclusive) line.holder = place;
      else (line.running ??= new Set()).add(place);
      place.begin();
    }
    if (!line.holder && !line.running?.size && line.waiting.length === 0) this.#lines.delete(key);
  }
}

/** What comes of an operation, also where it throws at once. */
function attempt<R>(run: (operation: Operation) => Promise<R>, operation: Operation): Promise<R> {
  try {
    return run(operation);
  } catch (error) {
    return Promise.reject(error);
  }
}

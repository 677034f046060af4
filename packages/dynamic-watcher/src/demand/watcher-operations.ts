import { abortedError, type DepwatchError } from '@depwatch/core';
import { CallController, type CallSignal } from '../requests/call-signal.ts';

/** What an operation does; it may throw as well as reject. The reason of its signal is a DepwatchError. */
type Run<R> = (signal: CallSignal) => Promise<R>;

/** The operations on one watcher that have not settled. */
interface Pending {
  readonly running: Turn[];
  /** Not begun yet, in the order in which they were called. */
  readonly waiting: Waiting[];
}

/** An operation whose turn has not come. */
interface Waiting {
  readonly turn: Turn;
  begin(): void;
}

/**
 * Has the operations on one watcher take effect in the order in which they were called, as a readers-writer lock with a
 * queue does: shared ones run together, an exclusive one runs alone. Different watchers never wait for each other.
 *
 * One that is aborted before its turn rejects at once, and has its turn all the same, with its signal aborted.
 */
export class WatcherOperations {
  readonly #pending = new Map<string, Pending>();

  /**
   * Runs `run` when the exclusive operations called before have settled: with none, within this call.
   *
   * @param signal the caller's own
   */
  shared<R>(key: string, run: Run<R>, signal?: AbortSignal): Promise<R> {
    return this.#enter(key, false, run, signal);
  }

  /** As {@link shared}, but when all called before have settled; those called after wait until this one has. */
  exclusive<R>(key: string, run: Run<R>, signal?: AbortSignal): Promise<R> {
    return this.#enter(key, true, run, signal);
  }

  /** Aborts what runs on a watcher; what waits has its turn. */
  abortRunning(key: string, reason: DepwatchError): void {
    for (const turn of this.#pending.get(key)?.running ?? []) turn.abort(reason);
  }

  /** Aborts all that is pending on a watcher. */
  abort(key: string, reason: DepwatchError): void {
    this.abortRunning(key, reason);
    for (const { turn } of this.#pending.get(key)?.waiting ?? []) turn.abort(reason);
  }

  /** Aborts all that is pending. */
  abortAll(reason: DepwatchError): void {
    for (const key of this.#pending.keys()) this.abort(key, reason);
  }

  #enter<R>(
    key: string,
    exclusive: boolean,
    run: Run<R>,
    own: AbortSignal | undefined,
  ): Promise<R> {
    const turn = new Turn(exclusive, own);
    let pending = this.#pending.get(key);
    if (pending && !mayBegin(turn, pending)) return this.#wait(key, pending, turn, run);
    if (!pending) {
      pending = { running: [turn], waiting: [] };
      this.#pending.set(key, pending);
    } else {
      pending.running.push(turn);
    }
    return this.#begin(key, pending, turn, run);
  }

  #begin<R>(key: string, pending: Pending, turn: Turn, run: Run<R>): Promise<R> {
    return attempt(run, turn).then(
      (value) => {
        this.#leave(key, pending, turn);
        return value;
      },
      (error: unknown) => {
        this.#leave(key, pending, turn);
        throw error;
      },
    );
  }

  /** While it waits it has nothing to undo, so its caller is told at once when it is aborted. */
  #wait<R>(key: string, pending: Pending, turn: Turn, run: Run<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      let hasBegun = false;
      const handleEvent = (): void => {
        if (!hasBegun) reject(turn.reason);
      };
      if (turn.aborted) handleEvent();
      else turn.addEventListener('abort', { handleEvent });
      const begin = (): void => {
        hasBegun = true;
        void this.#begin(key, pending, turn, run).then(resolve, reject);
      };
      pending.waiting.push({ turn, begin });
    });
  }

  /** An operation has settled: those begin that may. */
  #leave(key: string, pending: Pending, turn: Turn): void {
    const { running, waiting } = pending;
    turn.end();
    running.splice(running.indexOf(turn), 1);
    for (let next = waiting[0]; next && fits(next.turn, running); next = waiting[0]) {
      waiting.shift();
      running.push(next.turn);
      next.begin();
    }
    if (running.length === 0) this.#pending.delete(key);
  }
}

function mayBegin(turn: Turn, { running, waiting }: Pending): boolean {
  return waiting.length === 0 && fits(turn, running);
}

function fits({ exclusive }: Turn, running: readonly Turn[]): boolean {
  const other = running[0];
  return !other || !(exclusive || other.exclusive);
}

/** What ends an operation on a watcher, and what the order of operations is about. */
class Turn extends CallController {
  readonly exclusive: boolean;
  readonly #own: AbortSignal | undefined;

  constructor(exclusive: boolean, own: AbortSignal | undefined) {
    super();
    this.exclusive = exclusive;
    this.#own = own;
    if (own?.aborted) this.handleEvent();
    else own?.addEventListener('abort', this);
  }

  /** The caller's own signal was aborted. */
  handleEvent(): void {
    this.abort(abortedError(this.#own));
  }

  end(): void {
    this.#own?.removeEventListener('abort', this);
  }
}

/** What comes of an operation, also where it throws at once. */
function attempt<R>(run: Run<R>, signal: CallSignal): Promise<R> {
  try {
    return run(signal);
  } catch (error) {
    return Promise.reject(error);
  }
}

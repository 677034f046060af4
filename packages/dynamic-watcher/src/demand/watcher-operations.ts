import { abortedError, type DepwatchError } from '@depwatch/core';

/** What an operation does; it may throw as well as reject. The reason of its signal is a DepwatchError. */
type Run<R> = (signal: AbortSignal) => Promise<R>;

/** The operations on one watcher that have not settled. */
interface Pending {
  readonly running: Set<Turn>;
  /** Not begun yet, in the order in which they were called. */
  readonly waiting: Turn[];
}

/** What the order of operations is about. */
interface Turn {
  readonly exclusive: boolean;
  readonly controller: AbortController;
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
    for (const { controller } of this.#pending.get(key)?.running ?? []) controller.abort(reason);
  }

  /** Aborts all that is pending on a watcher. */
  abort(key: string, reason: DepwatchError): void {
    this.abortRunning(key, reason);
    for (const { controller } of this.#pending.get(key)?.waiting ?? []) controller.abort(reason);
  }

  /** Aborts all that is pending. */
  abortAll(reason: DepwatchError): void {
    for (const key of this.#pending.keys()) this.abort(key, reason);
  }

  /** An operation has settled. */
  leave(key: string, turn: Turn): void {
    const pending = this.#pending.get(key)!;
    pending.running.delete(turn);
    advance(pending);
    if (pending.running.size === 0) this.#pending.delete(key);
  }

  #enter<R>(
    key: string,
    exclusive: boolean,
    run: Run<R>,
    own: AbortSignal | undefined,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      let pending = this.#pending.get(key);
      if (!pending) {
        pending = { running: new Set(), waiting: [] };
        this.#pending.set(key, pending);
      }
      const operation = new Operation(this, key, exclusive, run, own, resolve, reject);
      if (pending.waiting.length === 0 && mayBegin(operation, pending.running)) {
        pending.running.add(operation);
        operation.begin();
      } else {
        pending.waiting.push(operation);
        operation.wait();
      }
    });
  }
}

/** Begins what may begin. */
function advance({ running, waiting }: Pending): void {
  for (let next = waiting[0]; next && mayBegin(next, running); next = waiting[0]) {
    waiting.shift();
    running.add(next);
    next.begin();
  }
}

function mayBegin({ exclusive }: Turn, running: ReadonlySet<Turn>): boolean {
  const [other] = running;
  return !other || !(exclusive || other.exclusive);
}

/** An operation on a watcher, from the call until it has settled. */
class Operation<R> implements Turn {
  readonly exclusive: boolean;
  readonly controller = new AbortController();
  readonly #operations: WatcherOperations;
  readonly #key: string;
  readonly #run: Run<R>;
  readonly #own: AbortSignal | undefined;
  readonly #resolve: (value: R) => void;
  readonly #reject: (error: unknown) => void;
  #begun = false;

  constructor(
    operations: WatcherOperations,
    key: string,
    exclusive: boolean,
    run: Run<R>,
    own: AbortSignal | undefined,
    resolve: (value: R) => void,
    reject: (error: unknown) => void,
  ) {
    this.#operations = operations;
    this.#key = key;
    this.exclusive = exclusive;
    this.#run = run;
    this.#own = own;
    this.#resolve = resolve;
    this.#reject = reject;
    if (own?.aborted) this.handleEvent();
    else own?.addEventListener('abort', this);
  }

  /** The caller's own signal was aborted. */
  handleEvent(): void {
    this.controller.abort(abortedError(this.#own));
  }

  /** While it waits it has nothing to undo, so its caller is told at once when it is aborted. */
  wait(): void {
    const { signal } = this.controller;
    const tell = (): void => {
      if (!this.#begun) this.#reject(signal.reason);
    };
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell);
  }

  begin(): void {
    this.#begun = true;
    attempt(this.#run, this.controller.signal).then(
      (value) => {
        this.#leave();
        this.#resolve(value);
      },
      (error: unknown) => {
        this.#leave();
        this.#reject(error);
      },
    );
  }

  #leave(): void {
    this.#own?.removeEventListener('abort', this);
    this.#operations.leave(this.#key, this);
  }
}

/** What comes of an operation, also where it throws at once. */
function attempt<R>(run: Run<R>, signal: AbortSignal): Promise<R> {
  try {
    return run(signal);
  } catch (error) {
    return Promise.reject(error);
  }
}

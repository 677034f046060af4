import { AsyncLocalStorage } from 'node:async_hooks';

const resolved = Promise.resolve();

/** Decides when the workers of a loop may take what is queued; open at first. */
export class Gate {
  readonly #opened: () => void;
  readonly #turned: () => void;
  /** Who closes the gate may be in any context (a request's, another reconcile's); what opens it is in none of them. */
  readonly #inOwnContext = AsyncLocalStorage.snapshot();
  #answering = false;
  #turning = false;

  /**
   * @param opened called when the gate opens
   * @param turned called, before that, when a turn of the event loop has begun for which the gate was closed
   */
  constructor(opened: () => void, turned: () => void) {
    this.#opened = opened;
    this.#turned = turned;
  }

  get closed(): boolean {
    return this.#answering || this.#turning;
  }

  /**
   * Closes the gate until all promise reactions are through: a call that was answered by the same event (an add, a read)
   * has told its caller by then. It takes no turn of the event loop, which would cost more than a small reconcile.
   */
  untilAnswered(): void {
    if (this.#answering) return;
    this.#answering = true;
    // Ticks come before reactions, but one that is asked for by a reaction comes after all of them. (queueMicrotask would
    // make an AsyncResource.)
    void resolved.then(this.#inNextTick);
  }

  /** Closes the gate until the event loop has turned, so that other work of the process has its turn. */
  untilNextTurn(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#nextTurn);
  }

  readonly #inNextTick = (): void => process.nextTick(this.#answered);

  readonly #answered = (): void => {
    this.#answering = false;
    if (!this.closed) this.#inOwnContext(this.#opened);
  };

  readonly #nextTurn = (): void => {
    this.#turning = false;
    this.#turned();
    if (!this.closed) this.#inOwnContext(this.#opened);
  };
}

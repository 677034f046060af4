/** Work that is done in a turn of its own after whatever gave cause for it, once for all causes of one turn. */
export class Soon {
  readonly #work: () => void;
  #waiting = false;
  #stopped = false;

  constructor(work: () => void) {
    this.#work = work;
  }

  /** Has the work done soon. */
  ask(): void {
    if (this.#waiting || this.#stopped) return;
    this.#waiting = true;
    setImmediate(() => {
      this.#waiting = false;
      if (!this.#stopped) this.#work();
    });
  }

  /** Has it done never more. */
  stop(): void {
    this.#stopped = true;
  }
}

import { abortedError } from '@depwatch/core';

/**
 * One call that several wait for. Each may leave by its own signal; when the last one has left, the call is aborted.
 *
 * @typeParam Answer what the call resolves to
 */
export class SharedCall<Answer> {
  readonly #controller = new AbortController();
  readonly #answer: Promise<Answer>;
  readonly #abandoned: () => void;
  #waiting = 0;

  /**
   * @param call what to do; it may throw as well as reject
   * @param abandoned called once, when nobody waits any more, before the call is aborted
   */
  constructor(call: (signal: AbortSignal) => Promise<Answer>, abandoned: () => void) {
    this.#abandoned = abandoned;
    this.#answer = (async () => call(this.#controller.signal))();
    // Whoever waits hears of a failure; when all have left, nobody needs to.
    this.#answer.catch(() => {});
  }

  /** The answer, or a DepwatchError ERR_ABORTED as soon as `signal` is aborted. */
  async join(signal?: AbortSignal): Promise<Answer> {
    if (signal?.aborted) throw abortedError(signal);
    this.#waiting += 1;
    if (!signal) return this.#answer;
    return new Promise<Answer>((resolve, reject) => {
      const leave = (): void => {
        reject(abortedError(signal));
        this.#waiting -= 1;
        if (this.#waiting > 0) return;
        this.#abandoned();
        this.#controller.abort(abortedError(signal));
      };
      signal.addEventListener('abort', leave, { once: true });
      const stay = (): void => signal.removeEventListener('abort', leave);
      this.#answer.finally(stay).then(resolve, reject);
    });
  }
}

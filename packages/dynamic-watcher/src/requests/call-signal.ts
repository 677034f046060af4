/** Told of an abort. */
export interface AbortListener {
  handleEvent(): void;
}

/** What is needed of the AbortSignal that ends a call. */
export interface CallSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: AbortListener): void;
  removeEventListener(type: 'abort', listener: AbortListener): void;
}

/**
 * An AbortController that is its own signal, an eighth of the size of the two: each call has one, and thousands may be under
 * way.
 */
export class CallController implements CallSignal {
  aborted = false;
  reason: unknown;
  #listeners: AbortListener[] = [];

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: AbortListener): void {
    // It has one, nearly always.
    if (this.#listeners.length === 0) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: AbortListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  /** Tells the listeners, in their order, once. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener.handleEvent();
  }
}

/** So many signals that are aborted with one, whose listeners would be searched one by one for each that is added. */
export function split(signal: CallSignal, count: number): readonly CallSignal[] {
  const parts = Array.from({ length: count }, () => new CallController());
  signal.addEventListener('abort', {
    handleEvent: () => parts.forEach((part) => part.abort(signal.reason)),
  });
  return parts;
}

import type { Logger, Ownership } from '@depwatch/core';

type Listener = Parameters<Ownership['onChange']>[0];

/** Who wants to know when what is owned changes, and has to stop what is lost. */
export class ChangeListeners {
  readonly #listeners = new Set<{ readonly listener: Listener }>();
  readonly #logger: Logger;
  #overdue = new AbortController();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(listener: Listener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Resolves when nothing runs any more that was lost, as far as the listeners say; never rejects. */
  async tell(): Promise<void> {
    if (this.#overdue.signal.aborted) this.#overdue = new AbortController();
    const { signal } = this.#overdue;
    await Promise.all([...this.#listeners].map(({ listener }) => this.#guarded(listener, signal)));
  }

  /** What has not stopped has to, at once. */
  overdue(): void {
    this.#overdue.abort();
  }

  async #guarded(listener: Listener, overdue: AbortSignal): Promise<void> {
    try {
      await listener(overdue);
    } catch (error) {
      this.#logger.error({ error }, 'a listener of ownership failed');
    }
  }
}

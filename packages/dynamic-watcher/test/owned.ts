import { objectIdentifierKey, type ObjectIdentifier, type Ownership } from '@depwatch/core';

/** An ownership that a test gives and takes. */
export class Owned implements Ownership {
  epoch = 1;
  readonly #keys = new Set<string>();
  readonly #listeners = new Set<Parameters<Ownership['onChange']>[0]>();
  overdue = new AbortController();
  ownerOf?: (key: string) => string | undefined;

  owns(key: string): boolean {
    return this.#keys.has(key);
  }

  onChange(listener: Parameters<Ownership['onChange']>[0]): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** From now on it owns these. @returns kept when all that was lost has stopped */
  async give(...watchers: readonly ObjectIdentifier[]): Promise<void> {
    this.epoch += 1;
    this.#keys.clear();
    for (const watcher of watchers) this.#keys.add(objectIdentifierKey(watcher));
    await Promise.all([...this.#listeners].map(async (listener) => listener(this.overdue.signal)));
  }
}

import { objectIdentifierKey, type Ownership } from '@depwatch/core';
import { widgetId } from './harness.ts';

type Listener = Parameters<Ownership['onChange']>[0];

/** An ownership of widgets that a test gives and takes. */
export class Owned implements Ownership {
  epoch = 1;
  readonly overdue = new AbortController();
  /** What it was asked about, since that was last cleared. */
  readonly asked = new Set<string>();
  ownerOf?: (key: string) => string | undefined;
  readonly #keys = new Set<string>();
  readonly #listeners = new Set<Listener>();

  constructor(...names: readonly string[]) {
    for (const name of names) this.#keys.add(keyOf(name));
  }

  owns(key: string): boolean {
    this.asked.add(key);
    return this.#keys.has(key);
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** From now on it owns the widgets of these names. @returns kept when all that was lost has stopped */
  async give(...names: readonly string[]): Promise<void> {
    this.epoch += 1;
    this.#keys.clear();
    for (const name of names) this.#keys.add(keyOf(name));
    await Promise.all([...this.#listeners].map(async (listener) => listener(this.overdue.signal)));
  }
}

export function keyOf(name: string): string {
  return objectIdentifierKey(widgetId(name));
}

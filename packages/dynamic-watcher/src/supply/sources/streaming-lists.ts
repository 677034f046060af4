import type { Clock, ScopedGVR } from '@depwatch/core';

const refusalLastsMs = 10 * 60_000;

/** Which groups and versions the server has refused to list by streaming, for ten minutes each. */
export class StreamingLists {
  readonly #clock: Clock;
  readonly #refusedUntil = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it is worth asking. */
  believed(gvr: ScopedGVR): boolean {
    if (this.#refusedUntil.size === 0) return true;
    const key = keyOf(gvr);
    const until = this.#refusedUntil.get(key);
    if (until === undefined) return true;
    if (this.#clock.now() < until) return false;
    this.#refusedUntil.delete(key);
    return true;
  }

  refuse(gvr: ScopedGVR): void {
    this.#refusedUntil.set(keyOf(gvr), this.#clock.now() + refusalLastsMs);
  }
}

function keyOf({ group, version }: ScopedGVR): string {
  return `${group}/${version}`;
}

import { formatGroupVersion, type GroupVersionKind } from '@depwatch/core';
import { Fifo } from './fifo.ts';
import type { RequestKind } from './request-kind.ts';

/** The requests for one resource: who waits, who is under way, and whether there are answers. */
export class Lane<Entrant> {
  readonly key: string;
  /** For the log. */
  readonly name: string;
  readonly out = new Set<Entrant>();
  /** How many wait for a delay of their own. */
  delayed = 0;
  /** How many answers there were. */
  heard = 0;
  /** It has requests under way, and has not answered for a while. */
  slow = false;
  /**
   * Its requests fail without an answer. `trial` is the one under way that finds out whether that is over; `resting`: there
   * is nobody who could.
   */
  trouble: { readonly failures: number; trial: Entrant | undefined; resting: boolean } | undefined;
  /** In trouble until the next trial, or until it is forgotten; else until it is looked at whether it is slow. */
  timer: Disposable | undefined;
  readonly #waiting = new Map<RequestKind, Fifo<Entrant>>();

  constructor(key: string, gvk: GroupVersionKind) {
    this.key = key;
    this.name = `${formatGroupVersion(gvk)} ${gvk.kind}`;
  }

  /** Whether those who wait have to, whatever slots there are. */
  get isHeld(): boolean {
    return this.slow || this.trouble !== undefined;
  }

  /** Whether nothing would be lost with it. */
  get isIdle(): boolean {
    const isTried = this.trouble !== undefined && this.timer !== undefined;
    return !isTried && this.out.size === 0 && this.delayed === 0 && this.kinds().length === 0;
  }

  /** Who waits for a slot of a kind. */
  waiting(kind: RequestKind): Fifo<Entrant> {
    let waiting = this.#waiting.get(kind);
    if (!waiting) this.#waiting.set(kind, (waiting = new Fifo()));
    return waiting;
  }

  /** The kinds of slots that somebody waits for. */
  kinds(): readonly RequestKind[] {
    return [...this.#waiting].filter(([, { size }]) => size > 0).map(([kind]) => kind);
  }

  forEachWaiting(visit: (entrant: Entrant) => void): void {
    for (const waiting of this.#waiting.values()) for (const entrant of waiting) visit(entrant);
  }

  /** Takes out who has waited longest, for whatever slot. */
  shiftAny(): Entrant | undefined {
    for (const waiting of this.#waiting.values()) if (waiting.size > 0) return waiting.shift();
    return undefined;
  }

  stopTimer(): void {
    this.timer?.[Symbol.dispose]();
    this.timer = undefined;
  }

  close(): void {
    this.stopTimer();
    for (const waiting of this.#waiting.values()) waiting.clear();
  }
}

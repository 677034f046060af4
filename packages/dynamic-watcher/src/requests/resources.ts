import type { GvrCache } from '@depwatch/cache';
import {
  groupVersionKindKey,
  type Clock,
  type GroupVersionKind,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import type { CallSignal } from './call-signal.ts';
import { Deadlines } from './deadlines.ts';
import { Inquiry } from './inquiry.ts';
import type { ServerHealth } from './server-health.ts';
import type { Slots } from './slots.ts';

/** What is known of a kind for so long is known well enough for a list. */
const freshMs = 1000;

/** What {@link Resources} work on. */
export interface ResourcesOptions {
  readonly gvrs: GvrCache;
  readonly slots: Slots;
  readonly health: ServerHealth;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
}

/** How the server serves kinds. However many ask about one kind, the server is asked once, with one back-off. */
export class Resources {
  readonly #options: ResourcesOptions;
  readonly #deadlines: Deadlines;
  readonly #inquiries = new Map<string, Inquiry>();
  /** When a kind was last found by asking, in milliseconds of the clock. */
  readonly #foundAt = new Map<string, number>();

  constructor(options: ResourcesOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock, options.requestTimeoutMs);
  }

  /**
   * The resource, remembered or asked for; what passes is tried again as long as the request time-out has not.
   *
   * @param id what is asked for: a name without the namespace that its kind needs is asked about, and not refused by what is
   * remembered
   * @param isDoubted whether what is remembered may be wrong
   * @throws (rejects) DepwatchError ERR_NO_VERSIONED_RESOURCE, ERR_RESOURCE_UNWATCHABLE, ERR_TRANSPORT when its time is
   * over, the signal's reason, and whatever the transport refuses with for good
   */
  resolve(id: ObjectIdentifier, signal: CallSignal, isDoubted = false): Promise<ScopedGVR> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { gvrs } = this.#options;
    const known = gvrs.peek(id);
    const isUnfit = known?.namespaced && id.name && !id.namespace;
    // The kinds of v1 are what they are.
    const asksAnew = (isDoubted || isUnfit) && id.group && !this.#isFresh(id);
    if (known && !asksAnew) return Promise.resolve(known);
    if (known) gvrs.forget(id);
    return this.#inquire(id).answer(signal);
  }

  /**
   * The resource as the server serves it now, whatever was known.
   *
   * @param options.confirm whether a denial has to be repeated, a while later, to be believed
   * @throws (rejects) as resolve, but never for a trouble that passes
   */
  rediscover(
    gvk: GroupVersionKind,
    { confirm, signal }: { confirm: boolean; signal: AbortSignal },
  ): Promise<ScopedGVR> {
    const known = this.#options.gvrs.peek(gvk);
    // Many lose their watch at once; one answer does for all of them.
    if (confirm && known && this.#isFresh(gvk)) return Promise.resolve(known);
    return this.#inquire(gvk).news(confirm, signal);
  }

  /** Waits until the server serves the kind. */
  served(gvk: GroupVersionKind, { signal }: { signal: AbortSignal }): Promise<ScopedGVR> {
    return this.#inquire(gvk).presence(signal);
  }

  /** Ends all that is under way. */
  close(): void {
    for (const inquiry of this.#inquiries.values()) inquiry.close();
    this.#inquiries.clear();
  }

  #isFresh(gvk: GroupVersionKind): boolean {
    const foundAt = this.#foundAt.get(groupVersionKindKey(gvk)) ?? -Infinity;
    return this.#options.clock.now() - foundAt <= freshMs;
  }

  #inquire(gvk: GroupVersionKind): Inquiry {
    const key = groupVersionKindKey(gvk);
    let inquiry = this.#inquiries.get(key);
    if (!inquiry) {
      inquiry = new Inquiry(gvk, {
        ...this.#options,
        deadlines: this.#deadlines,
        found: () => this.#foundAt.set(key, this.#options.clock.now()),
        over: () => this.#inquiries.delete(key),
      });
      this.#inquiries.set(key, inquiry);
    }
    return inquiry;
  }
}

import type { Metrics } from '@depwatch/core';

/** How a member came, or went. */
export type HandOver = 'joined' | 'left' | 'lapsed';

/** What a replica counts and measures of its group; the README lists it. */
export class GroupMetrics {
  readonly #metrics: Metrics;
  readonly #group: string;

  constructor({ metrics, name }: { readonly metrics: Metrics; readonly name: string }) {
    this.#metrics = metrics;
    this.#group = name;
  }

  /** Whether it takes part. */
  takesPart(isMember: boolean): void {
    this.#metrics.gauge('depwatch_replica_member', isMember ? 1 : 0, { group: this.#group });
  }

  /** It could not renew in time. */
  lost(): void {
    this.#metrics.count('depwatch_replica_losses_total', { group: this.#group });
  }

  members(count: number): void {
    this.#metrics.gauge('depwatch_replicas_members', count, { group: this.#group });
  }

  handedOver(how: HandOver): void {
    this.#metrics.count('depwatch_replicas_hand_overs_total', { group: this.#group, how });
  }

  /** @param ms since the owner before was last seen to own it */
  takenOver(ms: number): void {
    this.#metrics.observe('depwatch_replicas_without_owner_seconds', ms / 1000, {
      group: this.#group,
    });
  }
}

import type { Metrics } from '@depwatch/core';

const handOvers = ['joined', 'left', 'lapsed'] as const;

/** How a member came, or went. */
export type HandOver = (typeof handOvers)[number];

/** What a replica counts and measures of its group; the README lists it. */
export class GroupMetrics {
  readonly #metrics: Metrics;
  readonly #group: string;

  constructor({ metrics, name }: { readonly metrics: Metrics; readonly name: string }) {
    this.#metrics = metrics;
    this.#group = name;
    // What is there from the start has a rate when it first happens.
    this.#lost(0);
    for (const how of handOvers) this.#handedOver(how, 0);
  }

  /** Whether it takes part. */
  takesPart(isMember: boolean): void {
    this.#metrics.gauge('depwatch_replica_member', isMember ? 1 : 0, { group: this.#group });
  }

  /** It could not renew in time. */
  lost(): void {
    this.#lost(1);
  }

  members(count: number): void {
    this.#metrics.gauge('depwatch_replicas_members', count, { group: this.#group });
  }

  handedOver(how: HandOver): void {
    this.#handedOver(how, 1);
  }

  /** @param ms since the owner before was last seen to own it */
  takenOver(ms: number): void {
    this.#metrics.observe('depwatch_replicas_without_owner_seconds', ms / 1000, {
      group: this.#group,
    });
  }

  #lost(by: number): void {
    this.#metrics.count('depwatch_replica_losses_total', { group: this.#group }, by);
  }

  #handedOver(how: HandOver, by: number): void {
    this.#metrics.count('depwatch_replicas_hand_overs_total', { group: this.#group, how }, by);
  }
}

import type { ReplicaLease, ReplicaRecord } from '../../../src/membership/types.ts';
import type { LeaseEvent, LeaseStore } from './lease-store.ts';
import type { Simulation } from './simulation.ts';

/** What is wrong between one replica and the API server. */
export interface Trouble {
  /** Requests to list aren't answered. */
  reads: boolean;
  /** Writes don't arrive. */
  writes: boolean;
  /** Writes take effect, and nobody hears of it. */
  answers: boolean;
  /** Writes take effect half a minute late. */
  late: boolean;
  /** Watches stand open and are silent. */
  watch: boolean;
}

export type Outcome = { readonly resourceVersion: string } | 'conflict' | 'unanswered';

const requestTimeoutMs = 5000;

/** The way of one replica to the store. */
export class Network {
  readonly trouble: Trouble = {
    reads: false,
    writes: false,
    answers: false,
    late: false,
    watch: false,
  };
  readonly #simulation: Simulation;
  readonly #store: LeaseStore;
  readonly #isDown: () => boolean;
  #stopWatch: () => void = () => {};
  #pump: () => void = () => {};

  constructor(simulation: Simulation, store: LeaseStore, isDown: () => boolean) {
    this.#simulation = simulation;
    this.#store = store;
    this.#isDown = isDown;
  }

  /** Lists, tries again until that works, and watches from there. */
  read(
    listed: (leases: readonly ReplicaLease[], resourceVersion: string) => void,
    event: (event: LeaseEvent) => void,
  ): void {
    this.#stopWatch();
    const ended = { is: false };
    let stopWatch = (): void => {};
    this.#stopWatch = () => {
      ended.is = true;
      stopWatch();
    };
    const queue: (() => void)[] = [];
    let isDelivering = false;
    const pump = (): void => {
      if (ended.is || isDelivering || this.trouble.watch || queue.length === 0) return;
      isDelivering = true;
      this.#simulation.after(this.#delay(), () => {
        isDelivering = false;
        if (ended.is || this.trouble.watch) return;
        queue.shift()!();
        pump();
      });
    };
    this.#pump = pump;
    const attempt = (): void => {
      if (ended.is) return;
      if (this.trouble.reads || this.#isDown()) {
        this.#simulation.after(this.#simulation.between(300, 1000), attempt);
        return;
      }
      const leases = this.#store.list();
      const { resourceVersion } = this.#store;
      isDelivering = true;
      stopWatch = this.#store.watch((told) => {
        queue.push(() => event(told));
        pump();
      });
      // A list is no watch, so a silent one doesn't hold it back.
      this.#simulation.after(this.#delay(), () => {
        if (ended.is) return;
        listed(leases, resourceVersion);
        isDelivering = false;
        pump();
      });
    };
    this.#simulation.after(this.#delay(), attempt);
  }

  write(
    name: string,
    record: ReplicaRecord,
    over: string | undefined,
    answer: (outcome: Outcome) => void,
  ): void {
    const { writes, answers, late } = this.trouble;
    if (writes || this.#isDown()) {
      // Refused at once, or never answered.
      const ms = this.#isDown() ? this.#delay() : requestTimeoutMs;
      this.#simulation.after(ms, () => answer('unanswered'));
      return;
    }
    const isLate = late && this.#simulation.chance(0.7);
    const isUnheard = isLate || answers || this.#simulation.chance(0.01);
    const arrival = isLate ? this.#simulation.between(3000, 30_000) : this.#delay();
    this.#simulation.after(arrival, () => {
      const resourceVersion = this.#store.write(name, record, over);
      if (isUnheard) return;
      this.#simulation.after(this.#delay(), () =>
        answer(resourceVersion === undefined ? 'conflict' : { resourceVersion }),
      );
    });
    if (isUnheard) this.#simulation.after(requestTimeoutMs, () => answer('unanswered'));
  }

  delete(name: string, over: string): void {
    if (this.trouble.writes || this.#isDown()) return;
    this.#simulation.after(this.#delay(), () => this.#store.delete(name, over));
  }

  /** A silent watch that speaks again tells what it held back. */
  watchHealed(): void {
    this.#pump();
  }

  close(): void {
    this.#stopWatch();
  }

  /** Mostly some milliseconds, at times a second. */
  #delay(): number {
    const tail = this.#simulation.chance(0.03) ? 1500 : 40;
    return this.#simulation.between(1, tail);
  }
}

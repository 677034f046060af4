import {
  hasEnded,
  holdingOf,
  ownershipTest,
  type Holding,
} from '../../../src/membership/holding.ts';
import { initialMembershipState, membershipStep } from '../../../src/membership/step.ts';
import type {
  MembershipContext,
  MembershipEffect,
  MembershipInput,
  MembershipState,
} from '../../../src/membership/types.ts';
import type { LeaseStore } from './lease-store.ts';
import { Network } from './network.ts';
import type { Simulation } from './simulation.ts';

export const times = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2000,
  slackMs: 1000,
};

/** One reconcile under way. */
export interface Run {
  readonly key: string;
  readonly epoch: number;
  end: () => void;
}

/** What the world hears of a replica. */
export interface Witness {
  began(replica: Replica, run: Run): void;
  ended(replica: Replica, run: Run): void;
}

export interface Nature {
  readonly identity: string;
  readonly run: string;
  /** How fast its clock goes; 1 is true. */
  readonly rate: number;
  /** What its clock shows at first. */
  readonly offset: number;
}

/** A process with a clock of its own, which performs what `membershipStep` asks for, and reconciles what it owns. */
export class Replica {
  state: MembershipState = initialMembershipState;
  readonly network: Network;
  readonly nature: Nature;
  readonly runs = new Map<string, Run>();
  isDead = false;
  isPaused = false;
  /** How far off its wall clock is, in milliseconds; nothing may depend on it. */
  wallOffset = 0;
  readonly #simulation: Simulation;
  readonly #bornAt: number;
  readonly #witness: Witness;
  #cancelTimer: () => void = () => {};
  /** What a process that is paused will find when it goes on. */
  #inbox: (() => void)[] = [];
  #awaitingDrain: number | undefined;
  #holding: Holding | undefined;
  #test: (key: string) => boolean = () => false;
  /** What the test has said; the world asks for each key, some times between any two changes. */
  readonly #known = new Map<string, boolean>();

  constructor(
    simulation: Simulation,
    store: LeaseStore,
    isDown: () => boolean,
    nature: Nature,
    witness: Witness,
  ) {
    this.#simulation = simulation;
    this.network = new Network(simulation, store, isDown);
    this.nature = nature;
    this.#bornAt = simulation.now;
    this.#witness = witness;
  }

  get context(): MembershipContext {
    const { identity, run } = this.nature;
    const context = {
      now: this.#now,
      random: this.#simulation.random(),
      identity,
      run,
      leaseName: `group-${identity}`,
      ...times,
      // For planted bugs that believe it.
      wallNow: this.#simulation.now + this.wallOffset,
    };
    return context;
  }

  /** On its own clock. */
  get #now(): number {
    const { rate, offset } = this.nature;
    return offset + (this.#simulation.now - this.#bornAt) * rate;
  }

  start(): void {
    this.#feed({ type: 'start' });
  }

  leave(): void {
    this.#feed({ type: 'leave' });
  }

  owns(key: string): boolean {
    if (this.isDead || this.isPaused || this.#hasEnded()) return false;
    const known = this.#known.get(key) ?? this.#test(key);
    this.#known.set(key, known);
    return known;
  }

  /** Whether time has ended what it owned, though nothing was done about it yet. */
  #hasEnded(): boolean {
    return !this.#holding || hasEnded(this.#holding, this.#now);
  }

  /** Tries to begin a reconcile, as a work queue would. */
  begin(key: string, ms: number): void {
    if (this.runs.has(key) || !this.owns(key)) return;
    const run: Run = { key, epoch: this.state.epoch, end: () => {} };
    const end = (): void => {
      if (this.runs.get(key) !== run) return;
      if (this.isPaused) return void this.#inbox.push(end);
      this.runs.delete(key);
      this.#witness.ended(this, run);
      this.#tellDrained();
    };
    run.end = end;
    this.runs.set(key, run);
    this.#witness.began(this, run);
    this.#simulation.after(ms, end);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    // What a pause outlasted ends before anything else is done; its signal is aborted by then.
    if (this.#hasEnded()) {
      for (const run of [...this.runs.values()]) run.end();
    }
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const run of inbox) run();
  }

  kill(): void {
    this.isDead = true;
    this.#cancelTimer();
    this.network.close();
    for (const run of this.runs.values()) this.#witness.ended(this, run);
    this.runs.clear();
  }

  #feed(input: MembershipInput): void {
    if (this.isDead) return;
    if (this.isPaused) {
      this.#inbox.push(() => this.#feed(input));
      return;
    }
    const { context } = this;
    const [state, effects] = membershipStep(this.state, input, context);
    this.state = state;
    this.#holding = holdingOf(state, context);
    if (effects.some(({ type }) => type === 'changed')) {
      this.#test = ownershipTest(this.#holding);
      this.#known.clear();
    }
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: MembershipEffect): void {
    const { leaseName } = this.context;
    switch (effect.type) {
      case 'read':
        return this.network.read(
          (leases, resourceVersion) => this.#feed({ type: 'listed', leases, resourceVersion }),
          (event) => this.#feed(event),
        );
      case 'write': {
        const { record, over } = effect;
        const { write } = record;
        const renewedAt = this.#simulation.now + this.wallOffset;
        return this.network.write(
          leaseName,
          { ...record, renewedAt } as typeof record,
          over,
          (outcome) => {
            if (outcome === 'unanswered') this.#feed({ type: 'unanswered', write });
            else if (outcome === 'conflict') this.#feed({ type: 'refused', write, conflict: true });
            else this.#feed({ type: 'written', write, ...outcome });
          },
        );
      }
      case 'delete':
        return this.network.delete(effect.name, effect.over);
      case 'changed':
        this.#awaitingDrain = effect.drain;
        return void this.#simulation.after(1, () => this.#tellDrained());
      case 'overdue':
        for (const run of this.runs.values()) {
          if (!this.owns(run.key))
            this.#simulation.after(this.#simulation.between(0, 2000), run.end);
        }
        return undefined;
      case 'timer':
        this.#cancelTimer();
        this.#cancelTimer = this.#simulation.after(effect.ms / this.nature.rate + 0.01, () =>
          this.#feed({ type: 'elapsed' }),
        );
        return undefined;
      case 'left':
        return this.kill();
    }
  }

  #tellDrained(): void {
    const number = this.#awaitingDrain;
    if (number === undefined || [...this.runs.keys()].some((key) => !this.owns(key))) return;
    this.#awaitingDrain = undefined;
    this.#feed({ type: 'drained', number });
  }
}

/** A group of many replicas in virtual time: the step that a replica runs, without processes, networks and API servers. */
import {
  holdingOf,
  initialMembershipState,
  membershipStep,
  type Holding,
  type MembershipContext,
  type MembershipEffect,
  type MembershipInput,
  type MembershipState,
  type ReplicaLease,
} from '../../packages/core/src/index.ts';

/** How long each way takes, in milliseconds; with nothing that goes wrong on it. */
const requestMs = 20;
const watchMs = 10;

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** What is due, in order: a binary heap. */
class Agenda {
  readonly #heap: Due[] = [];
  #order = 0;

  add(at: number, run: () => void): void {
    const heap = this.#heap;
    const due = { at, order: this.#order++, run };
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isBefore(due, heap[above]!)) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = due;
  }

  get next(): Due | undefined {
    return this.#heap[0];
  }

  take(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
      if (!isBefore(heap[below]!, last)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** One replica of a {@link GroupSimulation}. */
export class SimulatedReplica {
  readonly identity: string;
  state: MembershipState = initialMembershipState;
  isDead = false;
  readonly #group: GroupSimulation;
  #timers = 0;

  constructor(group: GroupSimulation, identity: string) {
    this.#group = group;
    this.identity = identity;
  }

  get context(): MembershipContext {
    const { identity } = this;
    return {
      now: this.#group.now,
      random: this.#group.random(),
      identity,
      run: `run-${identity}`,
      leaseName: `group-${identity}`,
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2000,
      slackMs: 1000,
    };
  }

  get holding(): Holding {
    return holdingOf(this.state, this.context);
  }

  feed(input: MembershipInput): void {
    if (this.isDead) return;
    this.#group.steps += 1;
    const [state, effects] = membershipStep(this.state, input, this.context);
    this.state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: MembershipEffect): void {
    const group = this.#group;
    switch (effect.type) {
      case 'read':
        return group.list(this);
      case 'write':
        return group.write(this, effect);
      case 'delete':
        return group.delete(effect.name);
      case 'changed':
        return group.after(0, () => this.feed({ type: 'drained', number: effect.drain }));
      case 'timer': {
        const timer = (this.#timers += 1);
        return group.after(effect.ms, () => {
          if (timer === this.#timers) this.feed({ type: 'elapsed' });
        });
      }
      case 'left':
        this.isDead = true;
        return undefined;
      case 'overdue':
        return undefined;
    }
  }
}

/** Replicas, the Leases on a server, and time. */
export class GroupSimulation {
  now = 0;
  /** How often a Lease was written, and how often `membershipStep` was run. */
  writes = 0;
  steps = 0;
  readonly #agenda = new Agenda();
  readonly #leases = new Map<string, ReplicaLease>();
  readonly #replicas: SimulatedReplica[] = [];
  readonly #watching = new Set<SimulatedReplica>();
  #version = 100;
  #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  get living(): readonly SimulatedReplica[] {
    return this.#replicas.filter(({ isDead }) => !isDead);
  }

  start(identity: string): SimulatedReplica {
    const replica = new SimulatedReplica(this, identity);
    this.#replicas.push(replica);
    replica.feed({ type: 'start' });
    return replica;
  }

  after(ms: number, run: () => void): void {
    this.#agenda.add(this.now + ms, run);
  }

  runFor(ms: number): void {
    const until = this.now + ms;
    for (let due = this.#agenda.next; due && due.at <= until; due = this.#agenda.next) {
      this.#agenda.take();
      this.now = due.at;
      due.run();
    }
    this.now = until;
  }

  /** Runs until it is so, and looks every ten milliseconds. @returns how long that took */
  runUntil(isSo: () => boolean): number {
    const beganAt = this.now;
    while (!isSo()) {
      if (this.now - beganAt > 120_000) throw new Error('it never is');
      this.runFor(10);
    }
    return this.now - beganAt;
  }

  /** Whether all act by one membership, of all that live, and nobody is waited for. */
  isSettled(): boolean {
    const { living } = this;
    return living.every((replica) => {
      const { views, claims } = replica.holding;
      return claims.length === 0 && views.length === 1 && views[0]!.length === living.length;
    });
  }

  list(replica: SimulatedReplica): void {
    this.after(requestMs, () => {
      this.#watching.add(replica);
      const resourceVersion = String(this.#version);
      replica.feed({ type: 'listed', leases: [...this.#leases.values()], resourceVersion });
    });
  }

  write(
    replica: SimulatedReplica,
    { record, over }: Extract<MembershipEffect, { type: 'write' }>,
  ): void {
    const { write } = record;
    const { leaseName: name } = replica.context;
    this.after(requestMs / 2, () => {
      const answer = (input: MembershipInput): void =>
        this.after(requestMs / 2, () => replica.feed(input));
      if (this.#leases.get(name)?.resourceVersion !== over) {
        return answer({ type: 'refused', write, conflict: true });
      }
      this.writes += 1;
      const resourceVersion = String((this.#version += 1));
      const lease = { name, resourceVersion, record };
      this.#leases.set(name, lease);
      this.#tell({ type: 'changed', lease });
      return answer({ type: 'written', write, resourceVersion });
    });
  }

  delete(name: string): void {
    this.after(requestMs / 2, () => {
      if (!this.#leases.delete(name)) return;
      this.#tell({ type: 'deleted', name, resourceVersion: String((this.#version += 1)) });
    });
  }

  /** By Mulberry32 (Tommy Ettinger's 32-bit generator, public domain). */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  #tell(input: MembershipInput): void {
    // Who lists meanwhile sees it there.
    const watching = [...this.#watching];
    this.after(watchMs, () => watching.forEach((replica) => replica.feed(input)));
  }
}

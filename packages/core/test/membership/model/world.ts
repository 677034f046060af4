import { LeaseStore } from './lease-store.ts';
import type { Trouble } from './network.ts';
import { Replica, times, type Run, type Witness } from './replica.ts';
import { Simulation } from './simulation.ts';

/** Something that happens to the group. */
export interface Happening {
  /** So long after the one before, in milliseconds. */
  readonly afterMs: number;
  readonly what:
    | 'start'
    | 'leave'
    | 'kill'
    | 'restart'
    | 'roll'
    | 'pause'
    | 'reads'
    | 'writes'
    | 'answers'
    | 'late'
    | 'watch'
    | 'sight'
    | 'all'
    | 'down'
    | 'wall clock'
    | 'delete lease';
  /** Which of the replicas that run, modulo their number. */
  readonly who: number;
  /** How long it lasts, where it does. */
  readonly forMs: number;
}

export interface Schedule {
  readonly seed: number;
  readonly replicas: number;
  readonly happenings: readonly Happening[];
}

const keys = Array.from({ length: 12 }, (_, index) => `v1/ConfigMap/a/config-${index}`);
const most = 5;

/**
 * How long a key may go without an owner where nothing is wrong any more: the lease and its slack, on the slowest clock,
 * what runs longest being handed over, and the way of a few requests.
 */
const boundMs = (times.leaseDurationMs + times.slackMs) / 0.9 + 7000;

type Kind = keyof Trouble;

/** What is in trouble where something is cut off. */
function kindsOf(what: Kind | 'all' | 'sight'): readonly Kind[] {
  if (what === 'all') return ['reads', 'writes', 'watch'];
  // It writes, and sees nothing.
  return what === 'sight' ? ['reads', 'watch'] : [what];
}

/** A group of replicas in virtual time, and the checks of what must hold. */
export class World implements Witness {
  readonly simulation: Simulation;
  readonly store = new LeaseStore();
  #replicas: Replica[] = [];
  #runs = 0;
  #isDown = false;
  /** Who runs each key. */
  readonly #running = new Map<string, Set<Replica>>();
  readonly #lastEpoch = new Map<string, { epoch: number; run: string }>();
  readonly #ownedAt = new Map<string, number>();
  /** Nobody starts before. */
  #closedUntil = 0;
  /** Until when something is wrong. */
  #troubledUntil = 0;
  reconciles = 0;
  longestUnownedMs = 0;

  constructor({ seed, replicas }: Pick<Schedule, 'seed' | 'replicas'>) {
    this.simulation = new Simulation(seed);
    for (let index = 0; index < replicas; index++) this.start(`app-${index}`);
    for (const key of keys) this.#ownedAt.set(key, 0);
    this.#work();
  }

  static run({ happenings, ...rest }: Schedule): World {
    const world = new World(rest);
    for (const happening of happenings) {
      world.simulation.runUntil(world.simulation.now + happening.afterMs);
      world.happen(happening);
    }
    world.rest();
    return world;
  }

  get living(): readonly Replica[] {
    return this.#replicas.filter(({ isDead }) => !isDead);
  }

  start(identity: string): Replica {
    const { simulation } = this;
    const nature = {
      identity,
      run: `run-${this.#runs++}`,
      rate: simulation.between(0.9, 1.1),
      offset: simulation.between(0, 1e6),
    };
    const replica = new Replica(simulation, this.store, () => this.#isDown, nature, this);
    // Where nobody else looks, nobody has seen what has lapsed by then.
    if (this.living.every(({ isPaused }) => isPaused)) this.#trouble(0);
    this.#replicas.push(replica);
    replica.start();
    return replica;
  }

  happen({ what, who, forMs }: Happening): void {
    const { living, simulation } = this;
    const replica = living[who % Math.max(1, living.length)];
    if (what === 'start') {
      const isOpen = simulation.now >= this.#closedUntil;
      if (living.length < most && isOpen) this.start(`app-${this.#runs}`);
      return;
    }
    if (what === 'down') {
      this.#isDown = true;
      this.#trouble(forMs);
      simulation.after(forMs, () => (this.#isDown = false));
      return;
    }
    if (!replica) return;
    const { identity } = replica.nature;
    const isClosed = simulation.now < this.#closedUntil;
    if (isClosed && (what === 'restart' || what === 'roll')) return;
    switch (what) {
      case 'leave':
        this.#trouble(0);
        if (living.length > 1) replica.leave();
        return;
      case 'kill':
        this.#trouble(0);
        if (living.length > 1) replica.kill();
        return;
      case 'restart':
        // The same identity, at once or while the old process hangs.
        if (simulation.chance(0.5)) replica.kill();
        else this.#pause(replica, forMs);
        this.start(identity);
        return;
      case 'roll':
        replica.leave();
        this.start(`app-${this.#runs}`);
        return;
      case 'pause':
        this.#pause(replica, forMs);
        return;
      case 'wall clock':
        replica.wallOffset += simulation.chance(0.5) ? 3_600_000 : -3_600_000;
        return;
      case 'delete lease':
        // Who has never seen it can't know that its owner may be at work; the README says so.
        if (living.some(({ state, isPaused }) => isPaused || state.phase !== 'member')) return;
        this.#closedUntil = simulation.now + boundMs;
        this.#trouble(0);
        this.store.delete(`group-${identity}`);
        // With a Lease that somebody deletes goes what it said of epochs.
        this.#lastEpoch.clear();
        return;
      default: {
        const kinds = kindsOf(what);
        for (const kind of kinds) replica.network.trouble[kind] = true;
        this.#trouble(forMs + (what === 'late' ? 35_000 : 0));
        simulation.after(forMs, () => {
          for (const kind of kinds) replica.network.trouble[kind] = false;
          replica.network.watchHealed();
        });
      }
    }
  }

  /** Lets everything come to rest, and looks whether all is well. */
  rest(): void {
    const { simulation } = this;
    simulation.runUntil(Math.max(simulation.now, this.#troubledUntil) + 2 * boundMs + 60_000);
    if (this.living.length === 0) return;
    for (const key of keys) {
      const owners = this.living.filter((replica) => replica.owns(key));
      if (owners.length !== 1) throw new Error(`at rest ${key} has ${owners.length} owners`);
    }
    const named = new Set(this.living.map(({ nature }) => nature.identity));
    const leases = this.store.list().length;
    if (leases > named.size) throw new Error(`${leases} Leases of ${named.size} replicas`);
  }

  began(replica: Replica, { key, epoch }: Run): void {
    this.reconciles += 1;
    const running = this.#running.get(key) ?? new Set();
    this.#running.set(key, running);
    for (const other of running) {
      if (other.isPaused) continue;
      const pair = `${other.nature.run} and ${replica.nature.run}`;
      throw new Error(`${pair} reconcile ${key} at once, at ${this.simulation.now}`);
    }
    running.add(replica);
    const last = this.#lastEpoch.get(key);
    const { run } = replica.nature;
    if (last && (last.run === run ? epoch < last.epoch : epoch <= last.epoch)) {
      const now = `epoch ${epoch} of ${run}`;
      throw new Error(`${now} comes after ${last.epoch} of ${last.run}, for ${key}`);
    }
    // Of what its owner goes on with until it knows, nobody will know.
    if (this.simulation.now >= this.#closedUntil) this.#lastEpoch.set(key, { epoch, run });
  }

  ended(replica: Replica, { key }: Run): void {
    this.#running.get(key)?.delete(replica);
  }

  #pause(replica: Replica, forMs: number): void {
    replica.pause();
    this.#trouble(forMs);
    this.simulation.after(forMs, () => replica.resume());
  }

  #trouble(forMs: number): void {
    this.#troubledUntil = Math.max(this.#troubledUntil, this.simulation.now + forMs);
  }

  /** Each replica tries to reconcile, and it is looked who owns what. */
  #work(): void {
    const { simulation, living } = this;
    for (const key of keys) {
      const owned = living.some((replica) => replica.owns(key));
      const ownedAt = this.#ownedAt.get(key)!;
      if (owned || living.length === 0) this.#ownedAt.set(key, simulation.now);
      else {
        const unownedMs = simulation.now - Math.max(ownedAt, this.#troubledUntil);
        this.longestUnownedMs = Math.max(this.longestUnownedMs, unownedMs);
        if (unownedMs > boundMs) {
          throw new Error(`nobody has owned ${key} for ${unownedMs} ms, at ${simulation.now}`);
        }
      }
      for (const replica of living) {
        const ms = simulation.chance(0.05) ? 6000 : simulation.between(5, 300);
        if (simulation.chance(0.3)) replica.begin(key, ms);
      }
    }
    simulation.after(simulation.between(50, 400), () => this.#work());
  }
}

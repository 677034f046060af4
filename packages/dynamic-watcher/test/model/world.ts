import assert from 'node:assert/strict';
import { createVirtualClock, type VirtualClock } from '@depwatch/testing';
import type { DynamicWatcher } from '../../src/index.ts';
import { Callers } from './callers.ts';
import { Checks } from './checks.ts';
import { watcherCount, type Command, type Schedule } from './commands.ts';
import { Server } from './server.ts';
import { targetIds, watcherId } from './targets.ts';

/**
 * Longer than any back-off, and shorter than the two minutes after which a resumed watch is listed anew: that would heal
 * what a resume had lost.
 */
const restMs = 100_000;

/** The dynamic watcher under test, the server it watches, those who use it, and what has to be true of them all. */
export class World {
  readonly watcher: DynamicWatcher;
  readonly #clock: VirtualClock;
  readonly #server: Server;
  readonly #callers: Callers;
  readonly #checks: Checks;

  constructor(schedule: Schedule) {
    this.#clock = createVirtualClock({ seed: schedule.clockSeed });
    this.#server = new Server(this.#clock, schedule);
    this.#callers = new Callers(this.#server, this.#clock, schedule, (watcher, causes) =>
      this.#checks.told(watcher, causes),
    );
    this.#checks = new Checks(this.#server, this.#callers, schedule);
    this.watcher = this.#callers.watcher;
  }

  async perform(command: Command): Promise<void> {
    await this.#do(command);
    this.#callers.forgetDroppedEdges();
    this.#checks.now();
  }

  /** Heals every fault, lets everything come to rest, and checks what has to be true then. */
  async rest(): Promise<void> {
    this.#callers.mode = 'fine';
    if (this.#server.sick.size > 0) await this.#restWithSickKind();
    this.#server.heal();
    await this.#clock.advance(restMs);
    this.#checks.now();
    this.#checks.settled();
    this.#checks.atRest('1');
    this.#checks.count();
    this.#checks.wakeUps();
    await this.#restOfPlan();
  }

  get planChanges(): number {
    return this.#callers.planChanges;
  }

  /** Removes every watcher and stops; nothing may be left. */
  async end(): Promise<void> {
    for (let index = 0; index < watcherCount; index += 1) {
      await this.watcher.removeWatcher(watcherId(index), { abortBatch: true });
    }
    assert.equal(this.watcher.getWatchCount(), 0, '7: a watch is left');
    await this.#clock.advance(1);
    assert.deepEqual(this.#server.fake.openWatches, [], '7: a stream is left');
    assert.deepEqual(this.watcher.graph(), { watchers: [], watched: [], edges: [] });
    await this.stop();
  }

  /** Stops in whatever state it is. */
  async stop(): Promise<void> {
    this.#callers.stopped = true;
    const stopping = this.watcher.stop();
    this.#server.heal();
    await stopping;
    // Slow reconciles are of the caller; they go on.
    await this.#clock.advance(60_000);
    await this.watcher.stopped;
    this.#checks.settled();
    assert.deepEqual(this.#server.fake.openWatches, [], 'a stream is left after the stop');
    assert.equal(this.#clock.pending, 0, 'a timer is left after the stop');
    this.#checks.noProblems();
  }

  /** A kind whose requests hang may hold up its own watches, and no others: also when all come back at once. */
  async #restWithSickKind(): Promise<void> {
    const invariant = "18: one kind's trouble is another's";
    this.#server.heal({ cure: false });
    await this.#clock.advance(restMs);
    this.#checks.atRest(invariant);
    const target = targetIds.findIndex(({ kind }) => this.#server.sick.has(kind));
    for (let index = 0; index < watcherCount; index += 1) this.#callers.add(index, target);
    await this.#clock.advance(100);
    this.#server.fault('cut');
    await this.#clock.advance(5000);
    this.#checks.atRest(invariant);
  }

  /** Lets every watch show fresh versions, for long enough that all plans are as they stay. */
  async #restOfPlan(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      this.#server.goOn();
      await this.#clock.advance(30_000);
      this.#checks.now();
    }
    this.#checks.atRest('1');
    this.#checks.plan();
    this.#checks.wakeUps();
  }

  async #restore(back: number): Promise<void> {
    this.#server.restore(back);
    await this.#clock.advance(1000);
    this.#server.heal();
    // Long enough for every watch to find out, before new versions overtake those that were seen.
    await this.#clock.advance(45_000);
  }

  #do(command: Command): void | Promise<void> {
    const server = this.#server;
    const callers = this.#callers;
    switch (command.type) {
      case 'put':
        return server.put(command.object, command.group, command.value);
      case 'delete':
        return server.delete(command.object);
      case 'recreate':
        server.delete(command.object);
        return server.put(command.object, command.group, 9);
      case 'stranger':
        return server.changeStranger(command.stranger, command.gone);
      case 'busy':
        return server.busy();
      case 'add':
        return callers.add(command.watcher, command.target);
      case 'update':
        return callers.update(command.watcher, command.targets);
      case 'remove':
        return callers.remove(command.watcher);
      case 'enqueue':
        return callers.enqueue(command.watcher, command.afterMs);
      case 'batch':
        return callers.batch(command);
      case 'gap':
        server.fake.breakWatches();
        void this.#do({ type: command.change, object: command.object, group: 'a', value: 8 });
        return server.fault('compact');
      case 'restore':
        return this.#restore(command.back);
      case 'deny':
        return server.denyKinds();
      case 'uninstall':
        return server.uninstall();
      case 'install':
        return server.install();
      case 'rescope':
        return server.rescope();
      case 'fault':
        return server.fault(command.fault);
      case 'reconciler':
        callers.mode = command.mode;
        return;
      case 'advance':
        return this.#clock.advance(command.ms);
    }
  }
}

import assert from 'node:assert/strict';
import type { Cause, ObjectIdentifier } from '@depwatch/core';
import type { DynamicWatcher } from '../../src/index.ts';

/** A dynamic watcher that is, or was, in the group. */
export interface Member {
  /** No other one has it: one that starts in the same cluster later is another member. */
  readonly name: string;
  readonly watcher: DynamicWatcher;
  stopped: boolean;
}

/** A reconcile under way. */
export interface Run {
  readonly of: string;
  readonly signal: AbortSignal;
  /** For whom it is at least, those included who have removed its watcher since. */
  readonly callers: Set<Member>;
  /** The same without them. */
  readonly wanted: Set<Member>;
  settled: boolean;
}

/** What a member that still stands has to be told of. */
export interface Due {
  readonly member: Member;
  readonly of: string;
  readonly what: string;
  /** What has changed, where it is a change: due only as long as the watcher depends on that. */
  readonly target?: string;
  /** Whether it has become due; it has unless this says no when everything had time to come. */
  hasCome?(): boolean;
  /** Whether these are the causes of it. */
  told(causes: readonly Cause[]): boolean;
}

/**
 * What has to be true of a group, reckoned from its dynamic watchers' calls and from the causes of its reconciles alone. Who
 * asked is known at least, and who may have at most: what lies between may go either way.
 */
export class Expectations {
  readonly problems: string[] = [];
  readonly running = new Set<Run>();
  readonly #members: () => readonly Member[];
  /** Who has had to do with a watcher and has not removed it since. */
  readonly #involved = new Map<string, Set<Member>>();
  /** The last reconcile of each watcher. */
  readonly #last = new Map<string, Run>();
  readonly #due = new Set<Due>();
  /** Whose causes may be those of before a remove, which others kept: they say nothing. */
  readonly #stale = new Set<string>();

  /** @param members those that stand */
  constructor(members: () => readonly Member[]) {
    this.#members = members;
  }

  /** A member has a watcher added or enqueued. */
  involved(of: string, member: Member): void {
    this.#involvedIn(of).add(member);
  }

  /** A member has to be told of something, unless it removes the watcher or stops. */
  due(...dues: readonly Due[]): void {
    for (const due of dues) this.#due.add(due);
  }

  /** What a member's watcher no longer depends on it need not be told of. */
  forgetDropped(): void {
    for (const due of this.#due) {
      const { member, of, target } = due;
      if (target !== undefined && !dependsOn(member, of, target)) this.#due.delete(due);
    }
  }

  /** A reconcile begins. */
  begins(watcher: ObjectIdentifier, causes: readonly Cause[], signal: AbortSignal): Run {
    const of = watcher.name!;
    if ([...this.running].some((run) => run.of === of)) this.problems.push(`${of} runs twice`);
    if (![...this.#involvedIn(of)].some(({ stopped }) => !stopped)) {
      this.problems.push(`${of} runs for nobody: ${JSON.stringify(causes)}`);
    }
    for (const due of this.#due) {
      // There are no more causes than 16.
      if (due.of === of && (due.told(causes) || causes.length >= 16)) this.#due.delete(due);
    }
    const callers = new Set<Member>();
    for (const { cluster, type } of causes) {
      if (type === 'retry' || type === 'requeue') {
        for (const member of this.#last.get(of)?.wanted ?? []) callers.add(member);
      } else {
        assert(cluster, `no cluster in ${type}`);
        const member = this.#members().find(({ name }) => name === cluster);
        const isHis = member && this.#involvedIn(of).has(member);
        if (isHis && !this.#stale.has(`${of} ${cluster}`)) callers.add(member);
      }
    }
    const run: Run = { of, signal, callers, wanted: new Set(callers), settled: false };
    this.#last.set(of, run);
    this.running.add(run);
    return run;
  }

  settles(run: Run): void {
    run.settled = true;
    this.running.delete(run);
  }

  /** A member removes a watcher: what it asked for is of those who depend, too, from now on. */
  removes(of: string, member: Member): void {
    this.#leaves(of, member);
    this.#involvedIn(of).delete(member);
    if (this.#involvedIn(of).size > 0) this.#stale.add(`${of} ${member.name}`);
    for (const due of this.#due) {
      if (due.member === member && due.of === of) this.#due.delete(due);
    }
  }

  /** A member stops, by `stop`. @returns the reconciles that its `stopped` has to wait for */
  async stops(member: Member, stop: () => Promise<void>): Promise<readonly Run[]> {
    const before = [...this.running].filter(({ signal }) => !signal.aborted);
    const standing = this.#members().filter((other) => other !== member);
    const mayGoOn = (run: Run): boolean =>
      standing.some((other) => this.#involvedIn(run.of).has(other) || dependsOn(other, run.of));
    const goesOn = (run: Run): boolean =>
      run.wanted.size > 0 &&
      standing.some((other) => run.wanted.has(other) || dependsOn(other, run.of));
    const mine = [...this.running].filter((run) => run.callers.has(member));
    const ends = mine.filter((run) => !mayGoOn(run));
    const stay = before.filter((run) => goesOn(run));
    for (const of of this.#last.keys()) this.#leaves(of, member);
    member.stopped = true;
    const stopping = stop();
    for (const { of, signal } of ends) {
      if (!signal.aborted) this.problems.push(`${member.name} leaves ${of} running`);
    }
    for (const { of, signal } of stay) {
      if (signal.aborted) this.problems.push(`${member.name} aborts ${of}, which is another's`);
    }
    for (const due of this.#due) if (due.member === member) this.#due.delete(due);
    await stopping;
    return ends;
  }

  /** Everything had time to come. */
  atRest(): void {
    for (const { member, of, what, hasCome } of this.#due) {
      if (hasCome?.() ?? true) this.problems.push(`${of} was not told by ${member.name}: ${what}`);
    }
    this.check();
  }

  check(): void {
    assert.deepEqual(this.problems, []);
  }

  /** What was for a member is for those from now on who depend. */
  #leaves(of: string, member: Member): void {
    const heirs = this.#members().filter((other) => other !== member && dependsOn(other, of));
    const last = this.#last.get(of);
    if (!last?.wanted.delete(member)) return;
    for (const heir of heirs) {
      last.wanted.add(heir);
      if (!last.settled) last.callers.add(heir);
    }
  }

  #involvedIn(of: string): Set<Member> {
    let members = this.#involved.get(of);
    if (!members) this.#involved.set(of, (members = new Set()));
    return members;
  }
}

/** Whether a watcher depends on something in a member, or on what has this name. */
export function dependsOn({ watcher, stopped }: Member, of: string, target?: string): boolean {
  if (stopped) return false;
  return watcher
    .graph()
    .edges.some(
      (edge) => edge.watcher.name === of && (target === undefined || edge.watched.name === target),
    );
}

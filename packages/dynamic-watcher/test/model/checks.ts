import assert from 'node:assert/strict';
import { objectIdentifierKey, type Cause, type ObjectIdentifier } from '@depwatch/core';
import { objectCount, type Schedule } from './commands.ts';
import type { Callers } from './callers.ts';
import type { Server } from './server.ts';
import { PlanChecks } from './plan-checks.ts';
import { keyOfWatched, targetIds } from './targets.ts';

/** A version that was seen, and whether the server was behind it then. */
interface Version {
  readonly version: number;
  readonly ahead: boolean;
}

const nothing = '';
const changes: readonly string[] = ['added', 'modified', 'deleted'] satisfies Cause['type'][];

/** What has to be true of a dynamic watcher and the server it watches: the invariants, by their numbers. */
export class Checks {
  readonly #server: Server;
  readonly #callers: Callers;
  readonly #problems: string[] = [];
  /** How often each watcher was told of each object, by both their keys: of any change, and of a delete. */
  readonly #told = new Map<string, { changes: number; deletes: number }>();
  /** The version of each watch, and whether the server was behind it. */
  #versions = new Map<string, Version>();
  /** How often each object had been away when the cache last showed it as the server did. */
  readonly #shown = new Map<number, number>();
  /** The version of each object that is shown, by feed and name, and whether the server was behind it. */
  #objects = new Map<string, Version>();
  readonly #plan: PlanChecks;

  constructor(server: Server, callers: Callers, schedule: Pick<Schedule, 'plan' | 'bounds'>) {
    this.#server = server;
    this.#callers = callers;
    this.#plan = new PlanChecks(server, schedule);
  }

  /** Counts what a watcher is told. */
  told(watcher: ObjectIdentifier, causes: readonly Cause[]): void {
    for (const { type, watched } of causes) {
      const object = watched ? objectOf(watched) : undefined;
      if (!watched || object === undefined || !changes.includes(type)) continue;
      const key = `${objectIdentifierKey(watcher)} ${objectIdentifierKey(watched)}`;
      const told = this.#told.get(key) ?? { changes: 0, deletes: 0 };
      this.#told.set(key, told);
      told.changes += 1;
      if (type === 'deleted') told.deletes += 1;
      // By either name of what it depends on by both, while a change of scope is not noticed.
      const feeds = this.#server.hasMoved(watched.kind) ? 2 : 1;
      if (told.changes > feeds * this.#server.changes[object]!) {
        this.#problems.push(`19: a change of ${watched.name} was told twice`);
      }
      if (told.deletes > feeds * this.#server.absences[object]!) {
        this.#problems.push(`20: a delete of ${watched.name} was told that was none`);
      }
    }
  }

  /** What must never be, not even for a moment. */
  now(): void {
    if (this.#callers.stopped) return;
    const { watcher } = this.#callers;
    const versions: [key: string, version: string | undefined][] = [];
    const objects: typeof versions = [];
    for (const { watched, resourceVersion } of watcher.watchStatus()) {
      const key = objectIdentifierKey(watched);
      versions.push([key, resourceVersion]);
      for (const { metadata } of this.#callers.shown(watched) ?? [])
        objects.push([`${metadata?.name} of ${key}`, metadata?.resourceVersion]);
    }
    this.#versions = this.#forward(versions, this.#versions);
    this.#objects = this.#forward(objects, this.#objects);
    for (let object = 0; object < objectCount; object += 1) this.#look(object);
  }

  /** What must be once nothing has happened for a while, of kinds that are not sick. */
  atRest(invariant: string): void {
    for (const { state, watched, lastError } of this.#callers.watcher.watchStatus()) {
      if (state === 'ended' || this.#server.sick.has(watched.kind)) continue;
      const what = JSON.stringify({ watched, lastError });
      assert.equal(state, 'live', `${invariant}, 11: a watch is not live again: ${what}`);
      assert.equal(
        this.#callers.cached(watched),
        this.#server.shows(watched),
        `${invariant}, 1: the cache is not as the server: ${what}`,
      );
    }
    this.noProblems();
  }

  settled(): void {
    assert.equal(this.#callers.pending, 0, '17: a promise has not settled');
  }

  count(): void {
    const { length } = this.#server.fake.openWatches;
    const message = '7: the count is not that of the streams';
    assert.equal(this.#callers.watcher.getWatchCount(), length, message);
  }

  /** Only after bookmarks: what changes from one watch to another waits for a fresh version. */
  plan(): void {
    this.count();
    this.#streams();
    this.#plan.check(this.#callers.watcher.watchStatus());
  }

  #streams(): void {
    const { watcher } = this.#callers;
    const watched = watcher.graph().watched.map(objectIdentifierKey);
    const open = this.#server.fake.openWatches.map(({ gvk, namespace, name, selector }) =>
      keyOfWatched({
        ...gvk,
        ...(namespace && { namespace }),
        ...(name && { name }),
        ...(selector && { selector }),
      }),
    );
    const served = watcher.watchStatus().filter(({ state }) => state !== 'ended');
    const needed = served.map(({ servedBy, watched: { namespace, name, selector, ...kind } }) =>
      keyOfWatched({
        ...kind,
        ...(namespace && servedBy !== 'kind' && { namespace }),
        ...(servedBy === 'object' && { ...(name && { name }), ...(selector && { selector }) }),
      }),
    );
    const message = '7: the streams are not what serves the feeds';
    assert.deepEqual(open.toSorted(), [...new Set(needed)].toSorted(), message);
    assert.equal(served.length, watched.length, '7: the feeds are not what the graph demands');
  }

  wakeUps(): void {
    for (const { watcher, watched } of this.#callers.watcher.graph().edges) {
      const last = this.#callers.lastSeen(watcher, watched);
      if (last === undefined) continue;
      const message = `2: ${watcher.name} was not woken for ${JSON.stringify(watched)}`;
      assert.equal(last, this.#callers.cached(watched), message);
    }
  }

  noProblems(): void {
    assert.deepEqual([...this.#callers.problems, ...this.#problems], []);
  }

  /** The versions that are seen now. What has gone, and comes back later, is another one. */
  #forward(
    seen: readonly [key: string, version: string | undefined][],
    before: ReadonlyMap<string, Version>,
  ): Map<string, Version> {
    const newest = Number(this.#server.fake.resourceVersion);
    const after = new Map<string, Version>();
    const byVersion = seen.toSorted(([, a = ''], [, b = '']) => Number(b) - Number(a));
    for (const [key, resourceVersion] of byVersion) {
      if (resourceVersion === undefined) continue;
      const version = Number(resourceVersion);
      // A kind that has come to another scope is there twice until that is noticed.
      if ((after.get(key)?.version ?? -1) > version) continue;
      const known = before.get(key);
      // A server that was restored is behind what was seen of it, until everything is listed anew.
      if (known && !known.ahead && known.version > version && known.version <= newest) {
        this.#problems.push(`3, 19: ${key} went back from ${known.version} to ${version}`);
      }
      after.set(key, { version, ahead: version > newest });
    }
    return after;
  }

  #look(object: number): void {
    const id = targetIds[object]!;
    const cached = this.#callers.cached(id);
    const absences = this.#server.absences[object]!;
    if (cached === undefined) {
      this.#shown.delete(object);
    } else if (cached === nothing) {
      if (this.#shown.get(object) === absences) {
        this.#problems.push(`20: ${id.name} was taken from the cache, and is there`);
      }
    } else if (cached === this.#server.shows(id)) {
      this.#shown.set(object, absences);
    }
  }
}

/** Which of the server's objects is watched by its name. */
function objectOf({ kind, name }: ObjectIdentifier): number | undefined {
  const index = targetIds.findIndex((id) => id.kind === kind && id.name === name && name);
  return index >= 0 && index < objectCount ? index : undefined;
}

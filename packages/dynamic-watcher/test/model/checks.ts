import assert from 'node:assert/strict';
import { objectIdentifierKey, type Cause, type ObjectIdentifier } from '@depwatch/core';
import { objectCount } from './commands.ts';
import type { Callers } from './callers.ts';
import type { Server } from './server.ts';
import { targetIds } from './targets.ts';

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
  readonly #versions = new Map<string, { version: number; ahead: boolean }>();
  /** How often each object had been away when the cache last showed it as the server did. */
  readonly #shown = new Map<number, number>();

  constructor(server: Server, callers: Callers) {
    this.#server = server;
    this.#callers = callers;
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
      if (told.changes > this.#server.changes[object]!) {
        this.#problems.push(`19: a change of ${watched.name} was told twice`);
      }
      if (told.deletes > this.#server.absences[object]!) {
        this.#problems.push(`20: a delete of ${watched.name} was told that was none`);
      }
    }
  }

  /** What must never be, not even for a moment. */
  now(): void {
    if (this.#callers.stopped) return;
    const newest = Number(this.#server.fake.resourceVersion);
    const before = new Map(this.#versions);
    // A watch that has gone, and comes back later, is another one.
    this.#versions.clear();
    for (const { watched, resourceVersion } of this.#callers.watcher.watchStatus()) {
      if (resourceVersion === undefined) continue;
      const key = objectIdentifierKey(watched);
      const version = Number(resourceVersion);
      const known = before.get(key);
      // A server that was restored is behind what was seen of it, until everything is listed anew.
      if (known && !known.ahead && known.version > version && known.version <= newest) {
        this.#problems.push(`3, 19: ${key} went back from ${known.version} to ${version}`);
      }
      this.#versions.set(key, { version, ahead: version > newest });
    }
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

  watches(): void {
    const { watcher } = this.#callers;
    const watched = watcher.graph().watched.map(objectIdentifierKey);
    const open = this.#server.fake.openWatches.map(({ gvk, namespace, name, selector }) =>
      objectIdentifierKey({
        ...gvk,
        ...(namespace && { namespace }),
        ...(name && { name }),
        ...(selector && { selector }),
      }),
    );
    assert.equal(watcher.getWatchCount(), open.length, '7: the count is not that of the streams');
    const served = watcher.watchStatus().filter(({ state }) => state !== 'ended');
    const needed = served.map(({ servedBy, watched: { namespace, name, selector, ...kind } }) =>
      objectIdentifierKey({
        ...kind,
        ...(namespace && kind.kind !== 'Node' && servedBy !== 'kind' && { namespace }),
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

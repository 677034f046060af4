import { DepwatchError, expiredError, type KubernetesObject } from '@depwatch/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { howMany, seed } from '../../../../../tools/random-tests.ts';
import type { Collection } from '../../../src/supply/collections/collection.ts';
import type { Feed } from '../../../src/supply/feed.ts';
import { CollectionBench } from './collection-bench.ts';
import { isOlder, isWatched, type LoggedSource } from './logged-server.ts';

/** A failure prints the seed, the path and the shrunken schedule; DEPWATCH_SEED=n replays a run. */
const numRuns = howMany(200);

const names = ['a', 'b', 'c', 'd'];
const lost = new DepwatchError('ERR_TRANSPORT', 'lost', { retryable: true });
const refused = new DepwatchError('ERR_FORBIDDEN', 'no');

/** What happens next, and two numbers that say to whom and how. */
const steps = {
  put: 6,
  remove: 3,
  newFeed: 2,
  join: 4,
  drop: 1,
  open: 5,
  deliver: 8,
  decode: 3,
  cut: 2,
  expire: 1,
  relist: 1,
  part: 0.5,
  refuse: 0.3,
  reopen: 0.5,
};
type StepName = keyof typeof steps;
const schedule = fc.record({
  metadataOnly: fc.boolean(),
  steps: fc.array(
    fc.tuple(
      fc.oneof(
        ...Object.entries(steps).map(([name, weight]) => ({
          arbitrary: fc.constant(name as StepName),
          weight: weight * 10,
        })),
      ),
      fc.nat(1000),
      fc.nat(1000),
    ),
    { minLength: 20, maxLength: 150, size: 'max' },
  ),
});

/** Feeds that change between their own watches and collections, and what they must have told. */
class Handovers {
  readonly bench: CollectionBench;
  readonly feeds: Feed[] = [];
  readonly collections: Collection[];
  /** What each feed has shown to whoever listens, by its first state and the changes told since. */
  readonly #known = new Map<Feed, Map<string, KubernetesObject>>();
  readonly #versions = new Map<Feed, string>();
  readonly #metadataOnly: boolean;

  constructor(metadataOnly: boolean) {
    this.#metadataOnly = metadataOnly;
    this.bench = new CollectionBench({ metadataOnly });
    this.collections = [this.bench.collection, this.bench.open()];
    // So that nothing is whole by chance: what nobody asks for has no room.
    for (let index = 0; index < 1000; index += 1) this.bench.server.put(`spare${index}`);
    this.bench.onChange = (feed, changes) => {
      const known = this.#known.get(feed)!;
      for (const { type, key, before, after } of changes) {
        const version = known.get(key)?.metadata?.resourceVersion;
        expect([type, before?.metadata?.resourceVersion]).toEqual([
          after === undefined ? 'deleted' : version === undefined ? 'added' : 'modified',
          version,
        ]);
        if (!after) known.delete(key);
        else {
          expect(version && !isOlder(version, after.metadata?.resourceVersion)).toBeFalsy();
          known.set(key, after);
        }
      }
    };
    this.bench.onLive = (feed) => {
      if (!this.#known.has(feed)) this.#known.set(feed, new Map(this.#shown(feed)));
    };
  }

  step(name: StepName, one: number, other: number): void {
    const { server, sources } = this.bench;
    const source = sources.filter(({ isStopped }) => !isStopped).at(one % sources.length);
    const feed = this.feeds.at(one % this.feeds.length);
    const object = names[one % names.length]!;
    switch (name) {
      case 'put':
        server.put(object, other % 2 === 0 ? { color: 'red' } : {});
        break;
      case 'remove':
        server.remove(object);
        break;
      case 'newFeed': {
        const made = other % 4 === 0 ? this.bench.select('color=red') : this.bench.feed(object);
        this.feeds.push(made);
        if (other % 3 === 0) this.collections[one % 2]!.join(made);
        else if (other % 3 === 1) this.bench.coming(made);
        else this.bench.own(made);
        break;
      }
      case 'join':
        if (feed) this.collections[other % 2]!.join(feed);
        break;
      case 'drop':
        if (!feed) break;
        this.bench.drop(feed);
        this.feeds.splice(this.feeds.indexOf(feed), 1);
        break;
      case 'open':
        if (source) this.#open(source, other);
        break;
      case 'deliver':
        source?.deliver(1 + (other % 5), other % 2 === 0);
        break;
      case 'decode':
        source?.decode(1 + (other % 5), other % 2 === 0);
        break;
      case 'cut':
        source?.cut(lost);
        break;
      case 'expire':
        source?.expire(expiredError('too old'));
        break;
      case 'relist':
        source?.relist(() => feed && this.collections[other % 2]!.join(feed));
        break;
      case 'part':
        this.collections[one % 2]!.part();
        break;
      case 'refuse':
        (this.collections[one % 2]!.source as LoggedSource).end(refused);
        break;
      case 'reopen':
        this.#reopen(one % 2);
        break;
    }
    this.#check();
  }

  /** Everything is delivered: all feeds show what the server has. */
  rest(): void {
    const { server, sources } = this.bench;
    for (let round = 0; round < 10; round += 1) {
      for (const source of [...sources]) {
        source.open();
        source.deliver();
      }
      server.put('bookmark');
    }
    for (const source of [...sources]) source.deliver();
    this.#check();
    for (const feed of this.feeds) {
      const there = server.at().filter((object) => isWatched(feed.watched, object));
      expect([feed.key, ...versionsOf(feed.store.values())]).toEqual([
        feed.key,
        ...versionsOf(there),
      ]);
      expect([feed.state, feed.handover]).toEqual(['live', undefined]);
    }
    // Whoever is gone is forgotten.
    const served = this.collections.reduce((sum, { joined }) => sum + joined, 0);
    const apart = this.feeds.filter((feed) => this.bench.ownOf(feed)).length;
    expect(served + apart).toBe(this.feeds.length);
    for (const collection of this.collections) {
      expect([collection.served, collection.isEmpty]).toEqual([
        collection.joined,
        collection.joined === 0,
      ]);
    }
  }

  /** A list that follows none may be of an older version, as one from another API server. */
  #open(source: LoggedSource, other: number): void {
    const { server } = this.bench;
    const mayLag = source.from === undefined && !source.wasLive && other % 2 === 0;
    source.open(mayLag ? Math.max(10, server.version - (other % 4)) : undefined);
  }

  #reopen(index: number): void {
    const before = this.collections[index]!;
    if (before.joined > 0 || before.served > 0) return;
    for (const feed of this.feeds) {
      if (feed.handover) return;
    }
    before.close();
    this.collections[index] = this.bench.open(index === 0 ? 'ns' : undefined);
  }

  #check(): void {
    for (const feed of this.feeds) {
      const known = this.#known.get(feed);
      if (known) expect(this.#shown(feed)).toEqual(known);
      const whole = this.#metadataOnly || feed.store.values().every((object) => 'data' in object);
      expect(whole).toBe(true);
      const version = feed.source?.resourceVersion;
      if (version === undefined || !known) continue;
      expect(isOlder(version, this.#versions.get(feed))).toBe(false);
      this.#versions.set(feed, version);
    }
  }

  #shown({ store }: Feed): Map<string, KubernetesObject> {
    const entries = [...store.keys()].sort().map((key) => [key, store.get(key)!] as const);
    return new Map(entries);
  }
}

function versionsOf(objects: readonly KubernetesObject[]): unknown[] {
  return objects.map(({ metadata }) => Number(metadata?.resourceVersion)).sort((a, b) => a - b);
}

test(
  `whatever serves a feed, no change is lost, none is told twice, no version goes back (DEPWATCH_SEED=${seed})`,
  { timeout: 600_000 },
  () => {
    fc.assert(
      fc.property(schedule, ({ metadataOnly, steps: drawn }) => {
        const handovers = new Handovers(metadataOnly);
        for (const [name, one, other] of drawn) handovers.step(name, one, other);
        handovers.rest();
      }),
      { seed, numRuns },
    );
  },
);

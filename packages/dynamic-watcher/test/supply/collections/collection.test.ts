import { DepwatchError, expiredError } from '@depwatch/core';
import { describe, expect, test } from 'vitest';
import type { Feed } from '../../../src/supply/feed.ts';
import { CollectionBench } from './collection-bench.ts';

const refusal = new DepwatchError('ERR_FORBIDDEN', 'no');
const trouble = new DepwatchError('ERR_TRANSPORT', 'lost', { retryable: true });

/** A bench with objects a and b at versions 11 and 12. */
function bench(...args: ConstructorParameters<typeof CollectionBench>): CollectionBench {
  const made = new CollectionBench(...args);
  made.server.put('a');
  made.server.put('b');
  return made;
}

describe('joining', () => {
  test('feeds wait for the collection that comes up, and are live with it, by no request of theirs', () => {
    const { collection, source, sources, feed, shown, toldBy } = using(bench());
    const [a, absent] = [feed('a'), feed('absent')];
    collection.join(a);
    collection.join(absent);
    expect([a.hasBegun, a.state, collection.served]).toEqual([true, 'starting', 2]);
    source.open();
    expect([a.state, absent.state]).toEqual(['live', 'live']);
    expect([shown(a), shown(absent)]).toEqual([['a@11'], []]);
    expect(a.status([])).toMatchObject({ servedBy: 'namespace', resourceVersion: '12' });
    const b = feed('b');
    collection.join(b);
    expect([b.hasBegun, b.state, shown(b), toldBy(b)]).toEqual([true, 'live', ['b@12'], []]);
    expect([collection.joined, collection.served, sources.length]).toEqual([3, 3, 1]);
  });

  test('its own watch is level with the list: nothing is told, and its watch ends', () => {
    const { collection, source, feed, own, toldBy } = using(bench());
    const a = feed('a');
    const before = own(a);
    collection.join(a);
    source.open();
    expect([before.isStopped, a.source === before, toldBy(a)]).toEqual([true, false, []]);
  });

  test('its own watch is behind the list: what it has yet to see is told, once', () => {
    const { server, collection, source, feed, own, toldBy } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    const ofB = own(b);
    own(a);
    server.put('a');
    server.remove('b');
    collection.join(a);
    collection.join(b);
    source.open();
    expect([toldBy(a), toldBy(b)]).toEqual([['modified a@13'], ['deleted b@12']]);
    ofB.deliver();
    source.deliver();
    expect([toldBy(a), toldBy(b)]).toEqual([['modified a@13'], ['deleted b@12']]);
  });

  test('its own watch is ahead: it joins once the collection is no older, and nothing goes back', () => {
    const { server, collection, source, feed, own, toldBy, ownOf, shown } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    const old = server.version;
    server.put('a');
    server.remove('b');
    own(a);
    own(b);
    collection.join(a);
    collection.join(b);
    source.open(old);
    expect([ownOf(a) !== undefined, ownOf(b) !== undefined]).toEqual([true, true]);
    source.deliver(1);
    expect([ownOf(a) !== undefined, ownOf(b) !== undefined]).toEqual([true, true]);
    source.deliver(1);
    expect([ownOf(a), ownOf(b)]).toEqual([undefined, undefined]);
    expect([toldBy(a), toldBy(b), shown(a), shown(b)]).toEqual([[], [], ['a@13'], []]);
  });

  test('an object that came again under its name is another one', () => {
    const { server, collection, source, feed, own, toldBy } = using(bench());
    const a = feed('a');
    own(a);
    server.remove('a');
    server.put('a');
    collection.join(a);
    source.open();
    expect(toldBy(a)).toEqual(['modified a@14']);
    server.remove('a');
    server.put('a');
    source.deliver();
    expect(toldBy(a).slice(1)).toEqual(['deleted a@14', 'added a@16']);
  });

  test('a watch that is being listed anew shows what it has until its own list, or its version, is known', () => {
    const { server, collection, source, feed, own, toldBy, ownOf } = using(bench());
    const a = feed('a');
    const old = server.version;
    server.put('a');
    const before = own(a);
    before.expire(expiredError('too old'));
    collection.join(a);
    source.open(old);
    expect(ownOf(a)).toBe(before);
    before.open();
    expect(ownOf(a)).toBe(before);
    source.deliver();
    expect([ownOf(a), toldBy(a)]).toEqual([undefined, []]);
  });

  test('one that is not live yet joins instead of waiting for its own watch', () => {
    const { collection, source, feed, sources, coming, shown } = using(bench());
    source.open();
    const a = feed('a');
    const before = coming(a);
    collection.join(a);
    expect([before.isStopped, a.state, shown(a)]).toEqual([true, 'live', ['a@11']]);
    expect(sources).toHaveLength(2);
  });

  test('nobody joins while the collection is being listed anew, also where nobody was told', () => {
    const { server, collection, source, feed, shown } = using(bench());
    source.open();
    const [a, b] = [feed('a'), feed('b')];
    const joining = (one: Feed) => (): void => {
      collection.join(one);
      expect(one.state).toBe('starting');
    };
    source.expire(expiredError('too old'));
    server.put('b');
    source.open(undefined, joining(b));
    expect([b.state, shown(b)]).toEqual(['live', ['b@13']]);
    server.put('a');
    source.relist(joining(a));
    expect([a.state, shown(a)]).toEqual(['live', ['a@14']]);
  });

  test('joining twice, or another one after it, is joining once', () => {
    const { collection, open, source, sources, feed, events, shown, server } = using(bench());
    const a = feed('a');
    collection.join(a);
    collection.join(a);
    source.open();
    const kind = open();
    kind.join(a);
    const ofKind = sources.at(-1)!;
    ofKind.open();
    expect(a.status([])).toMatchObject({ servedBy: 'kind' });
    expect([collection.joined, kind.joined, events]).toEqual([0, 1, ['live', 'emptied', 'live']]);
    server.put('a');
    source.deliver();
    expect(shown(a)).toEqual(['a@11']);
    ofKind.deliver();
    expect(shown(a)).toEqual(['a@13']);
  });
});

describe('what is told', () => {
  test('of a burst, once all stores show all of it', () => {
    const { bench: it, server, collection, source, feed, shown } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    collection.join(a);
    collection.join(b);
    source.open();
    const seen: string[][] = [];
    it.onChange = () => void seen.push([...shown(a), ...shown(b)]);
    server.put('a');
    server.put('b');
    source.deliver();
    expect(seen).toEqual([
      ['a@13', 'b@14'],
      ['a@13', 'b@14'],
    ]);
  });

  test('how much of it somebody asked for; what a list shows is not counted', () => {
    const { bench: it, server, collection, source, feed } = using(bench());
    collection.join(feed('a'));
    source.open();
    for (const name of ['a', 'b', 'c', 'a']) server.put(name);
    source.deliver(3);
    source.deliver();
    expect(it.distributed).toEqual([
      [3, 1],
      [1, 1],
    ]);
    expect([collection.events, collection.size]).toEqual([{ received: 4, wanted: 2 }, 3]);
  });

  test('of a relist, what has changed', () => {
    const { server, collection, source, feed, events, toldBy, select } = using(bench());
    const [a, b, all] = [feed('a'), feed('b'), select('')];
    for (const one of [a, b, all]) collection.join(one);
    source.open();
    server.remove('a');
    server.put('c');
    source.expire(expiredError('too old'));
    expect([a.state, events]).toEqual(['retrying', ['live', 'retrying ERR_EXPIRED']]);
    source.open();
    expect([a.state, toldBy(a), toldBy(b)]).toEqual(['live', ['deleted a@11'], []]);
    expect(toldBy(all)).toEqual(['added c@14', 'deleted a@11']);
  });

  test('of a selector, objects that begin and cease to match, in either namespace of a kind', () => {
    const { server, collection, source, select, own, toldBy, shown } = using(
      bench({ namespace: '' }),
    );
    const [red, everywhere] = [select('color=red'), select('color=red', '')];
    server.put('c', { color: 'red' });
    own(red);
    collection.join(red);
    collection.join(everywhere);
    source.open();
    server.put('a', { color: 'red' });
    server.put('x', { color: 'red' }, 'other');
    server.put('c', { color: 'blue' });
    server.remove('a');
    source.deliver();
    expect(toldBy(red)).toEqual(['added a@14', 'deleted c@13', 'deleted a@14']);
    expect([shown(red), shown(everywhere)]).toEqual([[], ['x@15']]);
  });

  test('with metadata alone too, by versions', () => {
    const { server, collection, source, feed, toldBy, select } = using(
      bench({ metadataOnly: true }),
    );
    const [a, red] = [feed('a'), select('color=red')];
    collection.join(a);
    collection.join(red);
    source.open();
    server.put('a', { color: 'red' });
    server.put('a', {});
    server.remove('a');
    source.deliver();
    expect(toldBy(a)).toEqual(['modified a@13', 'modified a@14', 'deleted a@14']);
    expect(toldBy(red)).toEqual(['added a@13', 'deleted a@13']);
  });

  test('each version to who follows, and to nobody else', () => {
    const { server, collection, source, feed } = using(bench());
    const [a, b, late] = [feed('a'), feed('b'), feed('late')];
    const seen: (string | undefined)[] = [];
    late.follow(() => seen.push(`late ${late.source?.resourceVersion}`));
    for (const one of [a, b, late]) collection.join(one);
    source.open();
    const unfollow = a.follow(() => seen.push(a.source?.resourceVersion));
    server.put('b');
    source.deliver();
    unfollow();
    server.put('b');
    source.deliver();
    expect(seen).toEqual(['late 12', 'late 12', 'late 13', '13', 'late 14']);
  });

  test('one retry, however many feeds there are', () => {
    const { collection, source, feed, events } = using(bench());
    const feeds = [feed('a'), feed('b')];
    for (const one of feeds) collection.join(one);
    source.open();
    const late = feed('c');
    source.cut(trouble);
    collection.join(late);
    expect(events).toEqual(['live', 'retrying ERR_TRANSPORT']);
    expect([...feeds, late].map(({ state }) => state)).toEqual([
      'retrying',
      'retrying',
      'starting',
    ]);
    source.open();
    expect([...feeds, late].map(({ state }) => state)).toEqual(['live', 'live', 'live']);
  });

  test('a retry is no affair of a feed that has got a watch of its own meanwhile', () => {
    const { bench: it, collection, source, feed } = using(bench());
    const a = feed('a');
    collection.join(a);
    it.own(a);
    collection.retrying(trouble, 100);
    expect(a.state).toBe('live');
    source.open();
    expect([a.state, a.status([]).servedBy]).toEqual(['live', 'namespace']);
  });

  test('a feed that has got a watch of its own meanwhile gets no second one', () => {
    const { bench: it, collection, source, sources, server, feed, ownOf } = using(bench());
    const a = feed('a');
    collection.join(a);
    server.put('a');
    it.own(a);
    const own = ownOf(a);
    // It shows an older state than that watch has.
    source.open(10);
    expect([ownOf(a), sources.length]).toEqual([own, 2]);
  });

  test('while it is refused what is new is watched by itself, and joins when it is back', () => {
    const { server, collection, source, feed, shown, ownOf } = using(bench());
    const [a, b, c] = [feed('a'), feed('b'), feed('c')];
    collection.join(a);
    source.open();
    collection.retrying(trouble, 100);
    collection.join(b);
    expect([b.state, ownOf(b)]).toEqual(['starting', undefined]);
    collection.retrying(refusal, 100);
    collection.join(c);
    expect([a.state, ownOf(a)]).toEqual(['retrying', undefined]);
    expect([ownOf(b) === undefined, ownOf(c) === undefined]).toEqual([false, false]);
    ownOf(b)!.open();
    expect([b.state, shown(b)]).toEqual(['live', ['b@12']]);
    server.put('c');
    collection.live();
    source.deliver();
    expect([ownOf(a), ownOf(b), ownOf(c)]).toEqual([undefined, undefined, undefined]);
    const d = feed('d');
    collection.retrying(trouble, 100);
    collection.join(d);
    expect([ownOf(d), shown(c)]).toEqual([undefined, ['c@13']]);
  });

  test('that the kind is gone, to all, and then what that took away', () => {
    const { bench: it, collection, source, feed, events, toldBy } = using(bench());
    const a = feed('a');
    collection.join(a);
    source.open();
    it.waits = true;
    expect(collection.waits).toBe(true);
    source.vanish(new DepwatchError('ERR_NO_VERSIONED_RESOURCE', 'gone'));
    expect([toldBy(a), a.state]).toEqual([['deleted a@11'], 'retrying']);
    expect(events).toEqual(['live', 'a gone', 'retrying ERR_NO_VERSIONED_RESOURCE']);
  });
});

describe('objects that nobody asks for', () => {
  /** With more of them than are kept whole. */
  function crowded(): CollectionBench {
    const made = bench();
    for (let index = 0; index < 1100; index += 1) made.server.put(`n${index}`);
    made.source.open();
    return made;
  }

  test('are kept whole while there is room, and dropped beyond', () => {
    const { collection, sources, feed, shown, ownOf } = using(crowded());
    const [kept, dropped] = [feed('n5'), feed('n1099')];
    collection.join(kept);
    collection.join(dropped);
    expect([kept.state, shown(kept)]).toEqual(['live', ['n5@18']]);
    expect([dropped.state, ownOf(dropped)?.isStarted, sources.length]).toEqual([
      'starting',
      true,
      2,
    ]);
  });

  test('a dropped one is shown by a watch of its own until the collection has it from there', () => {
    const { server, collection, feed, toldBy, shown, ownOf } = using(crowded());
    const a = feed('n1099');
    collection.join(a);
    const own = ownOf(a)!;
    own.open();
    expect([own.isStopped, ownOf(a), a.state, shown(a)]).toEqual([
      true,
      undefined,
      'live',
      ['n1099@1112'],
    ]);
    expect(a.store.values()[0]).toMatchObject({ data: { written: '1112' } });
    expect([toldBy(a), server.version]).toEqual([[], 1112]);
  });

  test('a dropped one that is written meanwhile is whole by its event', () => {
    const { server, collection, source, feed, toldBy, shown, ownOf } = using(crowded());
    const a = feed('n1099');
    collection.join(a);
    const own = ownOf(a)!;
    server.put('n1099');
    own.open();
    expect(ownOf(a)).toBe(own);
    source.deliver();
    expect([ownOf(a), toldBy(a), shown(a)]).toEqual([undefined, [], ['n1099@1113']]);
  });

  test('one whose own watch is behind the collection joins as soon as that is no longer so', () => {
    const { server, collection, source, feed, toldBy, ownOf } = using(crowded());
    const old = server.version;
    server.put('n1099');
    source.deliver();
    const a = feed('n1099');
    collection.join(a);
    ownOf(a)!.open(old);
    expect(ownOf(a)).toBeDefined();
    ownOf(a)!.deliver();
    expect([ownOf(a), toldBy(a)]).toEqual([undefined, ['modified n1099@1113']]);
  });

  test('what a selector selects is whole, and adopted all together', () => {
    const { server, collection, source, select, ownOf } = using(bench());
    for (let index = 0; index < 1100; index += 1) server.put(`n${index}`, { color: 'red' });
    source.open();
    const red = select('color=red');
    collection.join(red);
    ownOf(red)!.open();
    expect([ownOf(red), red.store.size]).toEqual([undefined, 1100]);
    expect(red.store.values().every((object) => 'data' in object)).toBe(true);
  });

  test('one that was dropped while it was decoded is no whole object, though a feed asks for it by then', () => {
    const { server, collection, source, feed, ownOf, toldBy, shown } = using(crowded());
    const a = feed('new');
    server.put('new');
    source.decode();
    collection.join(a);
    expect(a.state).toBe('live');
    source.deliver();
    expect([ownOf(a)?.from, a.store.size]).toEqual([{ resourceVersion: undefined }, 0]);
    ownOf(a)!.open();
    expect([toldBy(a), ownOf(a), shown(a)]).toEqual([['added new@1113'], undefined, ['new@1113']]);
    expect(collection.wanted!({ name: 'new', namespace: 'ns', resourceVersion: '1' })).toBe(true);
  });

  test('with metadata alone there is nothing to drop', () => {
    expect(bench({ metadataOnly: true }).collection.wanted).toBeUndefined();
  });

  test('those of a feed that left make room for others', () => {
    const { server, collection, drop, source, feed, select, ownOf } = using(bench());
    const red = select('color=red');
    collection.join(red);
    for (let index = 0; index < 1100; index += 1) server.put(`n${index}`, { color: 'red' });
    source.open();
    drop(red);
    const whole = [...collection.store.values()].filter((object) => 'data' in object);
    expect(whole).toHaveLength(1000);
    for (let index = 0; index < 1000; index += 1) server.remove(`n${index}`);
    source.deliver();
    server.put('late');
    source.deliver();
    const late = feed('late');
    collection.join(late);
    expect([late.state, ownOf(late)]).toEqual(['live', undefined]);
  });
});

describe('leaving', () => {
  test('a feed that nothing depends on any more is told nothing, and the last one leaves it empty', () => {
    const { server, collection, source, feed, drop, toldBy, events } = using(bench());
    const [a, waiting] = [feed('a'), feed('b')];
    collection.join(a);
    source.open();
    source.cut(trouble);
    collection.join(waiting);
    drop(a);
    expect(events).not.toContain('emptied');
    drop(waiting);
    source.open();
    server.put('a');
    source.deliver();
    expect([toldBy(a), waiting.state, collection.served]).toEqual([[], 'starting', 0]);
    expect(events.filter((event) => event === 'emptied')).toHaveLength(1);
  });

  test('a feed that goes while a burst is told is told nothing of it', () => {
    const { bench: it, server, collection, source, feed, drop, toldBy } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    collection.join(a);
    collection.join(b);
    source.open();
    it.onChange = (of) => of === a && drop(b);
    server.put('a');
    server.put('b');
    source.deliver();
    expect([toldBy(a), toldBy(b)]).toEqual([['modified a@13'], []]);
  });

  test('parting: from the next version on, so many at a time, each from where the collection is by then', () => {
    const { server, collection, source, sources, feed, toldBy, events, ownOf } = using(bench());
    const feeds: Feed[] = Array.from({ length: 100 }, (_, index) => feed(`n${index}`));
    for (const one of feeds) collection.join(one);
    source.open();
    collection.part();
    expect(sources).toHaveLength(1);
    server.put('n0');
    source.deliver();
    expect(sources).toHaveLength(65);
    expect(ownOf(feeds[0]!)?.from).toEqual({ resourceVersion: '13' });
    server.put('n0');
    server.put('n99');
    source.deliver();
    expect(toldBy(feeds[99]!)).toEqual(['added n99@15']);
    ownOf(feeds[0]!)!.open();
    ownOf(feeds[0]!)!.deliver();
    expect(toldBy(feeds[0]!)).toEqual(['added n0@13', 'modified n0@14']);
    expect(sources).toHaveLength(66);
    expect(sources.at(-1)!.from).toEqual({ resourceVersion: '15' });
    for (let index = 1; index < 101; index += 1) sources[index]!.open();
    expect([sources.length, collection.joined, events]).toEqual([101, 0, ['live', 'emptied']]);
    expect(feeds.every((one) => one.state === 'live' && one.handover === undefined)).toBe(true);
  });

  test('an add to a collection that parts has a watch of its own', () => {
    const { collection, source, feed, ownOf } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    collection.join(a);
    source.open();
    collection.part();
    collection.join(b);
    expect([ownOf(b)?.isStarted, ownOf(b)?.from]).toEqual([true, undefined]);
  });

  test('a collection that was refused before it was live has its feeds watched by name, those that waited at once', () => {
    const { collection, source, feed, own, events, ownOf } = using(bench());
    const [a, waiting] = [feed('a'), feed('b')];
    const before = own(a);
    collection.join(a);
    collection.join(waiting);
    source.end(refusal);
    expect(events).toEqual(['ended ERR_FORBIDDEN']);
    expect([ownOf(a), before.isStopped, a.handover]).toEqual([before, false, undefined]);
    expect(ownOf(waiting)).toMatchObject({ isStarted: true, from: undefined });
  });

  test('a collection that was refused for good hands each feed on from its version', () => {
    const { server, collection, source, feed, events, ownOf, toldBy } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    collection.join(a);
    collection.join(b);
    source.open();
    server.put('a');
    source.deliver(1);
    server.put('a');
    source.end(refusal);
    expect([events, a.state]).toEqual([['live', 'ended ERR_FORBIDDEN'], 'live']);
    expect(ownOf(a)!.from).toEqual({ resourceVersion: '13' });
    ownOf(a)!.open();
    ownOf(a)!.deliver();
    expect(toldBy(a)).toEqual(['modified a@13', 'modified a@14']);
  });

  test('a feed on its way to another collection gets there all the same', () => {
    const { server, collection, open, source, sources, feed, ownOf, toldBy } = using(bench());
    const a = feed('a');
    collection.join(a);
    source.open();
    const kind = open();
    kind.join(a);
    const ofKind = sources.at(-1)!;
    source.end(refusal);
    ownOf(a)!.open();
    server.put('a');
    ownOf(a)!.deliver();
    ofKind.open();
    expect([a.status([]).servedBy, kind.joined, toldBy(a)]).toEqual(['kind', 1, ['modified a@13']]);
  });

  test('a kind that comes back in another scope is left to watches of their own, which list', () => {
    const { collection, source, feed, events, ownOf, toldBy } = using(bench());
    const a = feed('a');
    collection.join(a);
    source.open();
    source.expire(expiredError('too old'));
    source.gvr = { ...source.gvr, namespaced: false };
    source.open();
    expect(events).toEqual(['live', 'retrying ERR_EXPIRED', 'ended ERR_EXPIRED']);
    expect([toldBy(a), ownOf(a)?.from]).toEqual([[], { resourceVersion: undefined }]);
    expect(source.isStopped).toBe(true);
  });

  test('versions that do not move are left to watches of their own', () => {
    const { collection, source, feed, events, ownOf } = using(bench());
    const a = feed('a');
    collection.join(a);
    source.open();
    collection.changed(
      collection.store.apply([{ type: 'MODIFIED', object: collection.store.get('ns/a')! }]),
    );
    expect(events).toEqual(['live', 'ended ERR_TRANSPORT']);
    expect(ownOf(a)?.from).toEqual({ resourceVersion: undefined });
  });

  test('a feed that can not keep an object has a watch of its own, and the others are told', () => {
    const { server, collection, source, feed, ownOf, toldBy } = using(bench());
    const [a, b] = [feed('a'), feed('b')];
    collection.join(a);
    collection.join(b);
    source.open();
    a.store.apply = () => {
      throw new Error('it can not be kept');
    };
    server.put('a');
    server.put('b');
    source.deliver();
    expect([ownOf(a)?.from, toldBy(b)]).toEqual([
      { resourceVersion: undefined },
      ['modified b@14'],
    ]);
  });
});

/** A bench and its methods, to be taken apart. */
function using(it: CollectionBench) {
  return {
    bench: it,
    server: it.server,
    collection: it.collection,
    source: it.source,
    sources: it.sources,
    events: it.events,
    open: it.open.bind(it),
    feed: it.feed.bind(it),
    select: it.select.bind(it),
    own: it.own.bind(it),
    ownOf: it.ownOf.bind(it),
    shown: it.shown.bind(it),
    toldBy: it.toldBy.bind(it),
    drop: it.drop.bind(it),
    coming: it.coming.bind(it),
  };
}

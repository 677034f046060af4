import { describe, expect, test } from 'vitest';
import { createRendezvous } from '../../src/membership/rendezvous.ts';
import { ByHand, keys, record } from './group.ts';

const wonBy = (identity: string, members: readonly string[]): string[] => {
  const { winner } = createRendezvous(members);
  return keys.filter((key) => winner(key) === identity);
};

describe('joining', () => {
  test('a replica says first that it joins, and acts once that has come back', () => {
    const a = new ByHand();
    a.feed({ type: 'start' });
    expect(a.effects).toContainEqual({ type: 'read' });
    expect(a.write).toBeUndefined();
    a.list();
    expect(a.write).toMatchObject({ over: undefined, record: { phase: 'joining', members: [] } });
    a.echo();
    expect(a.write).toMatchObject({ record: { phase: 'member', members: ['a'] } });
    expect(a.owned()).toEqual([]);
    a.echo();
    expect(a.owned()).toEqual(keys);
  });

  test('it takes over its share only once the owner before has published that it gave it up', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['b'])));
    expect(a.state.view).toEqual(['a', 'b']);
    expect(a.owned()).toEqual([]);
    a.see(record('b', ['a', 'b'], { write: 2, epoch: 3 }));
    expect(a.owned()).toEqual(wonBy('a', ['a', 'b']));
    expect(a.state.epoch).toBe(3);
  });

  test('it waits until the process before it with the same name has lapsed', () => {
    const a = new ByHand();
    a.feed({ type: 'start' });
    a.list(a.lease(record('a', ['a'], { run: 'the one before' })));
    a.after(15_900);
    expect(a.write).toBeUndefined();
    a.after(100);
    expect(a.write).toMatchObject({ over: '101', record: { phase: 'joining' } });
  });

  test('it owns what that one had claimed once that has lapsed, though its Lease was deleted before', () => {
    const a = new ByHand();
    a.feed({ type: 'start' });
    a.list(a.lease(record('a', ['a', 'c'], { run: 'the one before' })));
    a.after(15_000);
    a.feed({ type: 'deleted', name: 'group-a', resourceVersion: String(++a.version) });
    a.echo();
    a.echo();
    expect(a.owned()).toEqual(keys.filter((key) => !wonBy('a', ['a', 'c']).includes(key)));
    a.after(1000);
    a.echo();
    expect(a.owned()).toEqual(keys);
  });

  test('it takes at once what a process of its name has left', () => {
    const a = new ByHand();
    a.feed({ type: 'start' });
    a.list(a.lease(record('a', [], { run: 'the one before', phase: 'left', epoch: 7 })));
    expect(a.write).toMatchObject({ over: '101', record: { epoch: 8 } });
  });

  test('a Lease that it can not read is left alone, and claims every key until it lapses', () => {
    const a = new ByHand();
    a.join({ name: 'group-x', resourceVersion: '50', record: undefined });
    expect(a.owned()).toEqual([]);
    a.after(14_000);
    const own = new ByHand();
    own.feed({ type: 'start' });
    own.list({ name: 'group-a', resourceVersion: '50', record: undefined });
    own.after(100_000);
    expect(own.write).toBeUndefined();
  });
});

describe('a member', () => {
  test('stops what a newcomer takes before it says so', () => {
    const a = new ByHand();
    a.join();
    a.drainsAtOnce = false;
    a.see(record('b', [], { phase: 'joining' }));
    expect(a.owned()).toEqual(keys);
    a.see(record('b', ['a', 'b'], { write: 2 }));
    expect(a.owned()).toEqual(wonBy('a', ['a', 'b']));
    expect(a.write).toBeUndefined();
    a.feed({ type: 'drained', number: a.state.drain.number });
    expect(a.write).toMatchObject({ record: { members: ['a', 'b'] } });
  });

  test('tells runs to end at the deadline, and goes on without them after the grace', () => {
    const a = new ByHand();
    a.join();
    a.drainsAtOnce = false;
    a.see(record('b', ['a', 'b']));
    const renewed = (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        a.after(1000);
        if (a.effects.some(({ type }) => type === 'overdue')) return passed + 1000;
        if (a.write && a.write.record.members.length === 1) a.echo();
        a.see(record('b', ['a', 'b'], { write: 2 + passed }));
      }
      return ms;
    };
    expect(renewed(20_000)).toBe(10_000);
    renewed(5000);
    expect(a.state.drain.done).toBe(true);
  });

  test('takes over what another had once its Lease has lapsed, and no sooner', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['a', 'b'])));
    for (let passed = 0; passed < 15_500; passed += 500) {
      a.after(500);
      if (a.write) a.echo();
      expect(a.state.view).toEqual(['a', 'b']);
    }
    a.after(600);
    // A write whose way back proves that nothing of b is on its way.
    expect(a.write).toBeDefined();
    a.echo();
    expect(a.state.view).toEqual(['a']);
    a.echo();
    expect(a.owned()).toEqual(keys);
  });

  test('says of a Lease that it has lapsed, and believes others that do, of that version alone', () => {
    const a = new ByHand();
    const dead = a.lease(record('b', ['a', 'b']));
    a.join(dead);
    const { name, resourceVersion } = dead;
    for (let passed = 0; passed < 16_000; passed += 500) {
      a.after(500);
      if (!a.write) continue;
      expect(a.write.record.lapsed).toEqual([]);
      a.echo();
    }
    expect(a.write).toMatchObject({
      record: { members: ['a'], lapsed: [{ name, resourceVersion }] },
    });
    const said = record('a', ['a'], { lapsed: [{ name, resourceVersion }] });
    const ofTheList = new ByHand('c');
    ofTheList.join(dead, ofTheList.lease(said));
    expect(ofTheList.state.view).toEqual(['a', 'c']);
    const ofAnEvent = new ByHand('c');
    ofAnEvent.join(dead);
    expect(ofAnEvent.state.view).toEqual(['b', 'c']);
    ofAnEvent.see(said);
    expect(ofAnEvent.state.view).toEqual(['a', 'c']);
    // It was not dead: what it says from then on was not seen to lapse.
    ofAnEvent.see(record('b', ['a', 'b'], { write: 2 }));
    expect(ofAnEvent.state.view).toEqual(['a', 'b', 'c']);
  });

  test('counts on from when a Lease changed, though it has lost its own meanwhile', () => {
    const a = new ByHand();
    const dead = a.lease(record('b', ['a', 'b']));
    a.join(dead);
    a.after(10_000);
    expect(a.state.phase).toBe('joining');
    const { now } = a;
    a.list(dead);
    expect(a.state.seen.get('run-b')?.changedAt).toBe(now - 10_000);
    a.see(record('b', ['a', 'b'], { write: 2 }));
    expect(a.state.seen.get('run-b')?.changedAt).toBe(now);
  });

  test('does not believe another dead while its own writes do not come back', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['b'])));
    a.after(9000);
    a.feed({ type: 'written', write: a.write!.record.write, resourceVersion: '900' });
    for (let passed = 0; passed < 20_000; passed += 500) a.after(500);
    expect(a.owned()).toEqual([]);
    expect(a.state.phase).not.toBe('member');
  });

  test('does not believe another dead whose change may be on its way', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['a', 'b'])));
    const passes = (ms: number, seen: boolean): void => {
      for (let passed = 0; passed < ms; passed += 500) {
        a.after(500);
        if (!a.write) continue;
        if (seen) a.echo();
        else
          a.feed({
            type: 'written',
            write: a.write.record.write,
            resourceVersion: String(900 + passed),
          });
      }
    };
    passes(8000, true);
    // What b writes from now on isn't seen, and it may have missed only as much as it may.
    passes(8500, false);
    expect(a.state).toMatchObject({ phase: 'member', view: ['a', 'b'] });
  });

  test('owns nothing from the renew deadline on, whatever comes back after it', () => {
    const a = new ByHand();
    a.join();
    a.after(2500);
    const late = a.write!;
    a.now += 8000;
    expect(a.owned()).toEqual([]);
    a.echo(late);
    expect(a.state.phase).not.toBe('member');
    expect(a.owned()).toEqual([]);
    expect(a.effects.map(({ type }) => type)).not.toContain('write');
  });

  test('counts no list that is older than what it has seen', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['a', 'b'])));
    const before = a.state;
    a.feed({ type: 'listed', leases: [], resourceVersion: '1' });
    expect(a.state.seen).toBe(before.seen);
    expect(a.state.phase).toBe('member');
  });

  test('owns only what it wins by all that it may have published', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['a', 'b'])));
    a.see(record('b', [], { phase: 'left', write: 2 }));
    // Alone, by what it is going to publish; nobody knows yet.
    expect(a.owned()).toEqual(wonBy('a', ['a', 'b']));
    const lost = a.write!;
    a.feed({ type: 'unanswered', write: lost.record.write });
    a.see(record('b', ['a', 'b'], { run: 'the next', write: 1 }));
    expect(a.owned()).toEqual(wonBy('a', ['a', 'b']));
  });

  test('reads anew after a conflict, and knows a write that had taken effect unheard', () => {
    const a = new ByHand();
    a.join();
    a.after(2500);
    const unheard = a.write!;
    a.feed({ type: 'unanswered', write: unheard.record.write });
    a.after(1000);
    a.feed({ type: 'refused', write: a.write!.record.write, conflict: true });
    expect(a.effects).toContainEqual({ type: 'read' });
    a.list({ name: 'group-a', resourceVersion: String(++a.version), record: unheard.record });
    expect(a.state.sent).toEqual([]);
    expect(a.owned()).toEqual(keys);
  });

  test('waits for no answer to a write that has come back', () => {
    const a = new ByHand();
    a.join();
    a.after(2500);
    a.feed({ type: 'changed', lease: a.lease(a.write!.record) });
    a.see(record('b', ['a', 'b']));
    expect(a.write).toMatchObject({ record: { members: ['a', 'b'] } });
  });

  test('loses all when another takes its Lease, or somebody deletes it', () => {
    const taken = new ByHand();
    taken.join();
    taken.see(record('a', [], { run: 'another', phase: 'joining' }));
    expect(taken.owned()).toEqual([]);
    const deleted = new ByHand();
    deleted.join();
    deleted.feed({ type: 'deleted', name: 'group-a', resourceVersion: String(++deleted.version) });
    expect(deleted.owned()).toEqual([]);
    expect(deleted.state.phase).toBe('joining');
  });

  test('believes the claims of a Lease that was deleted until it would have lapsed', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['a', 'b'])));
    a.feed({ type: 'deleted', name: 'group-b', resourceVersion: String(++a.version) });
    a.echo();
    expect(a.state.view).toEqual(['a']);
    expect(a.owned()).toEqual(wonBy('a', ['a', 'b']));
  });

  test('deletes the Leases of those who left, and none with a greater epoch than its own', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', [], { phase: 'left', epoch: 1 })));
    a.after(2500);
    expect(a.effects).toContainEqual({ type: 'delete', name: 'group-b', over: '101' });
    const other = new ByHand();
    other.join();
    other.see(record('b', [], { phase: 'left', epoch: 40 }));
    other.after(2500);
    expect(other.effects.map(({ type }) => type)).not.toContain('delete');
    other.echo();
    other.after(2500);
    expect(other.effects.map(({ type }) => type)).toContain('delete');
  });
});

describe('leaving', () => {
  test('a replica stops, says that it has, and that is the end', () => {
    const a = new ByHand();
    a.join(a.lease(record('b', ['a', 'b'])));
    a.drainsAtOnce = false;
    a.feed({ type: 'leave' });
    expect(a.owned()).toEqual([]);
    expect(a.write).toMatchObject({ record: { phase: 'leaving', members: ['a', 'b'] } });
    a.echo();
    a.feed({ type: 'drained', number: a.state.drain.number });
    expect(a.write).toMatchObject({ record: { phase: 'left', members: [] } });
    a.feed({ type: 'written', write: a.write!.record.write, resourceVersion: '999' });
    expect(a.effects).toContainEqual({ type: 'left' });
  });

  test('it ends at the deadline where nothing can be said', () => {
    const a = new ByHand();
    a.join();
    a.feed({ type: 'leave' });
    a.feed({ type: 'unanswered', write: a.write!.record.write });
    a.after(10_000);
    expect(a.effects).toContainEqual({ type: 'left' });
  });
});

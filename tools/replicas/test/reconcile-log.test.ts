import { describe, expect, test } from 'vitest';

import { gapsOf, overlapsOf, regressionsOf, runsOf, type LogLine } from '../reconcile-log.ts';

const begin = (at: number, identity: string, epoch: number, key = 'k'): LogLine => ({
  at,
  identity,
  type: 'begin',
  key,
  epoch,
});
const end = (at: number, identity: string, isOwner = true, key = 'k'): LogLine => ({
  at,
  identity,
  type: 'end',
  key,
  isOwner,
});
const nobody = new Map<string, number>();

describe('a log of reconciles', () => {
  test('shows two of one key at once, and not such of two keys or one after the other', () => {
    const one = [begin(1, 'a', 1), end(4, 'a'), begin(3, 'b', 2), end(5, 'b')];
    expect(overlapsOf(runsOf(one, nobody))).toHaveLength(1);
    const other = [begin(1, 'a', 1), end(4, 'a'), begin(4, 'b', 2), begin(2, 'b', 2, 'l')];
    expect(overlapsOf(runsOf(other, nobody))).toEqual([]);
  });

  test('shows one that a much longer one overlaps, though a third came between', () => {
    const lines = [begin(1, 'a', 1), end(9, 'a'), begin(2, 'b', 2), end(3, 'b'), begin(5, 'c', 3)];
    expect(overlapsOf(runsOf(lines, nobody))).toHaveLength(2);
  });

  test('a reconcile ends where its process was stopped, unless it was the owner yet afterwards', () => {
    const stopped = new Map([['a', 2]]);
    const lines = [begin(1, 'a', 1), end(9, 'a', false), begin(5, 'b', 2), end(6, 'b')];
    expect(overlapsOf(runsOf(lines, stopped))).toEqual([]);
    const owning = [begin(1, 'a', 1), end(9, 'a'), begin(5, 'b', 2), end(6, 'b')];
    expect(overlapsOf(runsOf(owning, stopped))).toHaveLength(1);
    // What began later has nothing to do with that.
    const later = [begin(3, 'a', 1), end(9, 'a', false), begin(5, 'b', 2), end(6, 'b')];
    expect(overlapsOf(runsOf(later, stopped))).toHaveLength(1);
  });

  test('shows an owner whose epoch is no greater than that of the one before', () => {
    expect(regressionsOf(runsOf([begin(1, 'a', 2), begin(5, 'b', 2)], nobody))).toHaveLength(1);
    expect(regressionsOf(runsOf([begin(1, 'a', 2), begin(5, 'a', 2)], nobody))).toEqual([]);
  });

  test('tells for how long nobody owned a key, and that two did', () => {
    const owns = (
      at: number,
      identity: string,
      gained: string[],
      lost: string[] = [],
    ): LogLine => ({
      at,
      identity,
      type: 'owns',
      gained,
      lost,
    });
    const lines = [owns(1, 'a', ['k', 'l']), owns(3, 'a', [], ['k']), owns(7, 'b', ['k'])];
    const gap = { key: 'k', before: 'a', after: 'b', from: 3, ms: 4 };
    expect(gapsOf(lines, nobody)).toEqual([gap]);
    const killed = [...lines, owns(9, 'b', ['l'])];
    expect(gapsOf(killed, new Map([['a', 4]])).map(({ ms }) => ms)).toEqual([4, 5]);
    expect(gapsOf(killed, nobody).at(-1)!.ms).toBe(-Infinity);
    // That it once stood still has nothing to do with what it came to own later.
    const back = [owns(1, 'b', ['k']), owns(5, 'a', ['k'], []), owns(8, 'a', [], ['k'])];
    const again = [...back, owns(9, 'b', ['k'])];
    const stopped = new Map([
      ['b', 2],
      ['a', 4],
    ]);
    expect(gapsOf(again, stopped).map(({ ms }) => ms)).toEqual([3, 1]);
  });
});

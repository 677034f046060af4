import { describe, expect, test } from 'vitest';
import { createRendezvous } from '../../src/membership/rendezvous.ts';

const keys = Array.from({ length: 1000 }, (_, index) => `apps/v1/Deployment/team/app-${index}`);

const sharesOf = (members: readonly string[]): number[] => {
  const { winner } = createRendezvous(members);
  const won = keys.map(winner);
  return members.map((member) => won.filter((one) => one === member).length);
};

describe('rendezvous hashing', () => {
  test('gives three members whose names differ in one letter a third each', () => {
    const shares = sharesOf(['app-0', 'app-1', 'app-2']);
    expect(shares.reduce((sum, share) => sum + share)).toBe(1000);
    for (const share of shares) {
      expect(share).toBeGreaterThan(290);
      expect(share).toBeLessThan(380);
    }
  });

  test('is what the definition says, computed with big integers', () => {
    const bits = 2n ** 64n;
    const fnv = (text: string) =>
      Array.from(text).reduce(
        (hash, letter) => ((hash ^ BigInt(letter.codePointAt(0)!)) * 0x100000001b3n) % bits,
        0xcbf29ce484222325n,
      );
    const finalise = (number: bigint) => {
      let mixed = number ^ (number >> 33n);
      mixed = (mixed * 0xff51afd7ed558ccdn) % bits;
      mixed ^= mixed >> 33n;
      mixed = (mixed * 0xc4ceb9fe1a85ec53n) % bits;
      return mixed ^ (mixed >> 33n);
    };
    const members = ['a', 'reloader-7d9f', 'reloader-7d9g', 'host.example-3f'];
    const { winner } = createRendezvous(members);
    for (const key of keys) {
      const scores = members.map((member) => finalise(fnv(member) ^ fnv(key)));
      const highest = scores.reduce((best, score) => (score > best ? score : best));
      expect(winner(key)).toBe(members[scores.indexOf(highest)]);
    }
  });

  test('moves keys only to who joins, and only from who leaves', () => {
    const few = createRendezvous(['a', 'b', 'c']);
    const more = createRendezvous(['a', 'b', 'c', 'd']);
    const moved = keys.filter((key) => few.winner(key) !== more.winner(key));
    expect(moved.every((key) => more.winner(key) === 'd')).toBe(true);
    expect(moved.length).toBeGreaterThan(200);
    expect(moved.length).toBeLessThan(300);
  });

  test('depends neither on the order of members nor on how often they are named', () => {
    const one = createRendezvous(['b', 'a', 'c', 'a']);
    const other = createRendezvous(['c', 'b', 'a']);
    expect(keys.every((key) => one.winner(key) === other.winner(key))).toBe(true);
    expect(createRendezvous([]).winner('k')).toBeUndefined();
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SmallMap } from '../src/index.ts';

/** What is done to a map: `undefined` deletes. */
const steps = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c', '', '__proto__'),
    value: fc.constantFrom(undefined, 0, 1, 2),
  }),
  { maxLength: 12 },
);

test('whatever is set and deleted, it is as a Map', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const map = new Map<string, number>();
      const small = new SmallMap<string, number>();
      for (const { key, value } of all) {
        if (value === undefined) {
          expect(small.delete(key)).toBe(map.delete(key));
        } else {
          small.set(key, value);
          map.set(key, value);
        }
        const visited: [string, number][] = [];
        small.forEach((one, of) => visited.push([of, one]));
        expect(visited).toEqual([...map]);
        expect(small.size).toBe(map.size);
        expect(small.keys()).toEqual([...map.keys()]);
        expect(small.values()).toEqual([...map.values()]);
        expect(small.get(key)).toBe(map.get(key));
        expect(small.has(key)).toBe(map.has(key));
      }
    }),
  );
});

import { describe, expect, it } from 'vitest';

import { deepFreeze } from '../src/deep-freeze.ts';

describe('deepFreeze', () => {
  it('freezes objects and arrays at every depth, in place', () => {
    const value = { a: [{ b: { c: [1, [2]] } }], d: null, e: 'text', f: undefined };
    expect(deepFreeze(value)).toBe(value);
    const parts: unknown[] = [
      value,
      value.a,
      value.a[0],
      value.a[0]!.b,
      value.a[0]!.b.c,
      value.a[0]!.b.c[1],
    ];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it.each([undefined, null, 1, 'text', true])('returns %s as it is', (value) => {
    expect(deepFreeze(value)).toBe(value);
  });

  it('looks into what is frozen already', () => {
    const inner = { changeable: true };
    deepFreeze(Object.freeze([Object.freeze({ inner })]));
    expect(Object.isFrozen(inner)).toBe(true);
  });

  it('takes a hostile depth', () => {
    const depth = 100_000;
    const value = JSON.parse('{"a":['.repeat(depth) + ']}'.repeat(depth)) as { a: unknown[] };
    deepFreeze(value);
    let deepest: { a: unknown[] } = value;
    while (deepest.a.length > 0) deepest = deepest.a[0] as { a: unknown[] };
    expect(Object.isFrozen(deepest.a)).toBe(true);
  });

  it('ends on cycles, frozen or not', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = [cycle];
    deepFreeze(cycle);
    deepFreeze(cycle);
    expect(Object.isFrozen(cycle.self)).toBe(true);
  });

  it('freezes what hides under hostile keys, and no prototype', () => {
    const value = JSON.parse('{"__proto__":{"x":{}},"constructor":{"y":{}}}') as {
      constructor: { y: object };
    };
    deepFreeze(value);
    const hidden = Object.getOwnPropertyDescriptor(value, '__proto__')!.value as { x: object };
    expect([hidden, hidden.x, value.constructor.y].every((part) => Object.isFrozen(part))).toBe(
      true,
    );
    expect(Object.isFrozen(Object.prototype)).toBe(false);
  });
});

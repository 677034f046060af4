import { expect, test } from 'vitest';

import { plant, type Change } from '../plant.ts';

const store = `
export class Store {
  #objects = new Map<string, Kept>();
  constructor(private readonly keep: (object: Kept) => Kept) {}
  async apply(object: Kept): Promise<void> {
    const key = keyOf(object);
    if (!this.#objects.has(key)) await this.tell(key, 'added');
    this.#objects.set(key, this.keep(object));
  }
}
export const keyOf = (object: Kept): string => object?.metadata!.name;
`;

/** The lines that a bug makes new. */
function changed(where: string, change: Change, source = store): string[] {
  const before = new Set(source.split('\n'));
  const { code } = plant({ in: where, change }, new Map([['core/src/store.ts', source]]));
  return code
    .split('\n')
    .filter((line) => !before.has(line))
    .map((line) => line.trim());
}

test('a pattern is replaced, whatever its locals, spaces, line breaks and private names are', () => {
  const change = {
    replace: '$map.set($key, $kept)',
    by: '$map.has($key) || $map.set($key, $kept)',
  };
  expect(changed('Store.apply', change)).toEqual([
    'this.#objects.has(key) || this.#objects.set(key, this.keep(object));',
  ]);
  const other = store
    .replaceAll('key', 'k')
    .replace('.set(k, ', '\n      // at last\n      .set(\n        k,\n        ');
  expect(changed('Store.apply', change, other)).toHaveLength(1);
  expect(changed('Store', { replace: 'this.objects.has($k)', by: 'true' })).toEqual([
    "if (!(true)) await this.tell(key, 'added');",
  ]);
});

test('a wildcard is the same wherever it stands', () => {
  expect(() => changed('Store', { drop: '$map.set($key, $key)' })).toThrow('nothing in Store');
});

test('a sequence is any number of arguments, elements or properties', () => {
  const source = 'export function f() { g(1, 2, 3); h({ a, b: 2, ...c }); i([]); }';
  const replaced = (replace: string, by: string) => changed('f', { replace, by }, source)[0];
  expect(replaced('g($$all)', 'g($$all, 4)')).toContain('g(1, 2, 3, 4)');
  expect(replaced('g(1, $$rest)', 'g($$rest)')).toContain('g(2, 3)');
  expect(replaced('({ $$before, b: $b, $$after })', '{ $$before, $$after }')).toContain(
    'h(({ a, ...c }))',
  );
  expect(replaced('[$$none]', '[$$none, 1]')).toContain('i(([1]))');
});

test('a call is dropped with the statement that it is, awaited or not', () => {
  expect(changed('Store', { drop: '$this.tell($$args)' })).toEqual([
    'if (!this.#objects.has(key)) ;',
  ]);
  expect(changed('Store', { drop: 'keyOf($object)' })).toEqual(['const key = undefined;']);
  expect(changed('Store', { drop: 'if (!$known) $then' })).toEqual([';']);
});

test('a function begins with a statement that may name its parameters', () => {
  expect(changed('Store.apply', { begin: 'if ($1) return;' })).toEqual([
    'async apply(object: Kept): Promise<void> { if (object) return;',
  ]);
  expect(() => changed('keyOf', { begin: 'return;' })).toThrow('0 functions with a body');
});

test('a place is found in whichever file it is, by folder, function, class or member', () => {
  const change = { replace: '$object.metadata.name', by: "'a'" };
  for (const where of ['keyOf', 'core/keyOf', 'core'])
    expect(changed(where, change)).toHaveLength(1);
  expect(changed('Store.constructor', { begin: 'return;' })).toHaveLength(1);
});

test('what is not exactly one place says which there are', () => {
  expect(() => changed('Store', { drop: '$map.delete($key)' })).toThrow(
    /nothing in Store is like .*core\/src\/store\.ts:6 {2}keyOf\(object\)/s,
  );
  expect(() => changed('Store', { drop: '$f($$args)' })).toThrow(
    /5 places in Store are like .*store\.ts:6 .*store\.ts:7 /s,
  );
  expect(() => changed('Store.stage', { begin: '' })).toThrow(
    'Store has no stage, but #objects, constructor, apply',
  );
  expect(() => changed('Shop.apply', { begin: '' })).toThrow(
    'there is no Shop.apply in packages/*/src; apply is in Store',
  );
  const two = new Map([
    ['core/src/a.ts', store],
    ['cache/src/a.ts', store],
  ]);
  expect(() => plant({ in: 'keyOf', change: { drop: 'a' } }, two)).toThrow(
    'there are several keyOf: core/src/a.ts, cache/src/a.ts',
  );
});

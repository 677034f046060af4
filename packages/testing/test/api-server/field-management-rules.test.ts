import { describe, expect, it } from 'vitest';

import { builtInStructure } from '../../src/api-server/apply/built-in-structure.ts';
import { customStructure } from '../../src/api-server/apply/custom-structure.ts';
import { applyFields, managersAfterUpdate } from '../../src/api-server/apply/field-management.ts';
import type { ManagedFieldsEntry } from '../../src/api-server/apply/managed-fields.ts';
import type { Structure } from '../../src/api-server/apply/structure.ts';

type Json = Record<string, unknown>;
type State = { object: Json; managers: readonly ManagedFieldsEntry[] };

const nothing: State = { object: {}, managers: [] };
const map = (data: object): Json => ({ kind: 'ConfigMap', metadata: { name: 'a' }, data });

/** Applies as a manager at a time of the first minute of a day. */
function apply(
  { object: live, managers }: State,
  applied: Json,
  manager = 'applier',
  { at = 0, force = false, structure = builtInStructure('', 'ConfigMap') } = {},
): State {
  const writer = { manager, operation: 'Apply', apiVersion: 'v1', subresource: '', time: time(at) };
  const result = applyFields(
    { live, managers, structure, ignored: [] },
    applied,
    writer as Parameters<typeof applyFields>[2],
    force,
  );
  if ('conflicts' in result) throw new Error(result.conflicts.map(({ field }) => field).join());
  return result;
}

function update(
  { object: live, managers }: State,
  object: Json,
  manager: string,
  at = 0,
  structure: Structure = builtInStructure('', 'ConfigMap'),
): State {
  const writer = {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    subresource: '',
    time: time(at),
  };
  return {
    object,
    managers: managersAfterUpdate(
      { live, managers, structure, ignored: [] },
      object,
      writer as Parameters<typeof managersAfterUpdate>[2],
    ),
  };
}

const time = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const shown = ({ managers }: State): string[] =>
  managers.map(({ manager, time: when }) => `${manager} ${when?.slice(-3, -1) ?? 'never'}`);

describe('times', () => {
  it('stands still where nothing changes', () => {
    const first = apply(nothing, map({ a: '1' }), 'applier', { at: 1 });
    expect(shown(apply(first, map({ a: '1' }), 'applier', { at: 2 }))).toEqual(['applier 01']);
    expect(shown(update(first, first.object, 'updater', 2))).toEqual(['applier 01']);
  });

  it('is not there for who applies what is there already', () => {
    const first = apply(nothing, map({ a: '1' }), 'applier', { at: 1 });
    const second = apply(first, map({ a: '1' }), 'other', { at: 2 });
    expect(shown(second)).toEqual(['other never', 'applier 01']);
    expect(shown(apply(second, map({ a: '1', b: '1' }), 'other', { at: 3 }))).toEqual([
      'applier 01',
      'other 03',
    ]);
  });

  it('orders entries, those of applies first', () => {
    let state = update(nothing, map({ a: '1' }), 'z', 1);
    state = update(state, map({ a: '1', b: '1' }), 'y', 2);
    state = apply(state, map({ c: '1' }), 'x', { at: 3 });
    state = update(state, { ...map({ a: '1', b: '1', c: '1', d: '1' }) }, 'z', 4);
    expect(shown(state)).toEqual(['x 03', 'y 02', 'z 04']);
  });

  it('says which updaters are merged into one of long ago', () => {
    let state = update(nothing, map({}), 'm0', 50);
    let data = {};
    for (let index = 1; index <= 12; index++) {
      data = { ...data, [`k${index}`]: '1' };
      state = update(state, map(data), `m${index}`, 50 - index);
    }
    expect(state.managers).toHaveLength(10);
    expect(shown(state)[0]).toMatch('ancient-changes');
  });
});

it('takes nothing from whom it was given: neither object, nor applied, nor managers change', () => {
  const frozen = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
    return Object.freeze(value);
  };
  const first = frozen(apply(nothing, frozen(map({ a: '1', b: '1' }))));
  const second = frozen(apply(first, frozen(map({ b: '2', c: '1' })), 'other', { force: true }));
  expect(apply(second, frozen(map({ c: '1' })), 'other').object.data).toEqual({ a: '1', c: '1' });
});

it('treats hostile keys as keys', () => {
  const data = JSON.parse('{"__proto__":"1","constructor":"2",".":"3","f:x":"4"}') as object;
  const first = apply(nothing, map(data));
  expect(JSON.stringify(first.object.data)).toBe(JSON.stringify(data));
  const second = apply(first, map({ constructor: '2' }));
  expect(JSON.stringify(second.object.data)).toBe('{"constructor":"2"}');
  expect(Object.getPrototypeOf(second.object)).toBe(Object.prototype);
});

it('gives a key that is left out the default of its schema', () => {
  const text = { type: 'string' };
  const structure = customStructure({
    properties: {
      spec: {
        type: 'object',
        properties: {
          routes: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['host', 'port'],
            items: {
              type: 'object',
              properties: { host: text, port: { default: 80 }, path: text },
            },
          },
        },
      },
    },
  });
  const routes = (...items: object[]): Json => ({ spec: { routes: items } });
  const first = apply(nothing, routes({ host: 'a' }), 'one', { structure });
  const second = apply(first, routes({ host: 'a', port: 80, path: '/' }), 'two', { structure });
  expect(second.object).toEqual(routes({ host: 'a', port: 80, path: '/' }));
  expect(JSON.stringify(first.managers)).toContain(String.raw`k:{\"host\":\"a\",\"port\":80}`);
});

it('keeps an element that is there twice, and has it replaced by one that is applied', () => {
  const structure = builtInStructure('', 'Pod');
  const pod = (...env: object[]): Json => ({
    kind: 'Pod',
    spec: { containers: [{ name: 'c', env }] },
  });
  const [a, b] = [
    { name: 'A', value: '1' },
    { name: 'A', value: '2' },
  ];
  const twice = update(nothing, pod(a, b), 'updater', 0, structure);
  const added = apply(twice, pod({ name: 'B', value: '1' }), 'applier', { structure });
  expect(added.object).toEqual(pod(a, b, { name: 'B', value: '1' }));
  const replaced = apply(twice, pod(b), 'applier', { structure, force: true });
  expect(replaced.object).toEqual(pod(b));
});

import { groupVersionKindKey, type GroupVersionKind } from '@depwatch/core';
import { expect, test } from 'vitest';
import { QueryMap } from '../src/query-map.ts';

const kind = { group: 'example.com', version: 'v1', kind: 'Widget' };
const plain = { ...kind, name: 'w' };
const spelt = { ...kind, namespace: 'default', name: 'w' };

/** A map of what is read by queries, and what says in which scope the kind is served. */
function start() {
  const scopes = new Map<string, boolean>();
  const known = {
    scopeRevision: 0,
    scopeOf: (gvk: GroupVersionKind) => scopes.get(groupVersionKindKey(gvk)),
  };
  const serve = (namespaced: boolean): void => {
    scopes.set(groupVersionKindKey(kind), namespaced);
    known.scopeRevision += 1;
  };
  return { map: new QueryMap<string>(known), serve };
}

test('entries that come to mean the same are each there again once they do not', () => {
  const { map, serve } = start();
  map.add(plain, 'plain');
  const entry = map.add(spelt, 'spelt');
  serve(false);
  expect(map.get(plain)).toBe(map.get(spelt));
  serve(true);
  expect(map.get(spelt)).toBe('spelt');
  expect(() => map.get(plain)).toThrow(/namespace/);
  serve(false);
  map.deleteEntry(entry);
  expect([map.get(plain), map.get(spelt)]).toEqual(['plain', 'plain']);
});

test('whichever of two that mean the same is deleted first, the other stays', () => {
  for (const first of [0, 1]) {
    const { map, serve } = start();
    const entries = [map.add(plain, 'plain'), map.add(spelt, 'spelt')];
    serve(false);
    map.deleteEntry(entries[first]!);
    expect(map.get(plain)).toBe(first === 0 ? 'spelt' : 'plain');
    map.deleteEntry(entries[1 - first]!);
    map.deleteEntry(entries[1 - first]!);
    expect(map.get(plain)).toBeUndefined();
  }
});

test('what is set takes the place of all there is, and what is deleted is gone', () => {
  const { map } = start();
  const entry = map.add(spelt, 'one');
  map.add(spelt, 'two');
  map.set(spelt, 'three');
  map.deleteEntry(entry);
  expect(map.get(spelt)).toBe('three');
  map.add(spelt, 'four');
  map.delete(spelt);
  expect(map.get(spelt)).toBeUndefined();
});

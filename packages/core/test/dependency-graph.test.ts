import { describe, expect, test } from 'vitest';
import { createDependencyGraph, objectIdentifierKey, type ObjectIdentifier } from '../src/index.ts';

const id = (name: string): ObjectIdentifier => ({
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'ns',
  name,
});
const [w1, w2, a, b, c] = ['w1', 'w2', 'a', 'b', 'c'].map(id) as [
  ObjectIdentifier,
  ObjectIdentifier,
  ObjectIdentifier,
  ObjectIdentifier,
  ObjectIdentifier,
];
const nothing = { start: [], stop: [], added: [], removed: [] };

describe('DependencyGraph', () => {
  test('starts what nobody watched, stops what nobody watches any more', () => {
    const graph = createDependencyGraph();
    expect(graph.add(w1, [a, b])).toEqual({ start: [a, b], stop: [], added: [a, b], removed: [] });
    expect(graph.add(w2, [b])).toEqual({ ...nothing, added: [b] });
    expect(graph.add(w2, [b])).toEqual(nothing);
    expect(graph.watchedCount).toBe(2);
    expect([a, c].map((one) => graph.isWatched(objectIdentifierKey(one)))).toEqual([true, false]);
    expect(graph.remove(w1)).toEqual({ ...nothing, stop: [a], removed: [a, b] });
    expect(graph.remove(w1)).toEqual(nothing);
    expect(graph.remove(w2)).toEqual({ ...nothing, stop: [b], removed: [b] });
    expect(graph.snapshot()).toEqual({ watchers: [], watched: [], edges: [] });
  });

  test('replace does both at once; retain only drops; remove drops what is named', () => {
    const graph = createDependencyGraph();
    graph.add(w1, [a, b]);
    expect(graph.replace(w1, [b, c])).toEqual({ start: [c], stop: [a], added: [c], removed: [a] });
    expect(graph.retain(w1, [a, c])).toEqual({ ...nothing, stop: [b], removed: [b] });
    expect(graph.watchedBy(w1)).toEqual([c]);
    expect(graph.remove(w1, [a, c])).toEqual({ ...nothing, stop: [c], removed: [c] });
    expect(graph.has(w1, c)).toBe(false);
  });

  test('an object named twice is one, in the spelling that came first', () => {
    const graph = createDependencyGraph();
    const spelled = { version: 'v1', kind: 'Pod', selector: 'b,a' };
    graph.add(w1, [spelled, { ...spelled, selector: 'a,b', group: '' }]);
    graph.add({ ...w1, group: '' }, [a, a]);
    expect(graph.snapshot()).toEqual({
      watchers: [w1],
      watched: [spelled, a],
      edges: [
        { watcher: w1, watched: spelled },
        { watcher: w1, watched: a },
      ],
    });
  });

  test('an object may watch itself, and what watches it', () => {
    const graph = createDependencyGraph();
    graph.add(a, [a, b]);
    graph.add(b, [a]);
    expect(graph.watchersOf(a)).toEqual([a, b]);
    const seen: string[] = [];
    graph.forEachWatcher(objectIdentifierKey(a), (key) => seen.push(key));
    expect(seen).toEqual([a, b].map(objectIdentifierKey));
  });

  test('what is kept with an edge goes with it, and is told by either end', () => {
    const graph = createDependencyGraph<string>();
    const [one, of] = [objectIdentifierKey(w1), objectIdentifierKey(a)];
    graph.note(one, of, 'no such edge');
    expect(graph.notes(one)).toEqual(new Map());
    graph.add(w1, [a, b]);
    graph.add(w2, [a]);
    graph.note(one, of, 'kept');
    const notes = graph.notes(one);
    expect(notes).toEqual(new Map([[of, 'kept']]));
    const seen: unknown[] = [];
    graph.forEachWatcher(of, (_key, _watcher, note) => seen.push(note));
    expect(seen).toEqual(['kept', undefined]);
    graph.note(one, of, undefined);
    expect(graph.notes(one)).toEqual(new Map());
    expect(notes.size).toBe(1);
    graph.note(one, of, 'kept');
    graph.remove(w1, [a]);
    graph.add(w1, [a]);
    expect(graph.notes(one)).toEqual(new Map());
  });

  test("the caller's objects are neither kept nor changed", () => {
    const graph = createDependencyGraph();
    const watched = [{ ...a }, { ...b }];
    graph.add(w1, watched);
    watched[0]!.name = 'changed';
    watched.pop();
    expect(graph.watchedBy(w1)).toEqual([a, b]);
  });

  test('hostile names are names', () => {
    const graph = createDependencyGraph();
    const hostile = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map(id);
    graph.add(id('__proto__'), hostile);
    expect(graph.watchedBy(id('__proto__'))).toEqual(hostile);
    expect(graph.has(id('constructor'), a)).toBe(false);
  });
});

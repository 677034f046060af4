import type { DependencyGraph, GraphChange, ObjectIdentifier } from '@depwatch/core';
import type { EdgeObservation } from './observation.ts';
import type { Audience } from './observers.ts';

/** A graph that tells which edges each change adds and removes. */
export function observedGraph<Note>(
  graph: DependencyGraph<Note>,
  audience: Audience,
): DependencyGraph<Note> {
  const tellEach = (
    type: EdgeObservation['type'],
    watcher: ObjectIdentifier,
    all: readonly ObjectIdentifier[],
  ): void => {
    if (all.length === 0 || !audience.listensTo(type)) return;
    const at = audience.now();
    for (const watched of all) audience.tell({ type, at, watcher, watched });
  };
  const told = (watcher: ObjectIdentifier, change: GraphChange): GraphChange => {
    tellEach('edge-added', watcher, change.added);
    tellEach('edge-removed', watcher, change.removed);
    return change;
  };
  const changes: Pick<DependencyGraph<Note>, 'add' | 'replace' | 'retain' | 'remove'> = {
    add: (watcher, watched) => told(watcher, graph.add(watcher, watched)),
    replace: (watcher, watched) => told(watcher, graph.replace(watcher, watched)),
    retain: (watcher, watched) => told(watcher, graph.retain(watcher, watched)),
    remove: (watcher, watched) => told(watcher, graph.remove(watcher, watched)),
  };
  // What only reads is the graph's own.
  return Object.assign(Object.create(graph) as DependencyGraph<Note>, changes);
}

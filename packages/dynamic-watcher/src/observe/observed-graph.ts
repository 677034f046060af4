import type { DependencyGraph, GraphChange, ObjectIdentifier } from '@depwatch/core';
import type { Audience } from './observers.ts';

/** A graph that tells which edges each change adds and removes. */
export function observedGraph<Note>(
  graph: DependencyGraph<Note>,
  audience: Audience,
): DependencyGraph<Note> {
  const told = (watcher: ObjectIdentifier, change: GraphChange): GraphChange => {
    if (audience.isListening) {
      const at = audience.now();
      for (const watched of change.added)
        audience.tell({ type: 'edge-added', at, watcher, watched });
      for (const watched of change.removed)
        audience.tell({ type: 'edge-removed', at, watcher, watched });
    }
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

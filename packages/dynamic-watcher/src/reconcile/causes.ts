import type { Cause, ChangeType, ObjectChange, ObjectIdentifier } from '@depwatch/core';

/** Causes are a hint; beyond so many distinct ones the rest are left out. */
const causesKept = 16;

/** Why a watcher is due. Frozen, since one array goes to all watchers that one event wakes. */
export type Causes = readonly Cause[];

/** One cause, to be shared by all it concerns. */
export function causesOf(cause: Cause): Causes {
  return Object.freeze([Object.freeze(cause)]);
}

/** A cause that says of which cluster it is, where that has a name. */
export function inCluster(cluster: string | undefined, cause: Cause): Cause {
  return cluster === undefined ? cause : { ...cause, cluster };
}

/** Why the watchers of something are due that has changed: at most 16 causes, of each type at least one. */
export function causesOfChanges(
  changes: readonly ObjectChange[],
  watched: ObjectIdentifier,
  cluster: string | undefined,
): Causes {
  const told = changes.length > causesKept ? mostTelling(changes) : changes;
  const causes = told.map(({ type, key }) => causeOfChange(type, key, watched, cluster));
  if (causes.length === 1) return Object.freeze(causes);
  return mergeCauses(Object.freeze([]), causes);
}

/** That one object of what is watched has changed, or is there. @param key the object's in a store */
export function causeOfChange(
  type: Cause['type'],
  key: string,
  watched: ObjectIdentifier,
  cluster: string | undefined,
): Cause {
  return Object.freeze(
    inCluster(cluster, { type, watched, ...(!watched.name && { object: objectOf(key) }) }),
  );
}

/** The first of each type, then as many others as there is room for. */
function mostTelling(changes: readonly ObjectChange[]): readonly ObjectChange[] {
  const first = new Map<ChangeType, ObjectChange>();
  for (const change of changes) if (!first.has(change.type)) first.set(change.type, change);
  return [...first.values(), ...changes.slice(0, causesKept)];
}

function objectOf(key: string): NonNullable<Cause['object']> {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  return Object.freeze(slash < 0 ? { name } : { namespace: key.slice(0, slash), name });
}

/** What is in either, each once, the earlier first; at most 16. */
export function mergeCauses(before: Causes, more: Causes): Causes {
  let merged = before;
  for (const cause of more) {
    if (merged.length >= causesKept) break;
    if (!merged.some((known) => sameCause(known, cause)))
      merged = Object.freeze([...merged, cause]);
  }
  return merged;
}

/** Whether two causes say the same. The identifiers are those of the graph, which has one for each watched object. */
function sameCause(a: Cause, b: Cause): boolean {
  return (
    a.type === b.type &&
    a.watched === b.watched &&
    a.cluster === b.cluster &&
    a.object?.name === b.object?.name &&
    a.object?.namespace === b.object?.namespace
  );
}

import type { Cause } from '@depwatch/core';

/** Causes are a hint; beyond so many distinct ones the rest are left out. */
const causesKept = 16;

/** Why a watcher is due. Frozen, since one array goes to all watchers that one event wakes. */
export type Causes = readonly Cause[];

/** One cause, to be shared by all it concerns. */
export function causesOf(cause: Cause): Causes {
  return Object.freeze([Object.freeze(cause)]);
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
  return a.type === b.type && a.watched === b.watched;
}

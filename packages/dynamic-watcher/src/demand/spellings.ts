import { objectIdentifierKey, type DependencyGraph, type ObjectIdentifier } from '@depwatch/core';
import { normalizeWatched } from '../normalize-watched.ts';
import type { DemandedFeeds } from './demanded-feeds.ts';

/** What tells how something may be spelled. */
export interface SpellingContext {
  readonly graph: Pick<DependencyGraph, 'has' | 'watchedBy'>;
  readonly feeds: Pick<DemandedFeeds, 'askedAs'>;
  /** An identifier as the graph knows it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier;
}

/** What a watcher depends on as it is named, and as the graph knows it by now for this watcher, where that is something else. */
export function spellings(
  { graph, feeds, normalize }: SpellingContext,
  watcher: ObjectIdentifier,
  id: ObjectIdentifier,
): readonly ObjectIdentifier[] {
  const known = normalize(id);
  if (known !== id) return [id, known];
  if (graph.has(watcher, id)) return [id];
  // Its kind may be about to be served in another scope, or be so by now: it stands as it did, or as it was asked for. A
  // selector of a namespace is another thing than that of all.
  const key = objectIdentifierKey(id);
  const isIt = (edge: ObjectIdentifier): boolean =>
    (!edge.namespace || !id.namespace) &&
    plainKey(edge) === plainKey(id) &&
    (id.name !== undefined || objectIdentifierKey(feeds.askedAs(edge)) === key);
  return [id, ...graph.watchedBy(watcher).filter(isIt)];
}

function plainKey(id: ObjectIdentifier): string {
  return objectIdentifierKey(normalizeWatched(id, { namespaced: false }));
}

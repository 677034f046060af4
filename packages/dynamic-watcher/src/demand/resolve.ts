import {
  DepwatchError,
  isDepwatchError,
  objectIdentifierKey,
  type DependencyGraph,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import { normalizeWatched } from '../normalize-watched.ts';
import { split, type CallSignal } from '../requests/call-signal.ts';
import type { Resources } from '../requests/resources.ts';
import type { DemandedFeeds } from './demanded-feeds.ts';

/** What tells how something is served. */
export interface ResolveContext {
  readonly graph: Pick<DependencyGraph, 'isWatched'>;
  readonly resources: Pick<Resources, 'resolve'>;
  readonly feeds: Pick<DemandedFeeds, 'askedAs'>;
  /** An identifier as the graph knows it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier;
}

/**
 * The resource of what is to be watched.
 *
 * @param waits whether what is not to be had will do; then the error says why
 */
export function resolve(
  context: ResolveContext,
  watched: ObjectIdentifier,
  waits: boolean,
  signal: CallSignal,
): Promise<ScopedGVR | DepwatchError> {
  const resource = context.resources.resolve(watched, signal, isDoubtful(context, watched));
  return waits ? resource.catch(unavailability) : resource;
}

/** As {@link resolve}, of several. */
export function resolveAll(
  context: ResolveContext,
  watched: readonly ObjectIdentifier[],
  waits: boolean,
  signal: CallSignal,
): Promise<readonly (ScopedGVR | DepwatchError)[]> {
  const parts = split(signal, watched.length);
  return Promise.all(watched.map((id, index) => resolve(context, id, waits, parts[index]!)));
}

/**
 * What is to be watched as the graph knows it. A kind that is not known is known as it was named; where what was named so stands
 * without its namespace, since its kind had none until it went, as that.
 */
export function asKnown(
  { feeds }: Pick<ResolveContext, 'feeds'>,
  watched: readonly ObjectIdentifier[],
  how: readonly (ScopedGVR | DepwatchError)[],
): readonly ObjectIdentifier[] {
  return watched.map((id, index) => {
    const known = how[index]!;
    return known instanceof DepwatchError ? asStanding(feeds, id) : normalizeWatched(id, known);
  });
}

function asStanding(feeds: ResolveContext['feeds'], id: ObjectIdentifier): ObjectIdentifier {
  const plain = normalizeWatched(id, { namespaced: false });
  const isIt =
    plain !== id && objectIdentifierKey(feeds.askedAs(plain)) === objectIdentifierKey(id);
  return isIt ? plain : id;
}

/** Whether a namespace is asked for that means nothing by what is remembered: a kind that nobody watches may live in them by now. */
function isDoubtful({ graph, normalize }: ResolveContext, watched: ObjectIdentifier): boolean {
  const known = normalize(watched);
  return known !== watched && !graph.isWatched(objectIdentifierKey(known));
}

/** @returns why a kind can't be watched, if that is the trouble @throws any other error */
function unavailability(error: unknown): DepwatchError {
  if (isDepwatchError(error, 'ERR_NO_VERSIONED_RESOURCE')) return error;
  if (isDepwatchError(error, 'ERR_RESOURCE_UNWATCHABLE')) return error;
  throw error;
}

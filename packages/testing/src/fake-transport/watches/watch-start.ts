import {
  type DepwatchError,
  describeRequest,
  errorFromStatus,
  type KubernetesStatus,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';

import type { ServedKind } from '../kinds/kinds.ts';
import { invalidVersion, parseVersion } from '../reads/list-page.ts';
import type { ObjectHistory } from '../objects/object-history.ts';
import type { FakeRequest } from '../faults/rules.ts';
import { type Selection, selectionOf } from '../reads/selection.ts';
import { expiredVersion, tooLargeVersion } from '../answers/statuses.ts';

/** How a watch begins. */
export interface WatchStart {
  readonly selection: Selection;
  /** What there is to tell at once. */
  readonly events: readonly WatchEvent[];
  /** The version up to which everything has been told. */
  readonly after: number;
  /** What breaks the watch as soon as it is accepted. */
  readonly refusal?: DepwatchError;
}

/**
 * What a watch tells first, by the rules of the real server: from a version the events since; without a version, or
 * with initial events, an ADDED for each object and the bookmark that ends them.
 *
 * @param shown the version of the state that initial events show
 * @throws DepwatchError what the server refuses the watch with
 */
export function startWatch(
  history: ObjectHistory,
  { storage, since }: ServedKind,
  query: ResourceQuery,
  { resourceVersion, initialEvents }: FakeRequest['options'],
  shown: number,
): WatchStart {
  const refusal = (status: KubernetesStatus) =>
    errorFromStatus(status, describeRequest('watch', query));
  const selection = selectionOf(query);
  const asked = parseVersion(resourceVersion);
  // A 500, where a list answers 400: that is how the real server does it.
  if (asked === undefined) throw refusal({ ...invalidVersion(resourceVersion), code: 500 });

  const events: WatchEvent[] = [];
  const fromState = initialEvents || asked === 0;
  if (fromState) {
    if (asked > shown) {
      return { selection, events, after: asked, refusal: refusal(tooLargeVersion(asked, shown)) };
    }
    for (const [, object] of history.snapshot(storage, shown)) {
      if (selection.selects(object))
        events.push({ type: 'ADDED', object: selection.handOut(object) });
    }
    // Also to those who didn't ask for initial events, where they allow bookmarks, as transports do.
    events.push({ type: 'BOOKMARK', resourceVersion: String(shown), initialEventsEnd: true });
  } else {
    // A server that was restored may be at a version before that at which it began to serve the kind.
    const oldest = Math.max(Math.min(since, history.version), history.compacted);
    if (asked < oldest) throw refusal(expiredVersion(asked, oldest));
  }
  const start = fromState ? shown : asked;
  for (const change of history.since(storage, start)) {
    const event = selection.eventOf(change);
    if (event) events.push(event);
  }
  // A version of the future stays one: what is written up to it is not told.
  return { selection, events, after: Math.max(start, history.version) };
}

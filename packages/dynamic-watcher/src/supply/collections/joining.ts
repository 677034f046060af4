import { compareResourceVersions, objectKey, type KubernetesObject } from '@depwatch/core';
import type { CollectionObjects } from './collection-objects.ts';
import type { Feed } from '../feed.ts';
import type { Membership } from './membership.ts';

/**
 * The objects that a feed asks for, as a collection has them: what was dropped there is taken over from the feed, where
 * that shows the same state. Undefined where some can't be had so.
 */
export function objectsFor(
  membership: Membership,
  objects: CollectionObjects,
): readonly KubernetesObject[] | undefined {
  const { store } = membership.feed;
  const whole = objects.of(membership).map((object) => {
    if (objects.suffices(object)) return object;
    const shown = store.get(objectKey(object));
    return shown && objects.store.adopt(shown) ? shown : undefined;
  });
  return whole.every((object) => object !== undefined) ? whole : undefined;
}

/** Whether a feed may have been shown what a collection of that version has yet to see. */
export function isBehind(version: string | undefined, { source, wasLive }: Feed): boolean {
  if (!source || (source.resourceVersion === undefined && !wasLive)) return false;
  return (compareResourceVersions(version, source.resourceVersion) ?? -1) < 0;
}

import type { KubernetesObject, ListPage, WatchEvent } from '@depwatch/core';

import type { SpoilRule } from './rules.ts';

/** The version that everything has where versions don't move. */
const frozenVersion = '1';

/** Makes of a page what arrives of it. */
export function spoilPage(page: ListPage, { versions }: SpoilRule): ListPage {
  if (!versions) return page;
  return {
    ...page,
    items: page.items.map((item) => withVersion(item, versions)),
    // A page's version is no optional field, so one that is missing is an empty one.
    resourceVersion: versions === 'frozen' ? frozenVersion : '',
  };
}

/** Makes of an event what arrives of it; undefined where nothing does. */
export function spoilEvent(event: WatchEvent, rule: SpoilRule): WatchEvent | undefined {
  const { versions, bookmarks, deletedUids } = rule;
  if (event.type === 'BOOKMARK') {
    if (bookmarks === 'missing' || (bookmarks && event.initialEventsEnd)) return undefined;
    return versions
      ? { ...event, resourceVersion: versions === 'frozen' ? frozenVersion : '' }
      : event;
  }
  let { object } = event;
  if (versions) object = withVersion(object, versions);
  if (deletedUids && event.type === 'DELETED') object = without(object, 'uid');
  return { type: event.type, object };
}

function withVersion(
  object: KubernetesObject,
  versions: NonNullable<SpoilRule['versions']>,
): KubernetesObject {
  if (versions === 'missing') return without(object, 'resourceVersion');
  const resourceVersion = versions === 'frozen' ? frozenVersion : '';
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function without(object: KubernetesObject, field: 'uid' | 'resourceVersion'): KubernetesObject {
  const { [field]: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

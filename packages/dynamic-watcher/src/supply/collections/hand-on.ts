import type { ObjectChange, WatchEvent } from '@depwatch/core';
import type { CollectionObjects } from './collection-objects.ts';
import type { Membership } from './membership.ts';

/** What became of changes of a collection that were handed on. */
export interface HandedOn {
  /** What each of those that are in has to tell; their stores show all of it. */
  readonly told: ReadonlyMap<Membership, readonly ObjectChange[]>;
  /** Those that are on their way in, and may come in by this. */
  readonly concerned: ReadonlySet<Membership>;
  /** Those that are in, and can be shown it by a watch of their own alone. */
  readonly unserved: ReadonlySet<Membership>;
  /** How many changes somebody asks for. */
  readonly wanted: number;
}

/** Applies changes of a collection to the stores of all feeds that ask for them, and tells none yet. */
export function handOn(changes: readonly ObjectChange[], objects: CollectionObjects): HandedOn {
  const told = new Map<Membership, ObjectChange[]>();
  const concerned = new Set<Membership>();
  const unserved = new Set<Membership>();
  let wanted = 0;
  for (const change of changes) {
    let isWanted = false;
    for (const membership of objects.concernedBy(change.key)) {
      const event = membership.eventOf(change);
      if (!event) continue;
      isWanted = true;
      if (!membership.isJoined) {
        concerned.add(membership);
        continue;
      }
      if (unserved.has(membership)) continue;
      try {
        const its = canBeShown(event, objects) && membership.feed.store.apply([event]);
        if (!its) unserved.add(membership);
        else if (its.length > 0) append(told, membership, its);
      } catch {
        // It can't be kept: its own watch reports that.
        unserved.add(membership);
      }
    }
    if (isWanted) wanted += 1;
  }
  return { told, concerned, unserved, wanted };
}

/** What was dropped before it was asked for can't. */
function canBeShown(event: WatchEvent, objects: CollectionObjects): boolean {
  return event.type === 'BOOKMARK' || event.type === 'DELETED' || objects.suffices(event.object);
}

function append<K, V>(to: Map<K, V[]>, key: K, values: readonly V[]): void {
  const known = to.get(key);
  if (known) known.push(...values);
  else to.set(key, [...values]);
}

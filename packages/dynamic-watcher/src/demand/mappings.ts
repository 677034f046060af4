import {
  copyObjectIdentifier,
  objectIdentifierKey,
  objectKey,
  validateObjectIdentifier,
  type Cached,
  type KubernetesObject,
  type Logger,
  type ObjectChange,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { MapChange, MappedChange } from '../public-interface.ts';
import { causeOfChange } from '../reconcile/causes.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';

export type { MapChange } from '../public-interface.ts';

/** What {@link Mappings} work on. */
export interface MappingsOptions {
  readonly loop: Reconciles;
  readonly logger: Logger;
  readonly cluster: string | undefined;
}

/** Wakes what mappings make of the changes of objects, whoever that is: they need not depend on anything. */
export class Mappings {
  readonly #options: MappingsOptions;

  constructor(options: MappingsOptions) {
    this.#options = options;
  }

  /** Objects that are watched have changed. */
  changed(map: MapChange, watched: ObjectIdentifier, changes: readonly ObjectChange[]): void {
    for (const { type, key, before, after } of changes) {
      this.#wake(map, watched, type, key, {
        type,
        ...(before && { before: cached(before) }),
        ...(after && { after: cached(after) }),
      });
    }
  }

  /** All that is shown is there to be seen from now on. @param why what the causes say */
  shown(
    map: MapChange,
    watched: ObjectIdentifier,
    objects: readonly KubernetesObject[],
    why: 'initial' | 'available',
  ): void {
    for (const object of objects) {
      const change: MappedChange = { type: 'initial', after: cached(object) };
      this.#wake(map, watched, why, objectKey(object), change);
    }
  }

  #wake(
    map: MapChange,
    watched: ObjectIdentifier,
    why: ObjectChange['type'] | 'initial' | 'available',
    key: string,
    change: MappedChange,
  ): void {
    const { loop, logger, cluster } = this.#options;
    try {
      for (const id of map(change)) {
        validateObjectIdentifier(id);
        const watcher = copyObjectIdentifier(id);
        loop.enqueue(
          objectIdentifierKey(watcher),
          watcher,
          causeOfChange(why, key, watched, cluster),
        );
      }
    } catch (error) {
      // Whatever it has returned until then is woken; of the object nothing is said.
      logger.error({ error }, 'a mapping failed, and a change woke nobody');
    }
  }
}

/** What comes from the cache is plain JSON. */
function cached(object: KubernetesObject): Cached<KubernetesObject> {
  return object as Cached<KubernetesObject>;
}

import type {
  Cause,
  DependencyGraph,
  KubernetesObject,
  Logger,
  ObjectChange,
  ObjectIdentifier,
} from '@depwatch/core';
import { causesOf, causesOfChanges, inCluster, type Causes } from '../reconcile/causes.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';
import type { EdgeTerms } from './edge-terms.ts';
import type { MapChange, Mappings } from './mappings.ts';
import { Selections, type Select } from './selections.ts';

/** What {@link WakeUps} work on. */
export interface WakeUpsOptions {
  readonly graph: DependencyGraph<EdgeTerms>;
  readonly loop: Reconciles;
  readonly mappings: Mappings;
  readonly logger: Logger;
  readonly cluster: string | undefined;
}

/** What has become of something that is watched. */
export interface Watched {
  readonly key: string;
  /** As it was first asked for. */
  readonly watched: ObjectIdentifier;
}

/** Has those reconciled who depend on what has changed. */
export class WakeUps {
  readonly #options: WakeUpsOptions;
  readonly #selections: Selections;

  constructor(options: WakeUpsOptions) {
    this.#options = options;
    this.#selections = new Selections(options.logger);
  }

  /**
   * Objects changed, in the cache already.
   *
   * @param unavailable whether that is because none can be seen: who waits is told of that, and not of each change
   */
  changed({ key, watched }: Watched, changes: readonly ObjectChange[], unavailable: boolean): void {
    const { graph, loop, mappings, cluster } = this.#options;
    const causes = causesOfChanges(changes, watched, cluster);
    // Many may select the same: each select is asked once.
    const bySelect = new Map<Select, Causes | undefined>();
    loop.enqueueAll(graph, key, causes, ({ select, waits, map }) => {
      if (waits && unavailable) return undefined;
      if (map) {
        mappings.changed(map, watched, changes);
        return undefined;
      }
      if (!select) return causes;
      if (!bySelect.has(select)) {
        const selected = this.#selections.of(select, changes);
        const why = selected.length > 0 && causesOfChanges(selected, watched, cluster);
        bySelect.set(select, why || undefined);
      }
      return bySelect.get(select);
    });
  }

  /** It was refused for good, and all who depended on it do no longer. */
  ended(feed: Watched): void {
    const causes = this.#causes(feed, 'ended');
    this.#options.loop.enqueueAll(this.#options.graph, feed.key, causes, () => causes);
  }

  /** It was refused: those are told who do not wait. */
  refused(feed: Watched): void {
    const causes = this.#causes(feed, 'ended');
    this.#options.loop.enqueueAll(this.#options.graph, feed.key, causes, ({ waits }) =>
      waits ? undefined : causes,
    );
  }

  /** It can be seen from now on: those are told who wait. @param objects what there is to be seen */
  available(feed: Watched, objects: readonly KubernetesObject[]): void {
    for (const map of this.#told(feed, 'available')) {
      this.#options.mappings.shown(map, feed.watched, objects, 'available');
    }
  }

  /** It can be seen no longer: those are told who wait. */
  unavailable(feed: Watched): void {
    this.#told(feed, 'unavailable');
  }

  /** @returns the mappings of those who are told */
  #told(feed: Watched, type: 'available' | 'unavailable'): readonly MapChange[] {
    const causes = this.#causes(feed, type);
    const maps: MapChange[] = [];
    this.#options.loop.enqueueAll(this.#options.graph, feed.key, undefined, ({ waits, map }) => {
      if (waits && map) maps.push(map);
      return waits ? causes : undefined;
    });
    return maps;
  }

  /** As {@link available}, of one that waits. */
  availableTo(
    key: string,
    watcher: ObjectIdentifier,
    map: MapChange | undefined,
    feed: Watched,
    objects: readonly KubernetesObject[],
  ): void {
    const { loop, mappings } = this.#options;
    loop.enqueue(key, watcher, this.#cause(feed, 'available'));
    if (map) mappings.shown(map, feed.watched, objects, 'available');
  }

  #causes(feed: Watched, type: Cause['type']): Causes {
    return causesOf(this.#cause(feed, type));
  }

  #cause({ watched }: Watched, type: Cause['type']): Cause {
    return inCluster(this.#options.cluster, { type, watched });
  }
}

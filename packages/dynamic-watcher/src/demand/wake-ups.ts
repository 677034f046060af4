import type { DependencyGraph, Logger, ObjectChange, ObjectIdentifier } from '@depwatch/core';
import { causesOf, causesOfChanges, type Causes } from '../reconcile/causes.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';
import { Selections, type Select } from './selections.ts';

/** What {@link WakeUps} work on. */
export interface WakeUpsOptions {
  readonly graph: DependencyGraph;
  readonly loop: Reconciles;
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

  /** Objects changed, in the cache already. */
  changed({ key, watched }: Watched, changes: readonly ObjectChange[]): void {
    const { graph, loop, cluster } = this.#options;
    const causes = causesOfChanges(changes, watched, cluster);
    // Many may select the same: each select is asked once.
    const bySelect = new Map<unknown, Causes | undefined>();
    loop.enqueueAll(graph, key, causes, (select) => {
      if (!bySelect.has(select)) {
        const selected = this.#selections.of(select as Select, changes);
        const why = selected.length > 0 && causesOfChanges(selected, watched, cluster);
        bySelect.set(select, why || undefined);
      }
      return bySelect.get(select);
    });
  }

  /** What can be seen of it at all has changed. */
  told({ key, watched }: Watched, type: 'ended' | 'available' | 'unavailable'): void {
    const { graph, loop, cluster } = this.#options;
    loop.enqueueAll(
      graph,
      key,
      causesOf({ type, watched, ...(cluster !== undefined && { cluster }) }),
    );
  }
}

import { groupVersionKindKey, type ResourceQuery, type WatchEvent } from '@depwatch/core';

import type { ServedKind } from '../kinds/kinds.ts';
import type { Change } from '../objects/object-history.ts';
import type { FakeRequest } from '../faults/rules.ts';
import type { Selection } from '../reads/selection.ts';
import type { WatchStream } from './watch-stream.ts';

/** What a watch sees, once the server has accepted it. */
export interface Subscription {
  readonly served: ServedKind;
  readonly selection: Selection;
  /** Writes up to this version are not told. */
  readonly after: number;
}

/** One watch, from the moment it is asked for until it ends. */
export interface OpenWatch {
  readonly request: FakeRequest;
  readonly query: ResourceQuery;
  readonly stream: WatchStream;
  /** Has the stream deliver events, as far as they get through. */
  tell(events: readonly WatchEvent[]): void;
  subscription?: Subscription;
  /** What will end it after its `timeoutMs`, or before. */
  timeout?: Disposable;
}

/** The watches under way. */
export class WatchHub {
  readonly #watches = new Set<OpenWatch>();

  get watches(): readonly OpenWatch[] {
    return [...this.#watches];
  }

  add(watch: OpenWatch): void {
    this.#watches.add(watch);
  }

  has(watch: OpenWatch): boolean {
    return this.#watches.has(watch);
  }

  delete(watch: OpenWatch): void {
    this.#watches.delete(watch);
  }

  /** Tells all watches that see it of a write. */
  publish(change: Change): void {
    for (const watch of this.#watches) {
      const { subscription } = watch;
      if (!subscription || subscription.served.storage !== change.storage) continue;
      if (change.version <= subscription.after) continue;
      const event = subscription.selection.eventOf(change);
      if (event) watch.tell([event]);
    }
  }

  /** Sends every accepted watch the same event. */
  broadcast(event: WatchEvent & { type: 'BOOKMARK' }): void {
    for (const watch of this.#watches) {
      if (watch.subscription) watch.tell([{ ...event }]);
    }
  }

  /** Ends the accepted watches of a kind, or of all; with a failure, those that wait for acceptance, too. */
  end(served?: ServedKind, failure?: { readonly error: unknown }): void {
    for (const { stream, subscription } of this.watches) {
      if (!subscription && !failure) continue;
      if (served && !isSame(subscription?.served, served)) continue;
      stream.end(failure);
    }
  }
}

/** Whether both are the same kind of the same resource; it may have been defined anew since a watch began. */
function isSame(a: ServedKind | undefined, b: ServedKind): boolean {
  return a?.storage === b.storage && groupVersionKindKey(a.gvk) === groupVersionKindKey(b.gvk);
}

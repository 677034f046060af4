import type { Clock, GroupVersionKind, ScopedGVR, Transport } from '@depwatch/core';
import type { ServerHealth } from '../../requests/server-health.ts';
import type { Slots } from '../../requests/slots.ts';
import type { PastVersions } from './past-versions.ts';
import type { StreamAges } from './stream-ages.ts';
import type { StreamingLists } from './streaming-lists.ts';

/** What the sources of one dynamic watcher share. */
export interface WatchSourceContext {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly health: ServerHealth;
  readonly slots: Slots;
  readonly streamingLists: StreamingLists;
  readonly streamAges: StreamAges;
  readonly pastVersions: PastVersions;
  readonly requestTimeoutMs: number;
  readonly authGraceMs: number;
  readonly metadataOnly: boolean;
  /** Told when a watch begins to be held, live or not, and when it is held no longer. */
  held?(change: 1 | -1): void;
  /**
   * Asks the server anew for the resource of a kind; with `confirm` it takes more than one denial. Rejects with
   * ERR_NO_VERSIONED_RESOURCE when the kind is denied, and never for a trouble that passes.
   */
  rediscover(
    gvk: GroupVersionKind,
    options: { confirm: boolean; signal: AbortSignal },
  ): Promise<ScopedGVR>;
  /** Resolves when the server serves the kind. */
  served(gvk: GroupVersionKind, options: { signal: AbortSignal }): Promise<ScopedGVR>;
  /** As {@link served}, at little cost however many kinds are waited for, and soon. */
  noticed(gvk: GroupVersionKind, options: { signal: AbortSignal }): Promise<ScopedGVR>;
}

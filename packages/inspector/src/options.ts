import type { Clock } from '@depwatch/core';

/** The replicas of `@depwatch/replicas`, by the little that is shown of them. */
export interface InspectedReplicas {
  readonly state: string;
  /** Who takes part, as this replica sees it; `since` is by its own clock, in milliseconds. */
  members(): readonly {
    readonly identity: string;
    readonly epoch: number;
    readonly since: number;
  }[];
}

/** Options of {@link createInspector}. */
export interface InspectorOptions {
  /**
   * Whether reconciles and lists may be asked for, by a button each. Whoever reaches the page can press it.
   *
   * @default false: the page is for reading alone
   */
  actions?: boolean;
  /**
   * Where the page is, as the handler sees it in `request.url`; what is elsewhere is answered with 404. Express takes what it
   * was mounted at away, so there it is '/'.
   *
   * @default '/'
   */
  path?: string;
  /** Those that share the watchers; shown where they are given. */
  replicas?: InspectedReplicas;
  /** @default the system's; one that is given to the dynamic watcher is to be given here, too */
  clock?: Clock;
}

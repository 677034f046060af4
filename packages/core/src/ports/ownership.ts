/**
 * Which watchers are this replica's, where several share the work. Ownership comes and goes: ask before each reconcile.
 */
export interface Ownership {
  /**
   * Whether this replica may begin to reconcile that watcher now; the key is one of objectIdentifierKey. It looks at the
   * clock: where time is over and nobody has been told, since the process stood still, the listeners of `onChange` are told,
   * and their signals aborted, before this returns.
   */
  owns(watcherKey: string): boolean;
  /**
   * The name of the replica that owns the watcher, as far as this one sees; undefined: nobody. For people and metrics, and
   * some seconds behind: a replica that dies counts as the owner until its renewals are missed.
   */
  ownerOf?(watcherKey: string): string | undefined;
  /**
   * Grows with each change of who owns what, over all replicas: who comes to own a watcher has a greater one than all who
   * owned it before. To fence writes with; 0 before the first.
   */
  readonly epoch: number;
  /**
   * Calls `listener` after what is owned may have changed. By then `owns` denies what was lost; the promise that the
   * listener returns is kept once nothing of it runs any more, and nobody else begins it before.
   *
   * @param listener gets a signal that is aborted when the time to let runs end is over: they have to end at once
   * @returns the undo
   */
  onChange(listener: (overdue: AbortSignal) => Promise<void> | void): () => void;
}

/** What {@link startApiServer} starts with. */
export interface ApiServerOptions {
  /** The port on 127.0.0.1. Default 0: any that is free. */
  readonly port?: number;
  /**
   * How many changes of a resource are kept, for watches and lists at an older version. Default 10,000; more than
   * that ago is answered with 410.
   */
  readonly historyLimit?: number;
  /** How often a watch that allows bookmarks gets one. Default 60,000. */
  readonly bookmarkIntervalMs?: number;
  /** How long a request for a version that is still to come waits for it. Default 3,000. */
  readonly futureVersionWaitMs?: number;
  /** How many requests a client may have open on one HTTP/2 connection. Default 100, as Go's. */
  readonly maxConcurrentStreams?: number;
  /** What is buffered for a watch that reads too slowly before it is ended. Default 16 MiB. */
  readonly maxWatchBufferBytes?: number;
  /**
   * Whether there is a garbage collector: what has lost its owners goes, and an owner that is deleted in the foreground
   * waits for its dependents. Default true; without it, as with a kube-apiserver alone, nothing follows an owner, and the
   * finalizers of deletes in the foreground and of those that leave orphans stay until they are taken away.
   */
  readonly garbageCollector?: boolean;
}

/** {@link ApiServerOptions} with the defaults filled in. */
export type ResolvedOptions = Required<ApiServerOptions>;

export function resolveOptions(options: ApiServerOptions): ResolvedOptions {
  return {
    port: options.port ?? 0,
    historyLimit: options.historyLimit ?? 10_000,
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    futureVersionWaitMs: options.futureVersionWaitMs ?? 3_000,
    maxConcurrentStreams: options.maxConcurrentStreams ?? 100,
    maxWatchBufferBytes: options.maxWatchBufferBytes ?? 16 * 1024 * 1024,
    garbageCollector: options.garbageCollector ?? true,
  };
}

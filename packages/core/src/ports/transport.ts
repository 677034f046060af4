import type { KubernetesObject, ObjectMeta } from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../object-identifier.ts';

/** A resource of the API server: the plural name that stands in its URLs, and whether it lives in namespaces. */
export interface ScopedGVR {
  group: string;
  version: string;
  resource: string;
  namespaced: boolean;
}

/** A resource as discovery tells of it. */
export interface ApiResource extends ScopedGVR {
  /** What may be done with it: `list`, `watch`… */
  verbs: readonly string[];
}

/** The kinds that a server serves. */
export interface ServedKinds {
  /** Tells one state from another; undefined where the server doesn't say. */
  version: string | undefined;
  /** Their keys, as by groupVersionKindKey. */
  kinds: ReadonlySet<string>;
}

/** Which objects a list or a watch is about; with neither name nor selector, all. */
export interface ResourceQuery {
  gvr: ScopedGVR;
  gvk: GroupVersionKind;
  /** Absent or empty: all namespaces, or a cluster-scoped resource. */
  namespace?: string;
  name?: string;
  selector?: string;
  /** Ask for `apiVersion`, `kind` and `metadata` alone (PartialObjectMetadata). */
  metadataOnly?: boolean;
}

/** One page of a list. */
export interface ListPage {
  items: readonly KubernetesObject[];
  /** The version that the list shows; a watch from it misses nothing. */
  resourceVersion: string;
  /** Where the next page starts; absent on the last page. */
  continue?: string;
  /** How many objects follow this page, if the server says so; it may be an estimate, and is not told of a selection. */
  remaining?: number;
}

/** One event of a watch. A failure is not an event: it is thrown. */
export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubernetesObject }
  | { type: 'BOOKMARK'; resourceVersion: string; initialEventsEnd?: boolean };

/**
 * How depwatch reaches an API server. Failures, ERROR events in a watch included, surface as a thrown DepwatchError.
 * Every object carries the apiVersion and kind of the query, and neither managedFields nor the last-applied annotation.
 */
export interface Transport {
  /** The resource of a kind; undefined when the server has no such kind, an error when it could not be asked. */
  discover(
    gvk: GroupVersionKind,
    options: { signal?: AbortSignal },
  ): Promise<ApiResource | undefined>;
  /** One page of objects; `resourceVersion` unset means the newest state. */
  list(
    query: ResourceQuery,
    options: { signal?: AbortSignal; limit?: number; continue?: string; resourceVersion?: string },
  ): Promise<ListPage>;
  /**
   * Events as they arrive, in bursts. The first burst, empty where there is no event yet, comes as soon as the server
   * has accepted the watch. It returns when the server ends the watch cleanly (after `timeoutMs`, say) and throws when
   * it breaks. With `initialEvents` it starts with an ADDED for each object, then a BOOKMARK with `initialEventsEnd`.
   * The iterator's `return()` ends a pending `next()` and closes the stream.
   */
  watch(
    query: ResourceQuery,
    options: {
      signal?: AbortSignal;
      resourceVersion?: string;
      initialEvents?: boolean;
      timeoutMs?: number;
      /**
       * Which objects are wanted whole, asked as each event is decoded with the metadata that it has; default all. Of the others
       * `apiVersion`, `kind` and `metadata` are enough, which a transport can have for a fraction of the work. An object that
       * comes so has the very metadata that was asked about: who has remembered it knows that there is more.
       */
      wanted?: (metadata: ObjectMeta) => boolean;
    },
  ): AsyncIterable<readonly WatchEvent[]>;
  /**
   * Whether the first burst of a watch comes as soon as the server has accepted it, empty if need be. Where it doesn't say
   * so, a new watch is believed to be accepted after a second of silence; where it does, silence is a time-out.
   */
  readonly announcesAcceptance?: boolean;
  /**
   * Which kinds the server serves, in one request for all groups but the core's; undefined when that is as it was at the
   * version `known`. Where a transport has no such call, or the server can't answer it, kinds are asked for one by one.
   */
  servedKinds?(options: { signal?: AbortSignal; known?: string }): Promise<ServedKinds | undefined>;
  /**
   * Asks whether the server is there, by a request that costs it nothing; resolves on any answer of a Kubernetes API
   * server, and rejects when there is none. Where a transport has no such call, `/api/v1` is discovered instead.
   */
  probe?(options: { signal?: AbortSignal }): Promise<void>;
  /** Frees what it holds (connections, timers); later calls fail. The dynamic watcher closes a transport it made itself. */
  close?(): Promise<void>;
}

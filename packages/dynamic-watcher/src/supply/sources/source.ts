import type {
  DepwatchError,
  KubernetesObject,
  ObjectChange,
  ObjectMeta,
  ObjectStore,
  ReflectorOrigin,
  ResourceQuery,
} from '@depwatch/core';

/** What fills feeds: it keeps their stores true, or tells that it can't. */
export interface Source {
  start(): void;
  /** Ends it; nothing is told to its sink from now on. */
  stop(): void;
  /** Everything up to this version has been applied; undefined where there is none. */
  readonly resourceVersion: string | undefined;
  /** Whether it is a watch of its own, a part in one of a namespace or of a kind, or reads. */
  readonly servedBy: 'object' | 'namespace' | 'kind' | 'poll';
  /** What it asks the server for, as of now. */
  readonly query: ResourceQuery;
  /** Of one that reads: how many reads have begun, and how many of them the store shows. */
  readonly reads?: { readonly begun: number; readonly shown: number };
  /** Its version is of no use any more: the state is to be listed anew. */
  expire(error: DepwatchError): void;
  /** What asks the server, where that is another source, which serves several feeds. */
  readonly physical?: Source;
  /** Somebody wants to know of each version from now on; a source that always tells needs no word of it. */
  followed?(): void;
}

/** A source that can go on where another one left off. */
export interface ResumableSource extends Source {
  /** @param from what the sink was shown already; by default nothing, so that it begins with a list */
  start(from?: ReflectorOrigin): void;
}

/**
 * Where a source puts what it sees, and says how it is. One feed, or what hands on to several: the source doesn't know.
 * Nothing is told after its `stop`.
 */
export interface Sink {
  readonly store: ObjectStore<KubernetesObject>;
  /** Which objects have to come whole, by their metadata; absent: all. See the Transport's `watch`. */
  readonly wanted?: ((metadata: ObjectMeta) => boolean) | undefined;
  /** Whether somebody waits for its kind to be served, however long that takes. */
  readonly waits: boolean;
  /** A request went out, or is held up since there is no answer: from the first such call on it may be late. */
  begun(): void;
  live(): void;
  retrying(error: DepwatchError, ms: number): void;
  /** The store has changed, before this call. */
  changed(changes: readonly ObjectChange[]): void;
  /** {@link Source.resourceVersion} is another one, or the server has said it anew; after what it stands for was told. */
  advanced(): void;
  /** The server no longer serves the kind: what there was goes next. */
  gone(error: DepwatchError): void;
  /** It was given up for good. */
  ended(error: DepwatchError): void;
}

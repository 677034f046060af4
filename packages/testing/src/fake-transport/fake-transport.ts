import type {
  GroupVersionKind,
  KubernetesObject,
  KubernetesStatus,
  ObjectClient,
  ObjectIdentifier,
  ObjectMeta,
  ResourceQuery,
  Transport,
} from '@depwatch/core';

import type { VirtualClock } from '../virtual-clock.ts';
import type { KindDefinition } from './kinds/kinds.ts';
import type { DenyRule, FailureRule, FakeOperation, HoldRule, SpoilRule } from './faults/rules.ts';

/** What {@link createFakeTransport} may be given. */
export interface FakeTransportOptions {
  /** The clock that ends watches after their `timeoutMs` and dates objects. Default: a new virtual clock. */
  clock?: VirtualClock;
  /** Kinds to serve beside those of Kubernetes itself, as by {@link FakeTransport.registerKind}. Default: none. */
  resources?: readonly KindDefinition[];
  /**
   * Objects that are there from the start, as by {@link FakeTransport.put}: plain ones, or YAML text, of which each may
   * hold several documents and lists. CustomResourceDefinitions among them are put first. Default: none.
   */
  objects?: string | readonly (string | KubernetesObject)[];
}

/** How many requests were sent. */
export interface FakeRequestCounts {
  readonly discover: number;
  /** Each page counts. */
  readonly list: number;
  /** All watches, the streaming ones included. */
  readonly watch: number;
  /** Watches with initial events. */
  readonly streaming: number;
  readonly probe: number;
  readonly get: number;
  readonly create: number;
  readonly update: number;
  readonly patch: number;
  readonly apply: number;
  readonly delete: number;
}

/** An object as it is stored: with what the server fills in. */
export type StoredObject<T extends KubernetesObject> = T & {
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string };
};

/**
 * A Transport and ObjectClient in memory, with the controls of the API server it stands for. All controls take effect at
 * once; what they cause arrives in microtasks. The methods of ObjectClient are requests, which rules meet; `put`,
 * `remove` and `stored` are the server's own hand, which they don't.
 */
export interface FakeTransport extends Transport, ObjectClient {
  /** Resolves while the server is up. Rules meet it only where they name the operation `probe`. */
  probe(options: { signal?: AbortSignal }): Promise<void>;
  /** Ends all watches; later calls fail. */
  close(): Promise<void>;

  /** The time that `timeoutMs` of watches is measured with. */
  readonly clock: VirtualClock;
  /** How many requests were sent so far: a snapshot, so that two of them can be compared. */
  readonly requests: FakeRequestCounts;
  /** The watches under way, oldest first, from the moment they are asked for until they end: copies of their queries. */
  readonly openWatches: readonly ResourceQuery[];
  /** The newest version of the server's state, as a list would show it. */
  readonly resourceVersion: string;

  /**
   * Creates an object, or replaces the one of its name whatever that one's version is. uid, resourceVersion,
   * creationTimestamp, deletionTimestamp and, where there is a `spec`, generation are the server's business. A write
   * that changes nothing is none. An object that waits for its finalizers goes with the last of them. A
   * CustomResourceDefinition registers its kinds, and unregisters them when it goes; without a spec it stands for one
   * whose kinds are not served yet.
   *
   * @returns a copy of what is stored
   * @throws DepwatchError ERR_INVALID_INPUT naming the field that is missing or wrong
   */
  put<T extends KubernetesObject>(object: T): StoredObject<T>;
  /**
   * Deletes an object; one with finalizers only gets a deletionTimestamp.
   *
   * @param object the object, or its identifier by name
   * @returns a copy of its last state; undefined when there is none of that name
   */
  remove(object: ObjectIdentifier | KubernetesObject): KubernetesObject | undefined;
  /** A copy of what is stored, managedFields and all; undefined when there is nothing of that name. */
  stored<T extends KubernetesObject>(object: ObjectIdentifier | KubernetesObject): T | undefined;

  /** Serves one more kind, as an API server does once a CustomResourceDefinition is established. */
  registerKind(kind: KindDefinition): void;
  /**
   * Serves a kind no longer, as when its CustomResourceDefinition is deleted: its objects are deleted, its watches end,
   * later requests for it are answered with 404. Objects stay while another version of the resource is served.
   */
  unregisterKind(gvk: GroupVersionKind): void;

  /**
   * Drops history: every version handed out up to now is too old to watch from, and so are the tokens of lists in
   * pages (ERR_EXPIRED). Watches under way go on.
   */
  compact(): void;
  /**
   * Goes back to an earlier state, as a server does whose etcd was restored from a backup: what was written since is
   * gone, its versions will be those of other writes, and all watches break. A watch from a version that is now one of
   * the future is not refused, and is told of no write up to it.
   *
   * @param resourceVersion of {@link FakeTransport.resourceVersion} or an object
   * @throws DepwatchError ERR_INVALID_INPUT when it is in the future or has been compacted
   */
  restore(resourceVersion: string): void;
  /** Ends all watches cleanly, as a server does that has had enough of them. */
  closeWatches(): void;
  /**
   * Breaks all watches.
   *
   * @param error what they throw. Default: ERR_TRANSPORT, retryable, without a status, reason `unreachable`
   */
  breakWatches(error?: Error): void;
  /** Breaks all watches, as {@link breakWatches} does, and all requests that are held. */
  cutConnections(): void;
  /** Sends all watches a bookmark with the newest version. */
  sendBookmarks(): void;

  /**
   * Makes requests fail. Of several rules the oldest applies. An Error is thrown as it is: one of ERR_TRANSPORT with the
   * reason `not-kubernetes`, `protocol` or `credentials` stands for what no API server answers.
   *
   * @returns the undo
   */
  fail(rule: FailureRule): () => void;
  /**
   * Makes requests wait, until the returned function releases them and undoes the rule. A signal ends the waiting, and so
   * does the rule's time-out.
   */
  hold(rule: FakeOperation | HoldRule): () => void;
  /**
   * Refuses lists and watches as RBAC does (ERR_FORBIDDEN). Watches under way go on, as on a real server.
   *
   * @returns the undo
   */
  deny(rule: DenyRule): () => void;
  /**
   * Refuses watches with initial events, as API servers do that don't have the feature.
   *
   * @param status an HTTP status code, or a whole Status
   * @param options `accepted`: answer 200 first and refuse by an ERROR event. Default false
   * @returns the undo
   */
  refuseStreamingLists(
    status: number | KubernetesStatus,
    options?: { accepted?: boolean },
  ): () => void;
  /**
   * Makes lists and initial events show an older state, as an API server does that lags behind.
   *
   * @param resourceVersion of {@link FakeTransport.resourceVersion} or an object
   * @returns the undo
   * @throws DepwatchError ERR_INVALID_INPUT when it is in the future or has been compacted
   */
  serveStale(resourceVersion: string): () => void;
  /**
   * Leaves something out of what a resource's lists and watches say, or gets it wrong. Several rules add up.
   *
   * @returns the undo
   */
  spoil(rule: SpoilRule): () => void;
  /**
   * Breaks each watch accepted from now on at a certain age, as proxies do.
   *
   * @param ageMs in milliseconds of the clock
   * @returns the undo
   */
  cutWatches(ageMs: number): () => void;
  /**
   * No longer tells of a watch's acceptance by an empty first burst, as a transport that doesn't know of it.
   *
   * @returns the undo
   */
  leaveUnannounced(): () => void;
  /** The server is gone: watches and held requests break, and new ones fail, all with ERR_TRANSPORT, without a status, reason `unreachable`. */
  down(): void;
  /** The server is back, with its state and its history. */
  up(): void;
}

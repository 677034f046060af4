import type {
  GroupVersionKind,
  KubernetesObject,
  ObjectClient,
  ObjectIdentifier,
  Transport,
} from '@depwatch/core';

/** A kind that a case adds to the API server, as a CustomResourceDefinition does. */
export interface CustomKind extends GroupVersionKind {
  /** Always one of its own, made for the case. */
  group: string;
  /** The plural name in URLs. */
  plural: string;
  namespaced: boolean;
}

/**
 * What the conformance cases need of a transport and the API server behind it. The optional members are the harness's
 * capabilities: a case whose `requires` names one that isn't there is not for this harness.
 */
export interface ConformanceHarness {
  /** The transport under test, with all permissions; it may be the same one each time. */
  transport(): Transport | Promise<Transport>;
  /** The name of a fresh, empty namespace. */
  namespace(): string | Promise<string>;
  /** Creates an object, or replaces the one that has its name; resolves with what the server stored. */
  put(object: KubernetesObject): KubernetesObject | Promise<KubernetesObject>;
  /** Deletes an object, without a grace period. */
  remove(object: ObjectIdentifier): void | Promise<void>;
  /**
   * How long anything may take, in milliseconds, before a case fails.
   *
   * @default 10_000
   */
  readonly waitMs?: number;

  /**
   * The transport under test as the ObjectClient that it is, too; then those of `forbidden`, `unauthorized` and
   * `closable` are clients as well. Absent: nothing is asked about reads and writes of single objects.
   */
  client?(): ObjectClient | Promise<ObjectClient>;
  /** Where time is virtual: lets `ms` milliseconds of it pass. Absent: the cases wait for real time to pass. */
  passTime?(ms: number): void | Promise<void>;
  /** Makes every version handed out so far too old, for watches and for tokens of lists in pages. */
  compact?(): void | Promise<void>;
  /** Makes the server end all watches cleanly. */
  closeWatches?(): void | Promise<void>;
  /** Drops the connections of all watches. */
  breakWatches?(): void | Promise<void>;
  /** Resolves once a kind is served. */
  registerKind?(kind: CustomKind): void | Promise<void>;
  /** Deletes a kind, with all its objects; may resolve before they are gone. */
  unregisterKind?(kind: CustomKind): void | Promise<void>;
  /** A kind that can be listed and not watched. */
  unwatchable?(): GroupVersionKind;
  /** A transport to the same server, for a user who may do nothing. */
  forbidden?(): Transport | Promise<Transport>;
  /** A transport to the same server, with credentials that it doesn't know. */
  unauthorized?(): Transport | Promise<Transport>;
  /** A transport that the case may close; one with a `close()`. */
  closable?(): Transport | Promise<Transport>;
}

/** What a harness may lack. */
export type ConformanceCapability = Exclude<
  {
    [Member in keyof ConformanceHarness]-?: undefined extends ConformanceHarness[Member]
      ? Member
      : never;
  }[keyof ConformanceHarness],
  'waitMs' | 'passTime'
>;

/** One thing that every transport must do. */
export interface ConformanceCase {
  /** What it must do, as a sentence; unique, and the same for every harness. */
  readonly name: string;
  /** The optional members of the harness that the case uses. */
  readonly requires: readonly ConformanceCapability[];
  /** Those of them that this harness lacks: skip the case unless it is empty, and say so. */
  readonly missing: readonly ConformanceCapability[];
  /** Whether it disturbs whatever else uses the same server; all others may run at once. */
  readonly exclusive: boolean;
  /** Rejects with an AssertionError, or with what the harness rejected with. */
  run(): Promise<void>;
}

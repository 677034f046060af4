/**
 * What a replica says of itself in its Lease. It claims the keys that it wins among `members`: until it publishes
 * otherwise, or its Lease lapses, it may be at work on any of them, and nobody else begins one.
 */
export interface ReplicaRecord {
  /** Its name, the same again after a restart where its owner gives it the same. */
  readonly identity: string;
  /** Which process; no two have the same, whatever their identity. */
  readonly run: string;
  /** Counts the writes of this process, so that it knows them again when it sees them. */
  readonly write: number;
  /** `joining`: does it see the others' Leases? `leaving`: it begins nothing any more. `left`: it claims nothing. */
  readonly phase: 'joining' | 'member' | 'leaving' | 'left';
  /** Greater than each that it had seen when it last published another membership. */
  readonly epoch: number;
  /** The membership that it acts by, in order. */
  readonly members: readonly string[];
  /** How long its Lease lasts, in milliseconds. */
  readonly leaseDurationMs: number;
  /** Leases that it has seen lapse, of those that are there: who has come since needs not wait for them, too. */
  readonly lapsed: readonly LeaseVersion[];
}

/** A Lease, as it was at one moment. */
export interface LeaseVersion {
  readonly name: string;
  readonly resourceVersion: string;
}

/** A Lease as it was seen. */
export interface ReplicaLease {
  /** The Lease's own name. */
  readonly name: string;
  readonly resourceVersion: string;
  /** Undefined where it can't be read: of another format, or of nobody's. It is taken to claim every key. */
  readonly record: ReplicaRecord | undefined;
}

/** A Lease of another process, and what became of it. */
export interface SeenLease extends ReplicaLease {
  /** When it was last seen to change, on the local clock. */
  readonly changedAt: number;
  /** Whether it isn't there any more: deleted, or another process has taken its name. Its claims stand until they lapse. */
  readonly gone: boolean;
  /** Whether another replica has said that it has seen this very version lapse. */
  readonly saidLapsed: boolean;
}

/** A write of its own Lease that was sent. */
export interface SentRecord {
  readonly record: ReplicaRecord;
  readonly sentAt: number;
}

/** What was lost is being stopped, so that others may begin it. */
export interface Drain {
  /** Tells it from earlier ones. */
  readonly number: number;
  /** When what still runs has to end at once. */
  readonly overdueAt: number;
  /** Whether it was told to. */
  readonly overdue: boolean;
  readonly done: boolean;
}

/**
 * Where a replica stands.
 *
 * - `joining`: it makes sure that it sees the others; it owns nothing
 * - `member`: it owns what it wins and nobody else claims
 * - `leaving`: it owns nothing, and hands over what still runs
 * - `lost`: it didn't get its Lease renewed in time, or somebody took it; it owns nothing, and joins anew once what ran has
 *   stopped
 */
export type MembershipPhase = 'idle' | 'joining' | 'member' | 'leaving' | 'lost' | 'left';

/** All that a replica knows of its group. */
export interface MembershipState {
  readonly phase: MembershipPhase;
  /** How far the Leases have been followed; undefined before they were listed. */
  readonly followedTo: string | undefined;
  /** The Leases of other processes, by run. */
  readonly seen: ReadonlyMap<string, SeenLease>;
  /** The version of the Lease that bears this replica's name, whoever's it is; undefined when there is none. */
  readonly ownVersion: string | undefined;
  /**
   * The newest write of its own that it has seen among the Leases. All that was written before it was sent has been
   * seen, too: so long is it certain what the others claim, and that they see this one.
   */
  readonly echoed: SentRecord | undefined;
  /** Later writes, oldest first, which may have taken effect or may yet. */
  readonly sent: readonly SentRecord[];
  /** The number of the write whose outcome isn't known yet; undefined when there is none under way. */
  readonly writing: number | undefined;
  /** How many writes there were. */
  readonly writes: number;
  /** How many writes in a row have failed. */
  readonly failures: number;
  /** When the next renewal is due. */
  readonly renewAt: number;
  /** Nothing is written before, since the last write failed. */
  readonly notBefore: number;
  /** When the Leases were last asked for anew. */
  readonly readAt: number;
  /** The greatest epoch that was seen among the Leases. */
  readonly epoch: number;
  /** The membership that it is going to publish, or has; it acts by what it wins in this one and in all it may have published. */
  readonly view: readonly string[];
  readonly drain: Drain;
}

/** What happens to a replica. */
export type MembershipInput =
  | { readonly type: 'start' }
  /** All Leases of the group, as they were at this version. */
  | {
      readonly type: 'listed';
      readonly leases: readonly ReplicaLease[];
      readonly resourceVersion: string;
    }
  /** What the watch that follows the last list tells, in the order of the versions. */
  | { readonly type: 'changed'; readonly lease: ReplicaLease }
  | { readonly type: 'deleted'; readonly name: string; readonly resourceVersion: string }
  /** The write took effect. */
  | { readonly type: 'written'; readonly write: number; readonly resourceVersion: string }
  /** It didn't, and won't: the Lease is another than was known (`conflict`), or it was refused. */
  | { readonly type: 'refused'; readonly write: number; readonly conflict: boolean }
  /** It may have taken effect, or may yet; where the server said so, another one may be sent after so many milliseconds. */
  | { readonly type: 'unanswered'; readonly write: number; readonly retryAfterMs?: number }
  /** Nothing of what was not owned any more at that drain runs. */
  | { readonly type: 'drained'; readonly number: number }
  /** The timer went off. */
  | { readonly type: 'elapsed' }
  | { readonly type: 'leave' };

/** What to do next, in this order. */
export type MembershipEffect =
  /** List the group's Leases and watch them from there, in place of the watch that there is. */
  | { readonly type: 'read' }
  /** Write the own Lease: over the version given, so that it fails when there is another; without one, create it. */
  | {
      readonly type: 'write';
      readonly record: ReplicaRecord;
      readonly over: string | undefined;
    }
  /** Delete a Lease of a process that is no more, in this version. */
  | { readonly type: 'delete'; readonly name: string; readonly over: string }
  /** What is owned may have changed; tell when what is not owned any more has stopped, by `drained` with this number. */
  | { readonly type: 'changed'; readonly drain: number }
  /** What runs of what is not owned any more has to end at once. */
  | { readonly type: 'overdue' }
  /** Set the timer, instead of the one that may be set. */
  | { readonly type: 'timer'; readonly ms: number }
  /** The end: nothing is claimed any more, or nothing could be said in time. */
  | { readonly type: 'left' };

/** Who a replica is, and what a step may know of the world. */
export interface MembershipContext {
  /** Milliseconds on a clock that never goes back. */
  readonly now: number;
  /** A number in [0, 1) for jitter. */
  readonly random: number;
  readonly identity: string;
  readonly run: string;
  /** The name of its own Lease. */
  readonly leaseName: string;
  /** How long a Lease that doesn't change is believed, in milliseconds. */
  readonly leaseDurationMs: number;
  /** How long after the last renewal that came through a replica still owns something; less than the lease. */
  readonly renewDeadlineMs: number;
  /** How often a Lease is renewed. */
  readonly retryPeriodMs: number;
  /** How much longer than a lease the others wait, for clocks that differ in speed. */
  readonly slackMs: number;
}

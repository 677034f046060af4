import type { ReferenceKind } from './references.ts';
import type { WorkloadKind, WorkloadName } from './workload.ts';

/** Something that happened in the cluster and made the reloader look at a workload. */
export interface Change {
  /**
   * `added`, `modified`, `deleted`: a ConfigMap or Secret that the workload uses. Of the workload itself: `seen` for
   * the first time, `changed` in what it uses or in its record, `left` by deletion or by opting out. `available`,
   * `unavailable`: a ConfigMap or Secret can be watched from now on, or no longer.
   */
  readonly type:
    | 'added'
    | 'modified'
    | 'deleted'
    | 'available'
    | 'unavailable'
    | 'seen'
    | 'changed'
    | 'left';
  readonly kind: ReferenceKind | WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** What was done about a change. */
export type Outcome =
  /** The pods are being replaced, and the record was written; `would-roll` in a dry run. */
  | 'rolled'
  | 'would-roll'
  /** The record was written, no pod is replaced; `would-record` in a dry run. */
  | 'recorded'
  | 'would-record'
  /** Somebody took the record away, or changed it; it was written again. */
  | 'restored'
  /** Nothing was written yet: it was rolled a moment ago. */
  | 'held'
  /** Nothing was written: the data is what the record says. */
  | 'unchanged'
  /** Nothing was written: something that the pods need isn't there. */
  | 'waiting'
  /** The workload is gone or opted out, and nothing is watched for it any more. */
  | 'released';

/** One decision about one workload. */
export interface DecisionEvent {
  readonly type: 'decision';
  /** What changed since the last decision about this workload; at least one. */
  readonly changes: readonly Change[];
  readonly workload: WorkloadName;
  readonly outcome: Outcome;
  /** For people; names objects and keys, never data. */
  readonly reason: string;
  /** What differs, as `configmap/name` or `configmap/name/key`; empty unless it rolls. */
  readonly differing: readonly string[];
  /** Milliseconds from the change to the decision or, where something is written, to the API server's answer. */
  readonly durationMs: number;
}

/** Something failed and is tried again with a growing delay. Told once until the failure is another one, or over. */
export interface FailedEvent {
  readonly type: 'failed';
  /** What it is about; absent when it is about more than one. */
  readonly workload?: WorkloadName;
  /** For people; holds no data of any object. */
  readonly message: string;
}

/** A failure that was told of is over, or something else is worth knowing. */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly message: string;
}

/**
 * A workload says something that can't be meant, or somebody undoes or causes its rolls. Told once for each workload and
 * message.
 */
export interface ProblemEvent {
  readonly type: 'problem';
  readonly workload: WorkloadName;
  readonly message: string;
}

/** All workloads were listed and looked at once. */
export interface SyncedEvent {
  readonly type: 'synced';
  /** How many workloads there are. */
  readonly workloads: number;
  /** How many of them take part. */
  readonly optedIn: number;
}

/** What a reloader tells of. */
export type ReloaderEvent = DecisionEvent | FailedEvent | NoticeEvent | ProblemEvent | SyncedEvent;

/** How much an event matters. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

/** What changed nothing is for who looks closely; what somebody should do something about is a warning. */
export function levelOf(event: ReloaderEvent): Level {
  if (event.type === 'failed') return 'error';
  if (event.type === 'problem') return 'warn';
  return event.type === 'decision' && event.outcome === 'unchanged' ? 'debug' : 'info';
}

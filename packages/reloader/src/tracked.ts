import type { ObjectIdentifier } from '@depwatch/controller';
import type { Change, DecisionEvent } from './events.ts';
import type { Pace } from './pace.ts';
import type { Known } from './record.ts';
import type { ReferenceKind } from './references.ts';
import type { WorkloadName } from './workload.ts';

/** What is remembered of a workload that takes part. */
export interface Tracked {
  readonly name: WorkloadName;
  /** Another one of the same name is another workload. */
  readonly uid: string | undefined;
  /** What has happened and was not looked at yet. */
  readonly changes: Map<string, Change>;
  /** What is looked at: the next decision is about it. */
  readonly about: Map<string, Change>;
  /** When the first of all these happened. */
  since: number;
  /** What is watched for it, as one text; empty: nothing yet. */
  watching: string;
  /** The state that the last decision was about, as one text; undefined while one is due. */
  settled: string | undefined;
  known: Known | undefined;
  pace: Pace | undefined;
  /** What was told of it and need not be told again. */
  readonly told: Set<string>;
  /** The last failure that was told of. */
  failure: string | undefined;
}

export function newTracked(name: WorkloadName, uid: string | undefined): Tracked {
  return {
    name,
    uid,
    changes: new Map(),
    about: new Map(),
    since: 0,
    watching: '',
    settled: undefined,
    known: undefined,
    pace: undefined,
    told: new Set(),
    failure: undefined,
  };
}

/** Notes a change that the next decision is about. */
export function noteChange(tracked: Tracked, change: Change, now: number): void {
  if (tracked.changes.size + tracked.about.size === 0) tracked.since = now;
  // Of a burst the last one of a kind counts; the place in the line is the first one's.
  tracked.changes.set(`${change.kind} ${change.name}`, change);
}

/** Before anything is read: what happens from now on is for another decision. */
export function lookAtChanges({ changes, about }: Tracked): void {
  for (const [key, change] of changes) about.set(key, change);
  changes.clear();
}

/** What is told of a decision. */
export function decisionOf(
  { name, about, since }: Tracked,
  decided: Pick<DecisionEvent, 'outcome' | 'reason' | 'differing'>,
  now: number,
): DecisionEvent {
  const changes: readonly Change[] =
    about.size > 0 ? [...about.values()] : [{ type: 'changed', ...name }];
  const durationMs = about.size > 0 ? Math.max(0, now - since) : 0;
  return { type: 'decision', changes, workload: name, ...decided, durationMs };
}

/** What a cause of a reconcile says of a ConfigMap or Secret; undefined where it says nothing of one. */
export function changeOf(
  type: string,
  { kind, namespace = '', name = '' }: ObjectIdentifier,
): Change | undefined {
  if (!isReferenceChange(type)) return undefined;
  return { type, kind: kind as ReferenceKind, namespace, name };
}

const referenceChanges = ['added', 'modified', 'deleted', 'available', 'unavailable'] as const;

function isReferenceChange(type: string): type is (typeof referenceChanges)[number] {
  return (referenceChanges as readonly string[]).includes(type);
}

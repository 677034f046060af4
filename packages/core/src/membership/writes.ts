import { hasLapsed, isClaiming, lapseAt } from './holding.ts';
import { graceMs, so, type Work } from './phases.ts';
import { createRendezvous } from './rendezvous.ts';
import { sameMembers } from './same-members.ts';
import type {
  LeaseVersion,
  MembershipContext,
  MembershipEffect,
  MembershipState,
  ReplicaRecord,
  SeenLease,
} from './types.ts';

/** So many Leases that nobody needs any more are deleted with each renewal. */
const mostDeletes = 10;

/** So many that have lapsed a Lease tells of; beyond that nobody has to hurry. */
const mostLapsed = 100;

/** The longest time that a timer is set for: one that is years away it can't be. */
const longestTimerMs = 3_600_000;

type Said = Pick<ReplicaRecord, 'phase' | 'members'>;

/** What was last said in the own Lease, or may have been. */
function lastRecord({ sent, echoed }: MembershipState): ReplicaRecord | undefined {
  return (sent.at(-1) ?? echoed)?.record;
}

/** What should be said; undefined where there is nothing to say. What takes keys away waits until they have been drained. */
function wanted(state: MembershipState): Said | undefined {
  const last = lastRecord(state);
  switch (state.phase) {
    case 'joining':
      return { phase: 'joining', members: [] };
    case 'member':
      if (state.drain.done) return { phase: 'member', members: state.view };
      return last?.phase === 'member'
        ? { phase: 'member', members: last.members }
        : { phase: 'joining', members: [] };
    case 'leaving':
      if (!last || !state.echoed) return undefined;
      return state.drain.done
        ? { phase: 'left', members: [] }
        : { phase: 'leaving', members: last.members };
    default:
      return undefined;
  }
}

/** Writes the own Lease, where that is due. */
export function nextWrite(work: Work, context: MembershipContext): Work {
  const [state] = work;
  const said = mayWrite(state, context) ? wanted(state) : undefined;
  if (!said || !isDue(state, said, context)) return work;
  const { identity, run, leaseDurationMs, now, random, retryPeriodMs } = context;
  const write = state.writes + 1;
  const epoch = epochOf(state, said);
  const lapsed = lapsedLeases(state, context);
  const record: ReplicaRecord = { identity, run, write, ...said, epoch, leaseDurationMs, lapsed };
  // While it claims nothing, what became of earlier writes doesn't matter, and an outage may be long.
  const earlier = state.phase === 'joining' ? state.sent.slice(-7) : state.sent;
  return so(
    work,
    {
      writing: write,
      writes: write,
      sent: [...earlier, { record, sentAt: now }],
      renewAt: now + retryPeriodMs * (0.9 + random * 0.2),
    },
    { type: 'write', record, over: state.ownVersion },
    ...(state.phase === 'member' ? leftovers(state, context) : []),
  );
}

function isDue(state: MembershipState, said: Said, context: MembershipContext): boolean {
  const last = lastRecord(state);
  if (last?.phase !== said.phase || !sameMembers(last.members, said.members)) return true;
  return context.now >= state.renewAt || hasSuspect(state, context);
}

/** Greater than all before where something changes, and never less. */
function epochOf(state: MembershipState, said: Said): number {
  const last = lastRecord(state);
  const greatest = Math.max(state.epoch, ...state.sent.map(({ record }) => record.epoch));
  const isNews = last?.phase !== said.phase || !sameMembers(last.members, said.members);
  return isNews ? greatest + 1 : greatest;
}

function mayWrite(state: MembershipState, context: MembershipContext): boolean {
  return (
    state.writing === undefined &&
    state.followedTo !== undefined &&
    context.now >= state.notBefore &&
    !holderOfName(state, context)
  );
}

/** Another process that has the Lease of this name, perhaps the one before this; it may be at work yet. */
function holderOfName(state: MembershipState, context: MembershipContext): SeenLease | undefined {
  return [...state.seen.values()].find(
    (lease) =>
      lease.name === context.leaseName &&
      !lease.gone &&
      lease.record?.phase !== 'left' &&
      // The version that is written over says that it hasn't changed until then. What can't be read is never written over.
      (lease.record === undefined || (!lease.saidLapsed && context.now < lapseAt(lease, context))),
  );
}

/** The Leases that have lapsed and are there; where nothing was claimed, nobody waits for that. */
function lapsedLeases(state: MembershipState, context: MembershipContext): LeaseVersion[] {
  return [...state.seen.values()]
    .filter((lease) => !lease.gone && mayClaim(lease) && hasLapsed(lease, state, context))
    .slice(0, mostLapsed)
    .map(({ name, resourceVersion }) => ({ name, resourceVersion }));
}

function mayClaim({ record }: SeenLease): boolean {
  return record === undefined || record.members.length > 0;
}

/** Whether somebody may have lapsed, for which a write that comes back is the proof. */
function hasSuspect(state: MembershipState, context: MembershipContext): boolean {
  const newest = (state.sent.at(-1) ?? state.echoed)?.sentAt ?? -Infinity;
  return suspects(state, context).some((at) => context.now >= at && newest < at);
}

/** When those lapse who haven't, and about whom it matters. */
function suspects(state: MembershipState, context: MembershipContext): number[] {
  return [...state.seen.values()]
    .filter(mayClaim)
    .filter((lease) => !hasLapsed(lease, state, context))
    .map((lease) => lapseAt(lease, context));
}

/**
 * Leases of those who left, or lapsed long ago, if it falls to this replica to delete them. Some Lease always keeps
 * the greatest epoch.
 */
function leftovers(state: MembershipState, context: MembershipContext): MembershipEffect[] {
  const { echoed, view } = state;
  if (!echoed) return [];
  const { winner } = createRendezvous(view);
  return [...state.seen.values()]
    .filter(({ name, gone, record }) => {
      return !gone && record && record.epoch <= echoed.record.epoch && name !== context.leaseName;
    })
    .filter((lease) => {
      const longAgo = lapseAt(lease, context) + context.leaseDurationMs;
      return lease.record?.phase === 'left' || echoed.sentAt >= longAgo;
    })
    .filter(({ name }) => winner(name) === context.identity)
    .slice(0, mostDeletes)
    .map(({ name, resourceVersion }) => ({ type: 'delete', name, over: resourceVersion }));
}

/** Asks for the Leases anew where a write hasn't come back for long; and forgets who is gone and claims nothing. */
export function nextRead(work: Work, context: MembershipContext): Work {
  const [state] = work;
  const forgotten = [...state.seen].filter(
    ([, lease]) => lease.gone && !isClaiming(lease, state, context),
  );
  let next = work;
  if (forgotten.length > 0) {
    const seen = new Map(state.seen);
    for (const [run] of forgotten) seen.delete(run);
    next = so(work, { seen });
  }
  if (context.now < readDueAt(state, context)) return next;
  return so(next, { readAt: context.now }, { type: 'read' });
}

function readDueAt(
  { sent, readAt }: MembershipState,
  { retryPeriodMs }: MembershipContext,
): number {
  return sent[0] === undefined ? Infinity : Math.max(sent[0].sentAt, readAt) + 2 * retryPeriodMs;
}

/** The timer for the next moment at which something is due. */
export function nextTimer(work: Work, context: MembershipContext): Work {
  const [state] = work;
  if (state.phase === 'left') return work;
  const { echoed, drain, renewAt, notBefore, writing, followedTo } = state;
  const { now, renewDeadlineMs } = context;
  const holder = holderOfName(state, context);
  const moments = [
    ...(echoed ? [echoed.sentAt + renewDeadlineMs] : []),
    ...(drain.done ? [] : [drain.overdueAt + (drain.overdue ? graceMs(context) : 0)]),
    ...(holder ? [lapseAt(holder, context)] : []),
    ...(holder || writing !== undefined || followedTo === undefined
      ? []
      : [Math.max(renewAt, notBefore), notBefore]),
    ...suspects(state, context),
    readDueAt(state, context),
  ].filter((at) => at > now && at < Infinity);
  if (moments.length === 0) return work;
  return so(work, {}, { type: 'timer', ms: Math.min(...moments, now + longestTimerMs) - now });
}

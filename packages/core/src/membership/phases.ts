import { membersOf } from './holding.ts';
import { sameMembers } from './same-members.ts';
import type {
  Drain,
  MembershipContext,
  MembershipEffect,
  MembershipPhase,
  MembershipState,
} from './types.ts';

/** A state on its way through a step, and what is to be done so far. */
export type Work = readonly [MembershipState, readonly MembershipEffect[]];

/** The same with another state, and more to do. */
export function so(
  [state, effects]: Work,
  change: Partial<MembershipState>,
  ...more: readonly MembershipEffect[]
): Work {
  return [{ ...state, ...change }, more.length === 0 ? effects : [...effects, ...more]];
}

/** Whether no renewal has come back for so long that the others may soon believe this replica dead. */
function isOverdue({ echoed }: MembershipState, context: MembershipContext): boolean {
  return echoed !== undefined && context.now >= echoed.sentAt + context.renewDeadlineMs;
}

/**
 * When all that runs has to end, unless a renewal comes through before, on the clock of the context; Infinity where nothing
 * is claimed.
 */
export function overdueAt(
  { phase, echoed }: MembershipState,
  { renewDeadlineMs }: MembershipContext,
): number {
  const isClaiming = echoed !== undefined && (phase === 'member' || phase === 'leaving');
  return isClaiming ? echoed.sentAt + renewDeadlineMs : Infinity;
}

/** Ends what time has ended, before anything is taken in: what comes late must not revive a claim. */
export function afterTime(work: Work, context: MembershipContext): Work {
  const [state] = work;
  if (context.now >= overdueAt(state, context)) {
    if (state.phase === 'member') return lose(work, context);
    return so(work, { phase: 'left' }, { type: 'overdue' }, { type: 'left' });
  }
  const { drain } = state;
  if (drain.done || context.now < drain.overdueAt) return work;
  if (!drain.overdue) {
    return afterTime(
      so(work, { drain: { ...drain, overdue: true } }, { type: 'overdue' }),
      context,
    );
  }
  // As long as a lease outlasts its deadline: for what has not stopped then, nobody could wait at a loss either.
  if (context.now < drain.overdueAt + graceMs(context)) return work;
  return so(work, { drain: { ...drain, done: true } });
}

/** How long what was told to end at once has time for it. */
export function graceMs({ leaseDurationMs, renewDeadlineMs }: MembershipContext): number {
  return leaseDurationMs - renewDeadlineMs;
}

/** Begins to stop what isn't owned any more. */
function drained({ drain }: MembershipState, overdueAt: number): { drain: Drain } {
  return { drain: { number: drain.number + 1, overdueAt, overdue: false, done: false } };
}

/** Owns nothing from now on, and asks anew what there is; what was claimed may be yet. Epochs only grow. */
function lose(work: Work, context: MembershipContext): Work {
  const [state] = work;
  const seen = [...state.seen].map(([run, lease]) => [run, { ...lease, gone: true }] as const);
  const { number } = state.drain;
  return so(
    work,
    {
      phase: 'lost',
      followedTo: undefined,
      seen: new Map(seen),
      ownVersion: undefined,
      echoed: undefined,
      sent: [],
      view: [],
      drain: { number: number + 1, overdueAt: context.now, overdue: true, done: false },
    },
    { type: 'overdue' },
  );
}

/** Hands over what it has, and ends. */
export function leave(work: Work, context: MembershipContext): Work {
  const [{ phase, ...state }] = work;
  if (phase === 'leaving') return work;
  if (phase === 'idle') return so(work, { phase: 'left' }, { type: 'left' });
  const drain =
    phase === 'lost' ? {} : drained({ phase, ...state }, context.now + context.renewDeadlineMs);
  return so(work, { phase: 'leaving', ...drain });
}

/** Goes on to another phase where what is seen asks for it. */
export function nextPhase(work: Work, context: MembershipContext): Work {
  const [state] = work;
  const to = (phase: MembershipPhase): Work => so(work, { phase });
  switch (state.phase) {
    case 'joining':
      // Its own Lease has come back, so it sees the others.
      return state.echoed?.record.phase === 'joining' && !isOverdue(state, context)
        ? to('member')
        : work;
    case 'member':
      return hasOwnLease(state, context) ? work : lose(work, context);
    case 'lost':
      if (!state.drain.done) return work;
      return so(
        work,
        { phase: 'joining', renewAt: context.now, readAt: context.now },
        { type: 'read' },
      );
    case 'leaving': {
      const isSaid = state.echoed === undefined || state.echoed.record.phase === 'left';
      return state.drain.done && isSaid ? so(work, { phase: 'left' }, { type: 'left' }) : work;
    }
    default:
      return work;
  }
}

function hasOwnLease({ seen, ownVersion }: MembershipState, context: MembershipContext): boolean {
  return (
    ownVersion !== undefined &&
    ![...seen.values()].some(({ name, gone }) => name === context.leaseName && !gone)
  );
}

/** Takes to the membership that is seen now. */
export function nextView(work: Work, context: MembershipContext): Work {
  const [state] = work;
  if (state.phase !== 'member') return work;
  const view = membersOf(state, context).map(({ identity }) => identity);
  if (sameMembers(view, state.view)) return work;
  // Who only leaves takes no key away, and who had none has nothing to stop.
  if (state.view.length === 0 || view.every((member) => state.view.includes(member))) {
    return so(work, { view });
  }
  return so(work, { view, ...drained(state, context.now + context.renewDeadlineMs) });
}

import { backOffMs } from '../back-off.ts';
import { sameJson } from '../same-json.ts';
import { holdingOf } from './holding.ts';
import { afterTime, leave, nextPhase, nextView, so, type Work } from './phases.ts';
import { isBeyond, seeChange, seeDeletion, seeList } from './see.ts';
import type {
  MembershipContext,
  MembershipEffect,
  MembershipInput,
  MembershipState,
} from './types.ts';
import { nextRead, nextTimer, nextWrite } from './writes.ts';

/** The state of a replica that has not been started. */
export const initialMembershipState: MembershipState = {
  phase: 'idle',
  followedTo: undefined,
  seen: new Map(),
  ownVersion: undefined,
  echoed: undefined,
  sent: [],
  writing: undefined,
  writes: 0,
  failures: 0,
  renewAt: -Infinity,
  notBefore: -Infinity,
  readAt: -Infinity,
  epoch: 0,
  view: [],
  drain: { number: 0, overdueAt: -Infinity, overdue: false, done: true },
};

/**
 * The life of one replica among others that share keys by means of a Lease each. Pure: it returns the next state and what
 * to do.
 *
 * Each publishes the membership that it acts by, and so what it claims: the keys that it wins among those members. It owns
 * of these what no other Lease claims, once it has seen its own claim among the Leases. Versions put all claims into
 * one order, and whoever has seen its own has seen all earlier ones: of two that claim a key, the later one sees it (the
 * idea of Dekker's mutual exclusion). So for safety the memberships need not agree; they come to agree since all see the
 * same Leases. Whatever takes a key away is published only after what runs of it has stopped.
 *
 * A replica whose renewals don't come back for the renew deadline owns nothing any more. The others believe its claims for
 * the longer time of the lease, counted on their own clocks from when they saw its last change.
 */
export function membershipStep(
  state: MembershipState,
  input: MembershipInput,
  context: MembershipContext,
): [MembershipState, readonly MembershipEffect[]] {
  if (state.phase === 'left') return [state, []];
  let work = received(afterTime([state, []], context), input, context);
  for (const next of [nextPhase, nextView, nextWrite, nextRead, nextTimer]) {
    work = next(work, context);
  }
  const [after, effects] = work;
  const isSame =
    state.drain.number === after.drain.number &&
    sameHolding(holdingOf(state, context), holdingOf(after, context));
  const changed: MembershipEffect = { type: 'changed', drain: after.drain.number };
  return [after, isSame ? effects : [changed, ...effects]];
}

type Holding = ReturnType<typeof holdingOf>;

/** Whether both own the same keys; that one of them ends later changes none. */
function sameHolding(one: Holding, other: Holding): boolean {
  return sameJson([one.views, one.claims], [other.views, other.claims]);
}

/** Takes in what happened. */
function received(work: Work, input: MembershipInput, context: MembershipContext): Work {
  const [state, effects] = work;
  const { now } = context;
  switch (input.type) {
    case 'start':
      if (state.phase !== 'idle') return work;
      return so(work, { phase: 'joining', renewAt: now, readAt: now }, { type: 'read' });
    case 'listed':
      return [seeList(state, input, context), effects];
    case 'changed':
      return [seeChange(state, input.lease, context), effects];
    case 'deleted':
      return [seeDeletion(state, input, context), effects];
    case 'written':
      return written(work, input);
    case 'refused': {
      const sent = state.sent.filter(({ record }) => record.write !== input.write);
      const refused = failed(so(work, { sent }), input.write, context);
      return input.conflict ? so(refused, { readAt: now }, { type: 'read' }) : refused;
    }
    case 'unanswered':
      return failed(work, input.write, context, input.retryAfterMs);
    case 'drained':
      if (input.number !== state.drain.number) return work;
      return so(work, { drain: { ...state.drain, done: true } });
    case 'leave':
      return leave(work, context);
    case 'elapsed':
      return work;
  }
}

function written(
  work: Work,
  { write, resourceVersion }: Extract<MembershipInput, { type: 'written' }>,
): Work {
  const [{ ownVersion, writing, sent, phase }] = work;
  const next = so(work, {
    ...(write === writing && { writing: undefined, failures: 0 }),
    ...(isBeyond(resourceVersion, ownVersion) && { ownVersion: resourceVersion }),
  });
  const record = sent.find((one) => one.record.write === write)?.record;
  if (phase !== 'leaving' || record?.phase !== 'left') return next;
  return so(next, { phase: 'left' }, { type: 'left' });
}

/**
 * A write that failed is tried again in a while: as often as renewals are due, at last, and no sooner than the server asked.
 * Of that no more is heeded than the renew deadline, so that a group is itself again soon after whatever there was.
 */
function failed(
  work: Work,
  write: number,
  { now, random, retryPeriodMs, renewDeadlineMs }: MembershipContext,
  retryAfterMs = 0,
): Work {
  const [{ writing, failures }] = work;
  if (writing !== write) return work;
  const backOff = { baseMs: retryPeriodMs / 2, maxMs: retryPeriodMs };
  const asked = Math.min(retryAfterMs, renewDeadlineMs);
  const notBefore = now + asked + backOffMs(failures, backOff, random);
  return so(work, { writing: undefined, failures: failures + 1, notBefore, renewAt: notBefore });
}

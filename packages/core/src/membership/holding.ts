import { createRendezvous } from './rendezvous.ts';
import { sameMembers } from './same-members.ts';
import type { MembershipContext, MembershipState, ReplicaRecord, SeenLease } from './types.ts';

/** What a replica owns at a moment, in the terms from which it follows for each key. */
export interface Holding {
  readonly identity: string;
  /** The memberships that it may have published, and the one it is going to publish; it owns what it wins in all of them. */
  readonly views: readonly (readonly string[])[];
  /** The others whose claims stand; what one of them wins isn't owned. Without members: every key is claimed. */
  readonly claims: readonly {
    readonly identity: string;
    readonly members: readonly string[] | undefined;
  }[];
  /** When it ends, unless a renewal comes through before, on the clock of the context. */
  readonly until: number;
}

/** What is owned where nothing is. */
const nothing = (identity: string): Holding => ({
  identity,
  views: [],
  claims: [],
  until: -Infinity,
});

/** What the replica owns as long as its state is this one and the clock doesn't reach `until`. */
export function holdingOf(state: MembershipState, context: MembershipContext): Holding {
  const { phase, echoed, sent } = state;
  if (phase !== 'member' || !echoed) return nothing(context.identity);
  const published = [echoed, ...sent].map(({ record }) => record.members);
  const views = [state.view, ...published].filter(
    (view, index, all) => all.findIndex((other) => sameMembers(other, view)) === index,
  );
  const claims = [...state.seen.values()]
    .filter((lease) => isClaiming(lease, state, context))
    .map(({ record }) => ({ identity: record?.identity ?? '', members: record?.members }))
    // Of one membership, two members never win the same key.
    .filter(({ members }) => !views.some((view) => sameMembers(view, members)));
  return {
    identity: context.identity,
    views,
    claims,
    until: echoed.sentAt + context.renewDeadlineMs,
  };
}

/** Whether what a Lease claims has to be respected. */
export function isClaiming(
  lease: SeenLease,
  state: MembershipState,
  context: MembershipContext,
): boolean {
  if (lease.record && lease.record.members.length === 0) return false;
  if (!hasLapsed(lease, state, context)) return true;
  // Until a membership is published without it, or by who has come back in its name: what is taken over bears a greater epoch.
  const identity = lease.record?.identity;
  const isCounted = state.echoed?.record.members.some((member) => member === identity) ?? false;
  return isCounted && identity !== context.identity && !hasSuccessor(lease, state);
}

/** Whether another process is a member under the same identity. */
function hasSuccessor({ record, name }: SeenLease, { seen }: MembershipState): boolean {
  return [...seen.values()].some(
    (other) =>
      other.name === name &&
      !other.gone &&
      other.record?.phase === 'member' &&
      other.record.run !== record?.run,
  );
}

/** From when on a Lease that hasn't changed may be said to have lapsed. */
export function lapseAt(lease: SeenLease, context: MembershipContext): number {
  const duration = lease.record?.leaseDurationMs ?? context.leaseDurationMs;
  return lease.changedAt + duration + context.slackMs;
}

/**
 * Whether a Lease has gone without a change for as long as it lasts, and the slack. Time alone doesn't say so, since the
 * change may be on its way: only what was written before the last write that has come back is sure to have been seen.
 *
 * Who has waited for that says so, and is believed: that a process has run nothing since that version is true of the process,
 * whoever looks. Else who joins would count anew from when it came.
 */
export function hasLapsed(
  lease: SeenLease,
  { echoed }: MembershipState,
  context: MembershipContext,
): boolean {
  if (lease.saidLapsed) return true;
  return echoed !== undefined && echoed.sentAt >= lapseAt(lease, context);
}

/** Who the members are, as far as can be seen, in order; with this replica while it is one. */
export function membersOf(
  state: MembershipState,
  context: MembershipContext,
): readonly ReplicaRecord[] {
  const others = [...state.seen.values()].filter(
    (lease) => !lease.gone && lease.record?.phase === 'member' && !hasLapsed(lease, state, context),
  );
  const own = state.phase === 'member' ? state.echoed?.record : undefined;
  return [...others.map(({ record }) => record!), ...(own ? [own] : [])].sort((a, b) =>
    a.identity < b.identity ? -1 : 1,
  );
}

/** Tells for each key whether it is owned, until the holding ends. */
export function ownershipTest({ identity, views, claims }: Holding): (key: string) => boolean {
  const own = views.map((view) => createRendezvous(view));
  const others = claims.map(({ identity: other, members }) => ({
    other,
    rendezvous: members && createRendezvous(members),
  }));
  return (key) =>
    own.length > 0 &&
    own.every(({ winner }) => winner(key) === identity) &&
    others.every(({ other, rendezvous }) => rendezvous && rendezvous.winner(key) !== other);
}

/** Whether nothing is owned any more by that holding, on the clock of its context. */
export function hasEnded({ until }: Holding, now: number): boolean {
  return now >= until;
}

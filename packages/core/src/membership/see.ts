import { compareResourceVersions } from '../resource-version.ts';
import { sameMembers } from './same-members.ts';
import type {
  LeaseVersion,
  MembershipContext,
  MembershipInput,
  MembershipState,
  ReplicaLease,
  ReplicaRecord,
  SeenLease,
} from './types.ts';

/** Whether a version is beyond another; one that can't be compared is believed to be. */
export function isBeyond(version: string, other: string | undefined): boolean {
  const order = compareResourceVersions(version, other);
  return order === undefined ? version !== other : order > 0;
}

type Of<Type extends MembershipInput['type']> = Extract<MembershipInput, { type: Type }>;

/** All Leases at once; what isn't among them is gone. */
export function seeList(
  state: MembershipState,
  { leases, resourceVersion }: Of<'listed'>,
  context: MembershipContext,
): MembershipState {
  // An older state than the one that was seen would bring back claims, and take some away.
  if (state.followedTo !== undefined && isBeyond(state.followedTo, resourceVersion)) return state;
  const names = new Set(leases.map(({ name }) => name));
  const missing = [...state.seen.values()].filter(({ name, gone }) => !gone && !names.has(name));
  let next: MembershipState = { ...state, followedTo: resourceVersion };
  for (const { name } of missing) next = withoutLease(next, name);
  for (const lease of leases) next = seeLease(next, lease, context);
  const own = leases.find(({ name }) => name === context.leaseName)?.resourceVersion;
  // A write of its own may have taken effect since.
  const isKnown = next.ownVersion !== undefined && isBeyond(next.ownVersion, resourceVersion);
  return isKnown ? next : { ...next, ownVersion: own };
}

/** One Lease that was created or changed. */
export function seeChange(
  state: MembershipState,
  lease: ReplicaLease,
  context: MembershipContext,
): MembershipState {
  if (!isNews(state, lease.resourceVersion)) return state;
  return seeLease({ ...state, followedTo: lease.resourceVersion }, lease, context);
}

/** One Lease that was deleted. */
export function seeDeletion(
  state: MembershipState,
  { name, resourceVersion }: Of<'deleted'>,
  context: MembershipContext,
): MembershipState {
  if (!isNews(state, resourceVersion)) return state;
  const next = withoutLease({ ...state, followedTo: resourceVersion }, name);
  const isOwn =
    name === context.leaseName && !isBeyond(state.ownVersion ?? resourceVersion, resourceVersion);
  return isOwn ? { ...next, ownVersion: undefined } : next;
}

/** Before the Leases were listed, single changes say nothing about the others. */
function isNews({ followedTo }: MembershipState, version: string): boolean {
  return followedTo !== undefined && isBeyond(version, followedTo);
}

/** The same, with the very array of one's own membership where it says the same, which makes the two quick to compare. */
function sharing(record: ReplicaRecord, { view }: MembershipState): ReplicaRecord {
  return sameMembers(record.members, view) ? { ...record, members: view } : record;
}

function seeLease(
  state: MembershipState,
  lease: ReplicaLease,
  context: MembershipContext,
): MembershipState {
  const { name, resourceVersion } = lease;
  const record = lease.record && sharing(lease.record, state);
  const run = record?.run ?? `the unreadable ${name}`;
  const known = state.seen.get(run);
  if (known && !known.gone && !isBeyond(resourceVersion, known.resourceVersion)) return state;
  const others = withoutLease(state, name, run);
  const isOwnName = name === context.leaseName;
  const next: MembershipState = {
    ...others,
    epoch: Math.max(state.epoch, record?.epoch ?? 0),
    ...(isOwnName &&
      isBeyond(resourceVersion, state.ownVersion) && { ownVersion: resourceVersion }),
  };
  if (run === context.run) return echo(next, record!.write);
  // What a replica knew before it lost its own Lease, and what has not changed since, is not news.
  const isSame = known?.resourceVersion === resourceVersion;
  const changedAt = isSame ? known.changedAt : context.now;
  const saidLapsed = [...next.seen.values()].some((other) => saysLapsed(other.record, lease));
  const seen = new Map(next.seen);
  for (const [otherRun, other] of seen) {
    if (!other.saidLapsed && saysLapsed(record, other)) {
      seen.set(otherRun, { ...other, saidLapsed: true });
    }
  }
  seen.set(run, { name, resourceVersion, record, changedAt, gone: false, saidLapsed });
  return { ...next, seen };
}

function saysLapsed(record: ReplicaRecord | undefined, lease: LeaseVersion): boolean {
  return (
    record?.lapsed.some(
      ({ name, resourceVersion }) =>
        name === lease.name && resourceVersion === lease.resourceVersion,
    ) ?? false
  );
}

/** A write of its own has come back: of the earlier ones, none can take effect any more. */
function echo(state: MembershipState, write: number): MembershipState {
  const echoed = state.sent.find(({ record }) => record.write === write);
  if (!echoed) return state;
  const sent = state.sent.filter(({ record }) => record.write > write);
  // Its answer may be lost.
  const writing = state.writing === write ? undefined : state.writing;
  return { ...state, echoed, sent, writing, failures: 0 };
}

/** Marks the processes that had the Lease of this name as gone from it. */
function withoutLease(state: MembershipState, name: string, but?: string): MembershipState {
  const gone = [...state.seen].filter(
    ([run, lease]) => lease.name === name && run !== but && !lease.gone,
  );
  if (gone.length === 0) return state;
  const seen = new Map<string, SeenLease>(state.seen);
  for (const [run, lease] of gone) seen.set(run, { ...lease, gone: true });
  return { ...state, seen };
}

import { createRendezvous, type Rendezvous } from './rendezvous.ts';
import type { MembershipContext, MembershipState } from './types.ts';

/** Of memberships as they were published, which many keys are asked of. */
const known = new WeakMap<readonly string[], Rendezvous>();

function rendezvousOf(members: readonly string[]): Rendezvous {
  const rendezvous = known.get(members) ?? createRendezvous(members);
  known.set(members, rendezvous);
  return rendezvous;
}

/**
 * Tells who of the others owns a key, as far as this replica sees at this moment; undefined where it is nobody who has been
 * seen to renew within the renew deadline. For people: what may be begun follows from claims alone.
 */
export function otherOwners(
  { seen }: MembershipState,
  { now, renewDeadlineMs }: MembershipContext,
): (key: string) => string | undefined {
  const living = [...seen.values()].flatMap(({ record, gone, changedAt }) =>
    record?.phase === 'member' && !gone && now < changedAt + renewDeadlineMs ? [record] : [],
  );
  return (key) =>
    living.find(({ identity, members }) => rendezvousOf(members).winner(key) === identity)
      ?.identity;
}

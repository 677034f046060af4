import { leaseOver, microTime, type Lease } from '../lease.ts';
import type { LeaseTimes } from '../options.ts';

/** Where a holder says which process it is, since another may come in its name. */
const runAnnotation = 'depwatch.dev/run';

/** A Lease, and when it was first seen to be like that, on the local clock. */
export interface Observed {
  readonly lease: Lease | undefined;
  readonly at: number;
}

/** Who stands for election. */
export interface Elector {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly run: string;
  readonly times: LeaseTimes;
}

/** Whether this very process holds the Lease. */
export function isHeldBy(lease: Lease | undefined, { identity, run }: Elector): boolean {
  return (
    lease?.spec?.holderIdentity === identity && lease.metadata?.annotations?.[runAnnotation] === run
  );
}

/**
 * Whether the Lease may be taken, or taken again: nobody holds it, or its holder hasn't changed it for as long as it lasts,
 * by this clock; the time that stands in it is another clock's.
 */
export function mayTake(
  { lease, at }: Observed,
  elector: Elector & { readonly clock: { now(): number } },
): boolean {
  const { holderIdentity = '', leaseDurationSeconds } = lease?.spec ?? {};
  if (holderIdentity === '' || isHeldBy(lease, elector)) return true;
  const { leaseDurationMs } = elector.times;
  const lastsMs =
    leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000;
  return elector.clock.now() >= at + lastsMs;
}

/**
 * The Lease as its holder renews it, or who comes to hold it takes it.
 *
 * @param greatest epoch that was seen: it may have been deleted since, or edited, and epochs only grow
 */
export function takenLease(
  before: Lease | undefined,
  elector: Elector,
  now: number,
  greatest: number,
): Lease {
  const { namespace, name, identity, run, times } = elector;
  const { acquireTime = microTime(now) } = before?.spec ?? {};
  const isHeld = isHeldBy(before, elector);
  return leaseOver(before, {
    namespace,
    name,
    resourceVersion: before?.metadata?.resourceVersion,
    annotations: { [runAnnotation]: run },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: times.leaseDurationMs / 1000,
      acquireTime: isHeld ? acquireTime : microTime(now),
      renewTime: microTime(now),
      // One less than the epoch.
      leaseTransitions: isHeld ? greatest - 1 : greatest,
    },
  });
}

/** The Lease as client-go leaves it: nobody's, and for the shortest time that a Lease can last. */
export function releasedLease(lease: Lease, now: number): Lease {
  const { namespace = '', name = '', resourceVersion } = lease.metadata ?? {};
  return leaseOver(lease, {
    namespace,
    name,
    resourceVersion,
    annotations: {},
    spec: {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: microTime(now),
      renewTime: microTime(now),
      leaseTransitions: lease.spec?.leaseTransitions ?? 0,
    },
  });
}

/** Grows with each change of the holder; 0 while there is no Lease. */
export function epochOf(lease: Lease | undefined): number {
  return lease ? (lease.spec?.leaseTransitions ?? 0) + 1 : 0;
}

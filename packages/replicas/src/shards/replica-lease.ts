import type { KubernetesObject, LeaseVersion, ReplicaLease, ReplicaRecord } from '@depwatch/core';

import { groupLabel, leaseOver, microTime, type Lease } from '../lease.ts';

/** Where a replica says what Kubernetes has no field for. */
const annotation = 'depwatch.dev/replica';
/** Of what stands there. Fields may come to it; what they mean may not change. */
const format = 1;

/** What a replica says, as the Lease that says it, in place of the one before. */
export function leaseFrom(
  record: ReplicaRecord,
  before: Lease | undefined,
  of: {
    readonly namespace: string;
    readonly name: string;
    readonly group: string;
    readonly resourceVersion: string | undefined;
    readonly now: number;
  },
): Lease {
  const { identity, leaseDurationMs, ...rest } = record;
  const now = microTime(of.now);
  const { acquireTime = now, leaseTransitions = 0 } = before?.spec ?? {};
  const isSame = before === undefined || runOf(before) === record.run;
  return leaseOver(before, {
    ...of,
    labels: { [groupLabel]: of.group },
    annotations: { [annotation]: JSON.stringify({ format, identity, ...rest }) },
    spec: {
      // Empty, as Kubernetes has it, where nobody holds it any more.
      holderIdentity: record.phase === 'left' ? '' : identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      acquireTime: isSame ? acquireTime : now,
      renewTime: now,
      leaseTransitions: isSame ? leaseTransitions : leaseTransitions + 1,
    },
  });
}

/** What a Lease says; without a record where it is of another format, of a newer one, or says two things. */
export function replicaLeaseFrom(object: KubernetesObject): ReplicaLease {
  const { name = '', resourceVersion = '' } = object.metadata ?? {};
  return { name, resourceVersion, record: recordOf(object as Lease) };
}

function recordOf({ metadata, spec }: Lease): ReplicaRecord | undefined {
  const said = parsed(metadata?.annotations?.[annotation]);
  const { holderIdentity = '', leaseDurationSeconds } = spec ?? {};
  if (said?.['format'] !== format) return undefined;
  // Whoever says nothing of it has seen none lapse.
  const { identity, run, write, phase, epoch, members, lapsed = [] } = said;
  const isWhole =
    typeof identity === 'string' &&
    typeof run === 'string' &&
    isCount(write) &&
    isPhase(phase) &&
    isCount(epoch) &&
    Array.isArray(members) &&
    members.every((member): member is string => typeof member === 'string') &&
    Array.isArray(lapsed) &&
    lapsed.every(isLeaseVersion) &&
    isCount(leaseDurationSeconds);
  if (!isWhole || holderIdentity !== (phase === 'left' ? '' : identity)) return undefined;
  const leaseDurationMs = leaseDurationSeconds * 1000;
  return { identity, run, write, phase, epoch, members, leaseDurationMs, lapsed };
}

function isLeaseVersion(value: unknown): value is LeaseVersion {
  const { name, resourceVersion } = { ...(value as Partial<LeaseVersion> | null) };
  return typeof name === 'string' && typeof resourceVersion === 'string';
}

function runOf({ metadata }: Lease): unknown {
  return parsed(metadata?.annotations?.[annotation])?.['run'];
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const phases: readonly unknown[] = ['joining', 'member', 'leaving', 'left'];

function isPhase(value: unknown): value is ReplicaRecord['phase'] {
  return phases.includes(value);
}

/**
 * The name of a replica's Lease: that of the group and the identity, where that makes a name, else with a hash in
 * place of what doesn't fit. Two identities that share a name share a Lease, and take turns: nothing worse.
 */
export function leaseNameOf(group: string, identity: string): string {
  const plain = `${group}-${identity}`;
  if (
    plain.length <= 253 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(plain)
  )
    return plain;
  const readable = identity
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 150)
    .replace(/^-+|-+$/g, '');
  const hash = [...new TextEncoder().encode(identity)].reduce(
    (sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0,
    0x811c9dc5,
  );
  return [group, readable, hash.toString(16).padStart(8, '0')].filter(Boolean).join('-');
}

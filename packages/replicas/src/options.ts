import { invalidInput, typeName, type Clock, type Logger, type Metrics } from '@depwatch/core';
import type { ObjectClient, Transport } from '@depwatch/core';
import type { KubeConfigLike } from '@depwatch/k8s-transport';

/** How long things may take, and where they are told of. */
export interface ReplicasSettings {
  /** Where the Leases are. */
  namespace: string;
  /** Of the group, or of the one Lease with `leader`; a DNS label. */
  name: string;
  /**
   * Of this replica among the others; no two that live have the same.
   *
   * @default the environment's POD_NAME, else the host's name and a random part
   */
  identity?: string;
  /**
   * `shards`: all replicas share the watchers, with a Lease each. `leader`: one owns all, as by client-go's leader
   * election, with which it takes turns on the same Lease. @default 'shards'
   */
  mode?: 'shards' | 'leader';
  /**
   * How long others believe a Lease that doesn't change, in milliseconds; Kubernetes counts it in whole seconds, and so it
   * is rounded up. @default 15_000
   */
  leaseDurationMs?: number;
  /** How long after its last renewal a replica owns something, in milliseconds; less than the lease. @default 10_000 */
  renewDeadlineMs?: number;
  /** How often a Lease is renewed, in milliseconds; less than the deadline. @default 2_000 */
  retryPeriodMs?: number;
  /** Time and chance; time must not go back. @default the system's */
  clock?: Clock;
  /** @default silent */
  logger?: Logger;
  /** @default none */
  metrics?: Metrics;
}

/**
 * Options of `createReplicas`: a client that reads, watches and writes, which stays yours to close; or what `loadKubeConfig`
 * of `@depwatch/k8s-transport` gives, or a KubeConfig of `@kubernetes/client-node`. With neither, the cluster is what
 * `loadKubeConfig()` finds at the start.
 */
export type ReplicasOptions = ReplicasSettings &
  (
    | { kubeConfig?: KubeConfigLike; client?: never }
    | { client: ObjectClient & Transport; kubeConfig?: never }
  );

/** The times of a Lease, in milliseconds. */
export interface LeaseTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** A day; a timer can't be set for more than 24 of them. */
const longestMs = 86_400_000;

/** The times, checked: a replica has to know of its loss before the others do. */
export function leaseTimes(options: ReplicasSettings): LeaseTimes {
  const { renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
  const given = {
    leaseDurationMs: options.leaseDurationMs ?? 15_000,
    renewDeadlineMs,
    retryPeriodMs,
  };
  for (const [name, ms] of Object.entries(given)) {
    if (!Number.isFinite(ms) || ms <= 0 || ms > longestMs) {
      throw invalidInput(
        `${name}: expected milliseconds above 0 and up to ${longestMs}, got ${typeName(ms)}`,
      );
    }
  }
  const leaseDurationMs = Math.ceil(given.leaseDurationMs / 1000) * 1000;
  if (renewDeadlineMs >= leaseDurationMs) {
    throw invalidInput(
      `renewDeadlineMs: expected less than leaseDurationMs (${leaseDurationMs}), got ${renewDeadlineMs}`,
    );
  }
  if (retryPeriodMs * 2 > renewDeadlineMs) {
    throw invalidInput(
      `retryPeriodMs: expected at most half of renewDeadlineMs (${renewDeadlineMs}), got ${retryPeriodMs}`,
    );
  }
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

/** @throws DepwatchError ERR_INVALID_INPUT naming the option that is wrong */
export function checkNames({ namespace, name, identity, mode }: ReplicasSettings): void {
  for (const [option, value] of Object.entries({ namespace, name })) {
    // What an environment lacks is undefined, whatever the type says.
    if (typeof value !== 'string' || !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) {
      throw invalidInput(`${option}: expected a DNS label, got ${shown(value)}`);
    }
  }
  if (
    identity !== undefined &&
    (typeof identity !== 'string' || identity === '' || identity.length > 253)
  ) {
    throw invalidInput('identity: expected 1 to 253 characters');
  }
  if (mode !== undefined && mode !== 'shards' && mode !== 'leader') {
    throw invalidInput(`mode: expected 'shards' or 'leader', got ${shown(mode)}`);
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeName(value);
}

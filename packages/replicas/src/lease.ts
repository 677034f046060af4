import {
  isDepwatchError,
  type KubernetesObject,
  type ObjectIdentifier,
  type ResourceQuery,
} from '@depwatch/core';

/** A Lease of coordination.k8s.io/v1, as far as it is used here. */
export interface Lease extends KubernetesObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

const gvk = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' };

/** What says which group a Lease is of. */
export const groupLabel = 'depwatch.dev/replicas';

export function leaseId(namespace: string, name: string): ObjectIdentifier {
  return { ...gvk, namespace, name };
}

/** All Leases of a group. */
export function leasesOf(namespace: string, group: string): ResourceQuery {
  return {
    gvk,
    gvr: { group: gvk.group, version: gvk.version, resource: 'leases', namespaced: true },
    namespace,
    selector: `${groupLabel}=${group}`,
  };
}

/** A Lease with that content, in place of one that was read, of which everything else is kept. */
export function leaseOver(
  before: Lease | undefined,
  { namespace, name, resourceVersion, labels, annotations, spec }: LeaseContent,
): Lease {
  const { uid } = before?.metadata ?? {};
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      namespace,
      name,
      labels: { ...before?.metadata?.labels, ...labels },
      annotations: { ...before?.metadata?.annotations, ...annotations },
      // With its uid, so that a Lease that was deleted meanwhile isn't created anew.
      ...(resourceVersion !== undefined && { resourceVersion, ...(uid !== undefined && { uid }) }),
    },
    spec,
  };
}

interface LeaseContent {
  readonly namespace: string;
  readonly name: string;
  /** That it replaces; undefined to create it. */
  readonly resourceVersion: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: NonNullable<Lease['spec']>;
}

/** A MicroTime of Kubernetes, which has exactly six digits behind the second. For people alone: nobody's clock is believed. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** Whether a write was refused since the Lease is another than was known. */
export function isConflict(error: unknown): boolean {
  return (['ERR_CONFLICT', 'ERR_ALREADY_EXISTS', 'ERR_NOT_FOUND'] as const).some((code) =>
    isDepwatchError(error, code),
  );
}

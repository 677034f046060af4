import type { KubernetesObject } from '@depwatch/controller';

import { formatReference, isObjectName, referencesOf } from './references.ts';
import type { PodSpecLike, Reference } from './references.ts';
import { readOptIn, reloadAnnotation } from './opt-in.ts';
import { sha256 } from './content-hash.ts';
import { recordAnnotation } from './record.ts';

/** The kinds that are rolled. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** A kind that is rolled. */
export type WorkloadKind = (typeof workloadKinds)[number];

/** Which workload. */
export interface WorkloadName {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** What is read of a Deployment, StatefulSet or DaemonSet. */
export interface WorkloadLike {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string | Date;
    readonly annotations?: { readonly [key: string]: string };
  };
  readonly spec?: {
    readonly template?: {
      readonly metadata?: { readonly annotations?: { readonly [key: string]: string } };
      readonly spec?: PodSpecLike;
    };
  };
}

/** A Deployment, StatefulSet or DaemonSet, as it is watched. */
export type Workload = KubernetesObject & Pick<WorkloadLike, 'spec'>;

/** What a workload that takes part depends on. */
export interface Interest {
  /** Sorted. */
  readonly references: readonly Reference[];
  /** What is wrong with its annotation or its pod template, for people. */
  readonly problems: readonly string[];
}

/** The annotation on the pod template that makes a rollout: when, and for what. */
export const rolledAnnotation = 'depwatch.dev/rolled';

/**
 * What a workload depends on; undefined when it takes no part: it didn't opt in, opted out, or is being deleted. The annotation
 * may stand on its pod template, too, where many expect it; its own goes before.
 *
 * @param all whether workloads without the annotation take part
 */
export function interestOf(workload: WorkloadLike, all: boolean): Interest | undefined {
  const { annotations, deletionTimestamp } = workload.metadata ?? {};
  const onTemplate = workload.spec?.template?.metadata?.annotations?.[reloadAnnotation];
  const optIn = readOptIn(annotations?.[reloadAnnotation] ?? onTemplate, all);
  if (optIn.mode === 'off' || deletionTimestamp !== undefined) return undefined;

  const problems = [...optIn.problems];
  const named = referencesOf(workload.spec?.template?.spec ?? {});
  const used = new Set(named.map(formatReference));
  for (const id of optIn.listed) {
    if (!used.has(id))
      problems.push(`${reloadAnnotation} lists ${id}, which the pod template does not name`);
  }
  const references: Reference[] = [];
  for (const reference of named) {
    const id = formatReference(reference);
    if (optIn.mode === 'listed' && !optIn.listed.has(id)) continue;
    if (isObjectName(reference.name)) references.push(reference);
    else problems.push(`the pod template names ${JSON.stringify(id)}, which cannot exist`);
  }
  return { references, problems };
}

/** The record that a workload carries. */
export function recordTextOf(workload: WorkloadLike): string | undefined {
  return workload.metadata?.annotations?.[recordAnnotation];
}

/** What a decision depends on, of all that a workload is: its status and the number of its replicas are none of it. */
export function decisiveOf({ metadata, spec }: WorkloadLike): unknown {
  const { annotations = {}, deletionTimestamp } = metadata ?? {};
  const own = [reloadAnnotation, recordAnnotation].map((name) => annotations[name]);
  return [own, deletionTimestamp, spec?.template];
}

/** The hash of a pod template: another one means that the pods are being replaced. */
export function templateHashOf({ spec }: WorkloadLike): string {
  return sha256(canonicalJson(spec?.template ?? {}));
}

/** A workload whose pods are replaced: its pod template has {@link rolledAnnotation} set. */
export function rolledWorkload<T extends WorkloadLike>(workload: T, rolled: string): T {
  const { template } = workload.spec ?? {};
  const annotations = { ...template?.metadata?.annotations, [rolledAnnotation]: rolled };
  const metadata = { ...template?.metadata, annotations };
  return { ...workload, spec: { ...workload.spec, template: { ...template, metadata } } };
}

/** JSON with sorted keys. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * The merge patch that writes a record, and with `rolled` replaces the pods in the same write. It fails with a
 * conflict unless the workload is still as `workload` shows it, so that no two writers can roll for the same change.
 *
 * @param rolled the value of {@link rolledAnnotation}; absent: the pods stay
 */
export function recordPatch(workload: WorkloadLike, recordText: string, rolled?: string): object {
  const annotations = { [recordAnnotation]: recordText };
  return {
    metadata: { resourceVersion: workload.metadata?.resourceVersion, annotations },
    ...(rolled !== undefined && {
      spec: { template: { metadata: { annotations: { [rolledAnnotation]: rolled } } } },
    }),
  };
}

/**
 * A value of {@link rolledAnnotation}, `2026-01-31T12:00:00.000Z configmap/settings`: never the one that is there,
 * whatever the clock says, since writing the same again would replace nothing.
 *
 * @param now milliseconds since the Unix epoch
 * @param ids what differs
 */
export function rolledValue(workload: WorkloadLike, now: number, ids: readonly string[]): string {
  const present = workload.spec?.template?.metadata?.annotations?.[rolledAnnotation];
  const value = (time: number): string => `${new Date(time).toISOString()} ${ids.join(' ')}`;
  return value(now) === present ? value(now + 1) : value(now);
}

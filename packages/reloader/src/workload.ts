import type { Cached, KubernetesObject } from '@depwatch/controller';
import { sha256 } from './content-hash.ts';
import { readOptIn, reloadAnnotation } from './opt-in.ts';
import { recordAnnotation } from './record.ts';
import { formatReference, isObjectName, referencesOf } from './references.ts';
import type { PodSpecLike, Reference } from './references.ts';

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

/** A Deployment, StatefulSet or DaemonSet, as far as it is read. */
export interface Workload extends KubernetesObject {
  spec?: {
    template?: { metadata?: { annotations?: { [key: string]: string } }; spec?: PodSpecLike };
  };
}

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
 * What a workload depends on; undefined when it takes no part: it didn't opt in, or opted out. The annotation may stand on its
 * pod template, too, where many expect it; its own goes before.
 *
 * @param all whether workloads without the annotation take part
 */
export function interestOf(
  { metadata, spec }: Cached<Workload>,
  all: boolean,
): Interest | undefined {
  const onTemplate = spec?.template?.metadata?.annotations?.[reloadAnnotation];
  const optIn = readOptIn(metadata?.annotations?.[reloadAnnotation] ?? onTemplate, all);
  if (optIn.mode === 'off') return undefined;

  const problems = [...optIn.problems];
  const named = referencesOf(spec?.template?.spec ?? {});
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
export function recordTextOf({ metadata }: Cached<Workload>): string | undefined {
  return metadata?.annotations?.[recordAnnotation];
}

/** What a decision depends on, of all that a workload is: its status and the number of its replicas are none of it. */
export function decisiveOf({ metadata, spec }: Cached<Workload>): unknown {
  const { annotations = {} } = metadata ?? {};
  return [annotations[reloadAnnotation], annotations[recordAnnotation], spec?.template];
}

/** The hash of a pod template: another one means that the pods are being replaced. */
export function templateHashOf({ spec }: Cached<Workload>): string {
  return sha256(canonicalJson(spec?.template ?? {}));
}

/** A workload whose pods are replaced: its pod template has {@link rolledAnnotation} set. */
export function rolledWorkload(workload: Cached<Workload>, rolled: string): Cached<Workload> {
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
export function recordPatch(
  { metadata }: Cached<Workload>,
  recordText: string,
  rolled?: string,
): object {
  const annotations = { [recordAnnotation]: recordText };
  return {
    metadata: { resourceVersion: metadata?.resourceVersion, annotations },
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
export function rolledValue(
  { spec }: Cached<Workload>,
  now: number,
  ids: readonly string[],
): string {
  const present = spec?.template?.metadata?.annotations?.[rolledAnnotation];
  const value = (time: number): string => `${new Date(time).toISOString()} ${ids.join(' ')}`;
  return value(now) === present ? value(now + 1) : value(now);
}

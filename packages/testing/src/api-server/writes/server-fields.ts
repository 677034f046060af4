import { randomBytes } from 'node:crypto';

import { asJsonObject, type ApiObject, jsonEquals, type JsonObject } from '../http/api-object.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { encodeTyped } from '../kinds/typed-encoding.ts';
import { defaultWorkload } from '../kinds/workload-defaults.ts';

/** Whether it is a namespace that its own finalizer, in its spec, still keeps. */
export function isKeptNamespace(
  { group, resource }: ResourceType,
  { object }: { readonly object: ApiObject },
): boolean {
  if (group !== '' || resource !== 'namespaces') return false;
  const finalizers = asJsonObject(object.spec).finalizers;
  return Array.isArray(finalizers) && finalizers.length > 0;
}

/** A pod on a node gets time to end; anything else goes at once. */
export function graceSeconds(
  { group, resource }: ResourceType,
  object: ApiObject,
  wanted: number | undefined,
): number {
  if (group !== '' || resource !== 'pods') return 0;
  const { nodeName, terminationGracePeriodSeconds = 30 } = asJsonObject(object.spec);
  const { phase } = asJsonObject(object.status);
  if (!nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return wanted ?? Number(terminationGracePeriodSeconds);
}

/** Every namespace carries its name as a label. */
export function labelsOf(
  { group, resource }: ResourceType,
  name: string,
  metadata: JsonObject,
): { labels?: JsonObject } {
  if (group !== '' || resource !== 'namespaces' || name === '') return {};
  return { labels: { ...asJsonObject(metadata.labels), 'kubernetes.io/metadata.name': name } };
}

const templateGeneration = 'deprecated.daemonset.template.generation';

/** A daemon set counts the changes of its template in an annotation. */
export function annotationsOf(
  { group, kind }: ResourceType,
  object: JsonObject,
  old: ApiObject | undefined,
): { annotations?: JsonObject } {
  if (group !== 'apps' || kind !== 'DaemonSet') return {};
  const annotations = asJsonObject(asJsonObject(object.metadata).annotations);
  const before = Number(old?.metadata.annotations?.[templateGeneration] ?? 0);
  const { template } = asJsonObject(encodeTyped(kind, defaultWorkload(kind, object)).spec);
  const changed = !old || !jsonEquals(asJsonObject(old.spec).template, template);
  return {
    annotations: { ...annotations, [templateGeneration]: String(before + (changed ? 1 : 0)) },
  };
}

/** Seconds, as Kubernetes writes them. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A name that begins as asked, as far as it leaves room for five characters more within 63. */
export function generatedName(generateName: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const suffix = [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `${generateName.slice(0, 58)}${suffix}`;
}

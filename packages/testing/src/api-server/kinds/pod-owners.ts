import { asJsonObject, type JsonObject } from '../http/api-object.ts';
import { defaultPodSpec } from './pod-defaults.ts';

/** Where the template of a pod stands in the kinds that have one, beside the workloads of apps/v1. */
const templatePaths: Readonly<Record<string, readonly string[] | undefined>> = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Job: ['spec', 'template'],
  PodTemplate: ['template'],
  ReplicationController: ['spec', 'template'],
};

/** An object whose template of a pod has a pod's defaults. */
export function withTemplateDefaults(kind: string, object: JsonObject): JsonObject {
  const path = templatePaths[kind];
  const template = path?.reduce<unknown>((value, key) => asJsonObject(value)[key], object);
  if (!path || !template) return object;
  return changeAt(object, path, (found) => ({
    ...found,
    spec: defaultPodSpec(found.spec),
  }));
}

/**
 * A new object with the labels by which it finds its pods: a replication controller has those of its template, a job
 * gets some of its own, and selects by its uid.
 */
export function withPodLabels(
  kind: string,
  object: JsonObject,
  name: string,
  uid: string,
): JsonObject {
  const metadata = asJsonObject(object.metadata);
  const spec = asJsonObject(object.spec);
  const templateLabels = asJsonObject(asJsonObject(asJsonObject(spec.template).metadata).labels);
  if (kind === 'ReplicationController') {
    return metadata.labels
      ? object
      : { ...object, metadata: { ...metadata, labels: templateLabels } };
  }
  if (kind !== 'Job' || spec.manualSelector === true) return object;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const labelled = changeAt(object, ['spec', 'template', 'metadata'], (template) => ({
    ...template,
    labels: { ...templateLabels, ...labels },
  }));
  return {
    ...labelled,
    metadata: { ...metadata, labels: metadata.labels ?? { ...templateLabels, ...labels } },
    spec: {
      ...asJsonObject(labelled.spec),
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    },
  };
}

function changeAt(
  object: JsonObject,
  [first, ...rest]: readonly string[],
  change: (found: JsonObject) => JsonObject,
): JsonObject {
  if (first === undefined) return change(object);
  return { ...object, [first]: changeAt(asJsonObject(object[first]), rest, change) };
}

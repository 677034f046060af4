import { encodeJson, type KubernetesObject } from '@depwatch/core';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * A copy of an object as it would look if a transport had decoded it: JSON (a Date becomes a string, what is undefined
 * goes), without managedFields and the last-applied annotation.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for what JSON cannot hold: a cycle, a BigInt, a depth beyond the stack
 */
export function decodedCopy(object: KubernetesObject): KubernetesObject {
  return JSON.parse(encodeJson('object', withoutBulk(object), '{')) as KubernetesObject;
}

/**
 * The object without managedFields and the last-applied annotation, which is large and can hold a Secret's data. Where
 * there is something to leave out it is a shallow copy: the object itself is its caller's.
 */
export function withoutBulk(object: KubernetesObject): KubernetesObject {
  const metadata: KubernetesObject['metadata'] & { managedFields?: unknown } =
    object.metadata ?? {};
  const annotated = metadata.annotations && Object.hasOwn(metadata.annotations, lastApplied);
  if (metadata.managedFields === undefined && !annotated) return object;
  const { managedFields: _managed, annotations, ...kept } = metadata;
  if (!annotations) return { ...object, metadata: kept };
  const { [lastApplied]: _applied, ...keptAnnotations } = annotations;
  return { ...object, metadata: { ...kept, annotations: keptAnnotations } };
}

import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import { badRequest, conflict, internalFailure } from '../http/status.ts';
import { withCondition } from './pod-conditions.ts';

/**
 * The pod with the node that a Binding assigns to it.
 *
 * @throws StatusError 400, 409 or 500, as the real server words them
 */
export function bind(pod: ApiObject, binding: JsonObject, now: string): ApiObject {
  const { name } = pod.metadata;
  const { name: node, kind } = asJsonObject(binding.target);
  if (kind && kind !== 'Node') {
    const supported = '"Node", "<empty>"';
    throw internalFailure(
      `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: ${supported}`,
    );
  }
  if (!node) throw internalFailure('target.name: Required value');
  const spec = asJsonObject(pod.spec);
  const refusal = (why: string): Error =>
    conflict('pods/binding', { name, kind: 'pods/binding' }, name, why);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refusal(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (spec.nodeName) {
    throw refusal(`pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  }
  const { annotations, labels } = asJsonObject(binding.metadata);
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata.annotations, ...(asJsonObject(annotations) as object) },
      labels: { ...pod.metadata.labels, ...(asJsonObject(labels) as object) },
    },
    spec: { ...spec, nodeName: asText(node) },
    status: withCondition(pod.status, { type: 'PodScheduled', status: 'True' }, now),
  };
}

/** @throws StatusError 400 when the object that an action brings isn't named as its URL says */
export function checkActionName(kind: string, name: string, body: JsonObject): void {
  if (asText(asJsonObject(body.metadata).name) !== name) {
    throw badRequest(`name in URL does not match name in ${kind} object`);
  }
}

import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import { invalid } from '../http/status.ts';
import type { ResourceType, ScalePaths } from '../kinds/resource-type.ts';
import { encodeTyped } from '../kinds/typed-encoding.ts';
import { notNegative } from '../validation/field-errors.ts';

/** How many replicas an object wants and has, as a Scale. */
export function scaleOf(object: ApiObject, paths: ScalePaths): ApiObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector =
    paths.selector !== undefined
      ? asText(valueAt(object, paths.selector))
      : formatSelector(asJsonObject(object.spec).selector);
  return encodeTyped('Scale', {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valueAt(object, paths.spec) },
    status: { replicas: valueAt(object, paths.status), selector },
  }) as ApiObject;
}

/**
 * The object that has as many replicas as a Scale wants, if it is still the one that the Scale is of.
 *
 * @throws StatusError 422
 */
export function withScale(
  { custom }: ResourceType,
  object: ApiObject,
  paths: ScalePaths,
  scale: JsonObject,
): ApiObject {
  const { name, uid, resourceVersion } = object.metadata;
  const replicas = asJsonObject(scale.spec).replicas ?? 0;
  // Of a custom object its own replicas are checked, and not the Scale's.
  const errors = custom ? [] : notNegative('spec.replicas', replicas);
  if (errors.length > 0) throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, errors);
  const own = asJsonObject(scale.metadata);
  return {
    ...(setAt(object, paths.spec.split('.'), replicas) as ApiObject),
    metadata: {
      ...object.metadata,
      name: asText(own.name),
      uid: asText(own.uid) || uid,
      resourceVersion: asText(own.resourceVersion) || resourceVersion,
    },
  };
}

function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => asJsonObject(value)[key], object);
}

function setAt(object: JsonObject, [first, ...rest]: string[], value: unknown): JsonObject {
  if (first === undefined) return object;
  const below = rest.length === 0 ? value : setAt(asJsonObject(object[first]), rest, value);
  return { ...object, [first]: below };
}

/** A LabelSelector, or the labels that a replication controller selects by, as a query has them. */
function formatSelector(value: unknown): string {
  const selector = asJsonObject(value);
  const { matchLabels, matchExpressions } = selector;
  const isLabels = matchLabels === undefined && matchExpressions === undefined;
  const labels = Object.entries(asJsonObject(isLabels ? selector : matchLabels));
  const terms = labels.map(([key, label]): [string, string] => [key, `${key}=${asText(label)}`]);
  for (const expression of Array.isArray(matchExpressions) ? matchExpressions : []) {
    const { key, operator, values } = asJsonObject(expression);
    const name = asText(key);
    const list = `(${(Array.isArray(values) ? values.map(asText).toSorted() : []).join(',')})`;
    const term: Record<string, string> = {
      In: `${name} in ${list}`,
      NotIn: `${name} notin ${list}`,
      DoesNotExist: `!${name}`,
    };
    terms.push([name, term[asText(operator)] ?? name]);
  }
  // By key, and as they came where that is the same.
  return terms
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, term]) => term)
    .join(',');
}

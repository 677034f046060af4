import {
  invalidInput,
  type DepwatchError,
  type GroupVersionKind,
  type ResourceQuery,
} from '@depwatch/core';

/** A query parameter; left out when its value is undefined or empty. */
export type Parameter = readonly [name: string, value: string | number | boolean | undefined];

/** `/api/v1` for the core group's v1, `/apis/apps/v1` else. */
export function groupVersionPath({
  group,
  version,
}: Pick<GroupVersionKind, 'group' | 'version'>): string {
  const versionPart = segment('version', version);
  return group ? `/apis/${segment('group', group)}/${versionPart}` : `/api/${versionPart}`;
}

/**
 * The path and query of a list or watch.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when a part of the path is empty or could leave its place
 */
export function resourcePath(query: ResourceQuery, parameters: readonly Parameter[]): string {
  const { gvr, namespace, name, selector } = query;
  if (name === '.' || name === '..') throw namesNothing('name', name);
  const scope = gvr.namespaced && namespace ? `/namespaces/${segment('namespace', namespace)}` : '';
  const path = `${groupVersionPath(gvr)}${scope}/${segment('resource', gvr.resource)}`;
  const texts: string[] = [];
  if (name) append(texts, 'fieldSelector', `metadata.name=${escapeFieldValue(name)}`);
  append(texts, 'labelSelector', selector);
  for (const parameter of parameters) append(texts, parameter[0], parameter[1]);
  return texts.length === 0 ? path : `${path}?${texts.join('&')}`;
}

/** As `fields.EscapeValue` of k8s.io/apimachinery does: what separates terms in a field selector loses its meaning. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

function append(texts: string[], name: string, value: Parameter[1]): void {
  if (value !== undefined && value !== '') texts.push(`${name}=${encodeURIComponent(value)}`);
}

/** As `path.IsValidPathSegmentName` of k8s.io/apimachinery: servers decode `%2F` before they split a path. */
function segment(field: string, value: string): string {
  if (value === '' || value === '.' || value === '..' || /[/%]/.test(value))
    throw namesNothing(field, value);
  return encodeURIComponent(value);
}

function namesNothing(field: string, value: string): DepwatchError {
  return invalidInput(`${field}: ${JSON.stringify(value)} names nothing in Kubernetes`);
}

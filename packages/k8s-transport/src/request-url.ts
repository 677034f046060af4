import { invalidInput, type GroupVersionKind, type ResourceQuery } from '@depwatch/core';

/** Query parameters; those that are undefined or empty are left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/api/v1` for the core group's v1, `/apis/apps/v1` else. */
export function groupVersionPath({ group, version }: Pick<GroupVersionKind, 'group' | 'version'>): string {
  const versionPart = segment('version', version);
  return group ? `/apis/${segment('group', group)}/${versionPart}` : `/api/${versionPart}`;
}

/**
 * The path and query of a list or watch.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when a part is empty or would climb (`.` or `..`)
 */
export function resourcePath(query: ResourceQuery, parameters: Parameters): string {
  const { gvr, namespace, name, selector } = query;
  if (name) segment('name', name);
  const scope = gvr.namespaced && namespace ? `/namespaces/${segment('namespace', namespace)}` : '';
  return `${groupVersionPath(gvr)}${scope}/${segment('resource', gvr.resource)}${formatParameters({
    fieldSelector: name ? `metadata.name=${escapeFieldValue(name)}` : undefined,
    labelSelector: selector,
    ...parameters,
  })}`;
}

/** As `fields.EscapeValue` of k8s.io/apimachinery does: what separates terms in a field selector loses its meaning. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

/** `?a=b&c=d`, or an empty string. */
export function formatParameters(parameters: Parameters): string {
  let text = '';
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === '') continue;
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}

function segment(field: string, value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw invalidInput(`${field}: ${JSON.stringify(value)} names nothing in Kubernetes`);
  }
  return encodeURIComponent(value);
}

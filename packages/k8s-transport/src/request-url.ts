import {
  invalidInput,
  type DepwatchError,
  type GroupVersionKind,
  type ResourceQuery,
  type ScopedGVR,
} from '@depwatch/core';

/** Query parameters; those whose value is undefined or empty are left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The headers of an HTTP/2 request may have 64 KiB in all, or nghttp2 refuses to send them, which reads like a lost
 * connection. Half of that leaves room for a token, and is still more than most proxies take.
 */
const longestUrl = 32 * 1024;

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
 * @throws DepwatchError ERR_INVALID_INPUT when a part of the path is empty or could leave its place, or when the selector
 * is longer than a request can carry
 */
export function resourcePath(query: ResourceQuery, parameters: Parameters): string {
  const { gvr, namespace, name, selector } = query;
  if (name === '.' || name === '..') throw namesNothing('name', name);
  const path = collectionPath(gvr, namespace);
  const fieldSelector = name && `metadata.name=${escapeFieldValue(name)}`;
  const url = path + search({ fieldSelector, labelSelector: selector, ...parameters });
  return bounded(url, selector ? 'selector' : 'name');
}

function bounded(url: string, field: string): string {
  if (url.length <= longestUrl) return url;
  throw invalidInput(
    `${field}: makes a URL of ${url.length} bytes, and no more than ${longestUrl} can be sent`,
  );
}

/** Where an object stands, or, for a create, its collection. */
export interface ObjectPlace {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/**
 * The path and query of a read or write of one object.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when a part of the path is empty or could leave its place, or
 * when all is longer than a request can carry
 */
export function objectPath(gvr: ScopedGVR, place: ObjectPlace, parameters: Parameters): string {
  const { namespace, name, subresource } = place;
  const object = name === undefined ? '' : `/${segment('name', name)}`;
  const part = subresource === undefined ? '' : `/${segment('subresource', subresource)}`;
  const url = collectionPath(gvr, namespace) + object + part + search(parameters);
  return bounded(url, longestOf({ namespace, name, subresource }));
}

/** Which of the texts is the longest. */
function longestOf(texts: Record<string, string | undefined>): string {
  const lengths = Object.entries(texts).map(([field, text = '']) => ({
    field,
    length: text.length,
  }));
  return lengths.reduce((longest, one) => (one.length > longest.length ? one : longest)).field;
}

function collectionPath(gvr: ScopedGVR, namespace: string | undefined): string {
  const scope = gvr.namespaced && namespace ? `/namespaces/${segment('namespace', namespace)}` : '';
  return `${groupVersionPath(gvr)}${scope}/${segment('resource', gvr.resource)}`;
}

/** As `fields.EscapeValue` of k8s.io/apimachinery does: what separates terms in a field selector loses its meaning. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

function search(parameters: Parameters): string {
  let text = '';
  for (const name of Object.keys(parameters)) {
    const value = parameters[name];
    if (value === undefined || value === '') continue;
    if (typeof value === 'string' && !value.isWellFormed()) throw namesNothing(name, value);
    const encoded = typeof value === 'string' ? encodeURIComponent(value) : value;
    text += `${text === '' ? '?' : '&'}${name}=${encoded}`;
  }
  return text;
}

/** As `path.IsValidPathSegmentName` of k8s.io/apimachinery: servers decode `%2F` before they split a path. */
function segment(field: string, value: string): string {
  const isBad = value === '' || value === '.' || value === '..' || /[/%]/.test(value);
  if (isBad || !value.isWellFormed()) throw namesNothing(field, value);
  return encodeURIComponent(value);
}

function namesNothing(field: string, value: string): DepwatchError {
  return invalidInput(`${field}: ${JSON.stringify(value)} names nothing in Kubernetes`);
}

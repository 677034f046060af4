import {
  groupVersionKindFrom,
  invalidInput,
  wrongType,
  type Cached,
  type GroupVersionKind,
  type KubernetesObject,
} from '@depwatch/core';

/**
 * The kind of an object, as identifiers have it.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when it has no apiVersion or kind
 */
export function gvkOf(object: KubernetesObject | Cached<KubernetesObject>): GroupVersionKind {
  return groupVersionKindFrom(object);
}

/**
 * Takes an apiVersion apart: `apps/v1` is `{ group: 'apps', version: 'v1' }`, `v1` is `{ version: 'v1' }`.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when it is none
 */
export function parseApiVersion(apiVersion: string): { group?: string; version: string } {
  if (typeof apiVersion !== 'string')
    throw wrongType('apiVersion', 'text such as "apps/v1" or "v1"', apiVersion);
  const parts = apiVersion.split('/');
  if (parts.length > 2 || parts.some((part) => part === '')) {
    throw invalidInput(
      `apiVersion: expected text such as "apps/v1" or "v1", got ${JSON.stringify(apiVersion)}`,
    );
  }
  const version = parts.at(-1)!;
  return parts.length === 2 ? { group: parts[0]!, version } : { version };
}

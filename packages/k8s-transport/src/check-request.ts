import {
  checkCallOptions,
  checkRecord,
  checkText,
  validateQuery,
  wrongType,
  type ResourceQuery,
  type ScopedGVR,
  type Transport,
} from '@depwatch/core';

type ListOptions = Parameters<Transport['list']>[1];
type WatchOptions = Parameters<Transport['watch']>[1];

/**
 * Checks what a list or a watch is asked, of what types can't: what is no signal would be found out when the call has been
 * answered, where there is nobody to tell.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the field
 */
export function checkRequest(query: ResourceQuery, options: ListOptions & WatchOptions): void {
  checkRecord('query', query, 'an object with gvr and gvk');
  const { gvr, gvk, namespace, name, selector, metadataOnly } = query;
  checkRecord('gvk', gvk, 'an object with version and kind');
  const place = { namespace, name, selector, metadataOnly };
  const given = Object.entries(place).filter(([, value]) => value !== undefined);
  validateQuery({ ...gvk, ...Object.fromEntries(given) });
  checkResource(gvr);
  checkRecord('options', options);
  checkCallOptions(options);
  for (const field of ['resourceVersion', 'continue'] as const) checkText(field, options[field]);
  for (const field of ['limit', 'timeoutMs'] as const) {
    const value: unknown = options[field];
    if (value !== undefined && !Number.isFinite(value)) throw wrongType(field, 'a number', value);
  }
  if (options.wanted !== undefined && typeof options.wanted !== 'function')
    throw wrongType('wanted', 'a function', options.wanted);
}

function checkResource(gvr: ScopedGVR): void {
  checkRecord('gvr', gvr, 'an object with group, version, resource and namespaced');
  for (const field of ['group', 'version', 'resource'] as const) {
    const value: unknown = gvr[field];
    if (typeof value !== 'string') throw wrongType(`gvr.${field}`, 'a string', value);
  }
}

import { checkRecord, encodeJson, isRecord, sameJson } from '@depwatch/core';

type Json = { readonly [field: string]: unknown };

/**
 * What of a status in parts goes over the wire: no undefined fields, and text for a Date.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for what is no object, or no JSON
 */
export function wireForm(status: object): Json {
  checkRecord('status', status, 'an object with the fields to change, null for one to take away');
  return JSON.parse(encodeJson('status', status, '{')) as Json;
}

/** Whether a merge patch (RFC 7386) would change what is there. */
export function wouldChange(current: unknown, patch: unknown): boolean {
  if (!isRecord(patch)) return !sameJson(current, patch);
  if (!isRecord(current)) return true;
  return Object.entries(patch).some(([field, value]) => {
    const known = Object.hasOwn(current, field) ? current[field] : undefined;
    if (value === null) return known !== undefined;
    return known === undefined || wouldChange(known, value);
  });
}

import { sameJson } from '@depwatch/core';

type Json = { readonly [field: string]: unknown };

/** What goes over the wire: no undefined fields, and text for a Date. */
export function wireForm(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
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

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

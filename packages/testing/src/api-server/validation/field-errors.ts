import { asText } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';

/** `spec` and `size` are `spec.size`; the root is `""`. */
export function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** `spec.labels` and `a` are `spec.labels[a]`; the same for an element and its index. */
export function key(path: string, name: string | number): string {
  return `${path}[${name}]`;
}

/** A value as messages show it: JSON as Go writes it, with escapes for what HTML would mistake. */
export function show(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (typeof value === 'string') return text;
  return text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}

/** What is there, and wrong; the value is shown as Go's JSON shows it. */
export function invalidValue(field: string, value: unknown, why: string): FieldError {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${show(value)}: ${why}`,
    field,
  };
}

/** The same where the value is not shown. */
export function invalidHidden(field: string, why: string): FieldError {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${why}`, field };
}

/** What is missing. */
export function required(field: string, why = ''): FieldError {
  return {
    reason: 'FieldValueRequired',
    message: why ? `Required value: ${why}` : 'Required value',
    field,
  };
}

/** What must not be there, or not change. */
export function forbiddenValue(field: string, why: string): FieldError {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

/** What is none of a few. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly unknown[],
): FieldError {
  const list = supported
    .map((one) => JSON.stringify(typeof one === 'string' ? one : show(one)))
    .join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${show(value)}: supported values: ${list}`,
    field,
  };
}

/** What is there twice. */
export function duplicate(field: string, value: unknown): FieldError {
  return {
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${show(value)}`,
    field,
  };
}

/** What takes more bytes than it may. */
export function tooLong(field: string, limit: number): FieldError {
  return {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${limit} bytes`,
    field,
  };
}

/** The error of a value that has to be one of a few; absent counts as `""`. */
export function oneOf(field: string, value: unknown, supported: readonly string[]): FieldError[] {
  const text = asText(value);
  return supported.includes(text) ? [] : [notSupported(field, text, supported)];
}

/** The error of a number that is below zero. */
export function notNegative(field: string, value: unknown): FieldError[] {
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : [];
}

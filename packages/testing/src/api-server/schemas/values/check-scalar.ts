import { jsonEquals } from '../../http/api-object.ts';
import { show, notSupported } from '../../validation/field-errors.ts';
import { isKnownFormat, stringFormat } from './formats.ts';
import { add, failed, type Outcome, passed, type Problem, refused } from './outcome.ts';
import { matchesPattern } from './regexp.ts';
import type { Schema } from '../schema.ts';

export function typesOf(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type ? [schema.type] : [];
}

export function formatOf(schema: Schema): string {
  const types = typesOf(schema);
  const type = types.length === 1 ? types[0] : undefined;
  return schema.format && isKnownFormat(type, schema.format) ? schema.format : '';
}

export function checkType(schema: Schema, value: unknown, path: string): Outcome {
  const types = typesOf(schema);
  const format = formatOf(schema);
  const isNumeric = types.includes('number') || types.includes('integer');
  const found = typeOf(value);
  const wrong = (expected: string, actual: string): Outcome =>
    failed(
      refused(path, actual, `must be of type ${expected}: "${actual}"`, 'FieldValueTypeInvalid'),
    );
  if (value === null) {
    return types.length > 0 && !schema.nullable ? wrong(types.join(','), 'null') : passed();
  }
  const isText = typeof value === 'string' || Array.isArray(value);
  if (!isNumeric && format && isText) return passed();
  const fits = types.includes(found) || (found === 'integer' && types.includes('number'));
  if (fits) return passed();
  const actualFormat = found === 'integer' ? 'int64' : found === 'number' ? 'float64' : '';
  if (!isText && format && actualFormat !== format) return wrong(format, actualFormat);
  return wrong(types.join(','), found);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

export function checkEnum({ enum: values = [] }: Schema, value: unknown, path: string): Outcome {
  const outcome: Outcome = { problems: [], checks: 0 };
  if (values.length === 0 || values.some((allowed) => jsonEquals(allowed, value))) return outcome;
  const { reason, message } = notSupported(path, value, values);
  return failed({ text: `${path} in body should be one of`, path, reason, message });
}

export function checkString(
  { maxLength, minLength, pattern }: Schema,
  value: string,
  path: string,
): Outcome | undefined {
  const length = maxLength === undefined && minLength === undefined ? 0 : Array.from(value).length;
  if (maxLength !== undefined && length > maxLength) {
    const message = `Too long: may not be more than ${maxLength} ${maxLength === 1 ? 'byte' : 'bytes'}`;
    const text = `${path} in body should be at most ${maxLength} chars long`;
    return failed({ text, path, reason: 'FieldValueTooLong', message });
  }
  if (minLength !== undefined && length < minLength) {
    return failed(refused(path, value, `should be at least ${minLength} chars long`));
  }
  if (pattern && !matchesPattern(pattern, value)) {
    return failed(refused(path, value, `should match '${pattern}'`));
  }
  return undefined;
}

export function checkFormat(format: string, value: string, path: string): Outcome | undefined {
  if (stringFormat(format)!(value)) return undefined;
  return failed(
    refused(path, value, `must be of type ${format}: ${show(value)}`, 'FieldValueTypeInvalid'),
  );
}

export function checkNumber(schema: Schema, value: number, path: string): Outcome {
  const outcome: Outcome = { problems: [], checks: 1 };
  const { exclusiveMaximum, exclusiveMinimum } = schema;
  // Against an integer, a bound is one, too: what is behind its point is cut off.
  const bound = (limit: number | undefined): number | undefined =>
    limit === undefined || !Number.isInteger(value) ? limit : Math.trunc(limit);
  const [multipleOf, minimum, maximum] = [schema.multipleOf, schema.minimum, schema.maximum].map(
    bound,
  );
  const range = checkRange(schema, value, path);
  if (range) add(outcome, range);
  if (multipleOf !== undefined && multipleOf <= 0) {
    const text = `factor MultipleOf declared for ${path} must be positive: ${multipleOf}`;
    const message = `Invalid value: ${multipleOf}: ${text}`;
    add(outcome, { text, path, reason: 'FieldValueInvalid', message });
  } else if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    add(outcome, refused(path, value, `should be a multiple of ${multipleOf}`));
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const how = exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    add(outcome, refused(path, value, `should be ${how} ${minimum}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const how = exclusiveMaximum ? 'less than' : 'less than or equal to';
    add(outcome, refused(path, value, `should be ${how} ${maximum}`));
  }
  return outcome;
}

const maxFloat32 = 3.4028234663852886e38;

/** Whether a number has a place in what its type and format are stored in. */
function checkRange(schema: Schema, value: number, path: string): Problem | undefined {
  const [type] = typesOf(schema);
  const format = formatOf(schema);
  const tooLarge =
    type === 'integer'
      ? !Number.isInteger(value) || Math.abs(value + 0.5) > 2 ** (format === 'int32' ? 31 : 63)
      : format === 'float' && Math.abs(value) > maxFloat32;
  if (!tooLarge || typesOf(schema).length !== 1) return undefined;
  const which = format ? `with format ${format}` : '(default format)';
  const text = `Checked value must be of type ${type} ${which} in ${path}`;
  return { text, reason: 'FieldValueInvalid', message: `Invalid value: "": ${text}` };
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  // As close as makes an integer of it in the API server's library.
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

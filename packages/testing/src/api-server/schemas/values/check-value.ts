import { isJsonObject, type JsonObject } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import { show } from '../../validation/field-errors.ts';
import {
  checkEnum,
  checkFormat,
  checkNumber,
  checkString,
  checkType,
  formatOf,
  typesOf,
} from './check-scalar.ts';
import { type Correlation, correlateElement, correlateField, isUnchanged } from './correlation.ts';
import { stringFormat } from './formats.ts';
import { add, merge, type Outcome, type Problem, refused } from './outcome.ts';
import { additionalOf, itemsOf, propertyOf, type Schema } from '../schema.ts';

/**
 * What is wrong with a value by its schema, with the paths and the words of kube-openapi, which the API server checks
 * with. JSON schema libraries say neither, nor whose alternative of an `anyOf` came closest, nor can they let pass what
 * an update leaves as it was.
 *
 * @param field the path of the value; `""` for a whole object
 * @param correlation what was there before, if it is an update
 */
export function checkValue(
  schema: Schema,
  value: unknown,
  field = '',
  correlation?: Correlation,
): FieldError[] {
  const { problems } = checkCorrelated(schema, value, '', correlation);
  return problems.map(({ path, reason, message }) => ({
    reason,
    message,
    field: fieldAt(field, path),
  }));
}

/** Of the root alone the API server can't say a name. */
function fieldAt(field: string, path: string | undefined): string {
  const rest = (path ?? '').replace(/^\./, '');
  return [field, rest].filter((part) => part !== '').join('.') || '<nil>';
}

/** What was wrong before, and has not been touched, may stay. */
function checkCorrelated(
  schema: Schema,
  value: unknown,
  path: string,
  correlation: Correlation | undefined,
): Outcome {
  const outcome = check(schema, value, path, correlation);
  if (outcome.problems.length === 0 || !correlation || !isUnchanged(correlation)) return outcome;
  return { problems: [], checks: outcome.checks };
}

function check(
  schema: Schema,
  value: unknown,
  path: string,
  correlation: Correlation | undefined,
): Outcome {
  const outcome: Outcome = { problems: [], checks: 0 };
  const run = (found: Outcome | undefined): void => {
    if (found) merge(outcome, found);
    outcome.checks += 1;
  };
  if (value === null) {
    if (typesOf(schema).length > 0 || formatOf(schema))
      merge(outcome, checkType(schema, value, path));
    merge(outcome, checkEnum(schema, value, path));
    return outcome;
  }
  if (typesOf(schema).length > 0 || formatOf(schema)) run(checkType(schema, value, path));
  run(checkAlternatives(schema, value, path, correlation));
  if (typeof value === 'string') {
    run(checkString(schema, value, path));
    const format = formatOf(schema);
    if (format && stringFormat(format)) run(checkFormat(format, value, path));
  }
  if (typeof value === 'number') run(checkNumber(schema, value, path));
  if (Array.isArray(value)) run(checkArray(schema, value, path, correlation));
  run(checkEnum(schema, value, path));
  if (isJsonObject(value)) run(checkObject(schema, value, path, correlation));
  outcome.checks += 1;
  return outcome;
}

function checkArray(
  schema: Schema,
  value: readonly unknown[],
  path: string,
  correlation: Correlation | undefined,
): Outcome {
  const outcome: Outcome = { problems: [], checks: 1 };
  const items = itemsOf(schema);
  if (items) {
    for (const [index, element] of value.entries()) {
      const before = correlateElement(correlation, index);
      merge(outcome, checkCorrelated(items, element, `${path}[${index}]`, before));
    }
  }
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    add(outcome, refused(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) {
    add(outcome, tooMany(path, value.length, maxItems));
  }
  return outcome;
}

function tooMany(path: string, count: number, most: number): Problem {
  const items = most === 1 ? 'item' : 'items';
  return {
    text: `${path} has more than ${most}`,
    path,
    reason: 'FieldValueTooMany',
    message: `Too many: ${count}: must have at most ${most} ${items}`,
  };
}

function checkObject(
  schema: Schema,
  value: JsonObject,
  path: string,
  correlation: Correlation | undefined,
): Outcome {
  const outcome: Outcome = { problems: [], checks: 0 };
  const { minProperties, maxProperties, properties = {}, required = [] } = schema;
  const count = Object.keys(value).length;
  if (minProperties !== undefined && count < minProperties) {
    add(outcome, refused(path, count, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && count > maxProperties) {
    add(outcome, tooMany(path, count, maxProperties));
  }
  const additional = additionalOf(schema);
  for (const [name, inner] of Object.entries(value)) {
    if (propertyOf(schema, name)) continue;
    if (schema.additionalProperties === false) {
      const text = `${path}.${name} in body is a forbidden property`;
      const message = `Invalid value: ${show(name)}: ${text}`;
      add(outcome, { text, path, reason: 'FieldValueInvalid', message });
    } else if (additional) {
      const before = correlateField(correlation, name);
      merge(outcome, checkCorrelated(additional, inner, `${path}.${name}`, before));
    }
  }
  for (const [name, ofField] of Object.entries(properties)) {
    if (!Object.hasOwn(value, name)) continue;
    const at = path === '' ? name : `${path}.${name}`;
    // Kind and version are converted before they are compared, so they are never what they were.
    const isType = path === '' && (name === 'kind' || name === 'apiVersion');
    const before = isType ? undefined : correlateField(correlation, name);
    merge(outcome, checkCorrelated(ofField, value[name], at, before));
  }
  for (const name of required) {
    if (Object.hasOwn(value, name)) continue;
    const at = `${path}.${name}`;
    const text = `${at} in body is required`;
    add(outcome, { text, path: at, reason: 'FieldValueRequired', message: 'Required value' });
  }
  return outcome;
}

function checkAlternatives(
  schema: Schema,
  value: unknown,
  path: string,
  correlation: Correlation | undefined,
): Outcome {
  const outcome: Outcome = { problems: [], checks: 1 };
  const { anyOf = [], oneOf = [], allOf = [], not } = schema;
  const outcomesOf = (schemas: readonly Schema[]): Outcome[] =>
    schemas.map((each) => check(each, value, path, correlation));
  const isGood = ({ problems }: Outcome): boolean => problems.length === 0;
  if (anyOf.length > 0) {
    const outcomes = outcomesOf(anyOf);
    const good = outcomes.find(isGood);
    if (!good) add(outcome, about(path, 'must validate at least one schema (anyOf)'));
    merge(outcome, good ?? closest(outcomes));
  }
  if (oneOf.length > 0) {
    const outcomes = outcomesOf(oneOf);
    const good = outcomes.filter(isGood);
    if (good.length === 1) merge(outcome, good[0]!);
    else {
      const found = good.length === 0 ? 'none valid' : `${good.length} valid alternatives`;
      const what = `must validate one and only one schema (oneOf). Found ${found}`;
      add(outcome, about(path, what));
      if (good.length === 0) merge(outcome, closest(outcomes));
    }
  }
  if (allOf.length > 0) {
    const outcomes = outcomesOf(allOf);
    for (const each of outcomes) merge(outcome, each);
    const good = outcomes.filter(isGood).length;
    if (good < outcomes.length) {
      const none = good === 0 ? '. None validated' : '';
      add(outcome, about(path, `must validate all the schemas (allOf)${none}`));
    }
  }
  if (not && isGood(check(not, value, path, correlation))) {
    add(outcome, about(path, 'must not validate the schema (not)'));
  }
  return outcome;
}

function closest(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((best, each) => (each.checks > best.checks ? each : best));
}

function about(path: string, what: string): Problem {
  const text = `${JSON.stringify(path)} ${what}`;
  return { text, reason: 'FieldValueInvalid', message: `Invalid value: "": ${text}` };
}

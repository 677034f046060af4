import { isJsonObject } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import {
  child,
  duplicate,
  forbiddenValue,
  invalidValue,
  invalidHidden,
  key,
  required,
} from '../../validation/field-errors.ts';
import { cel } from './cel-environment.ts';
import { celValue, withResourceFields } from './cel-values.ts';
import {
  type Correlation,
  correlateElement,
  correlateField,
  isUnchanged,
} from '../values/correlation.ts';
import { fieldAtPath } from './field-path.ts';
import { additionalOf, itemsOf, propertyOf, type Rule, type Schema } from '../schema.ts';

const ruled = new WeakMap<Schema, boolean>();

/** Whether a schema has rules at any depth. */
export function hasRules(schema: Schema): boolean {
  let found = ruled.get(schema);
  if (found === undefined) {
    const parts = [
      itemsOf(schema),
      additionalOf(schema),
      ...Object.values(schema.properties ?? {}),
    ];
    found =
      (schema['x-kubernetes-validations'] ?? []).length > 0 ||
      parts.some((part) => part !== undefined && hasRules(part));
    ruled.set(schema, found);
  }
  return found;
}

/** Whether a rule compares with what was there before. */
export function usesOldSelf({ rule = '' }: Rule): boolean {
  return /\boldSelf\b/.test(rule.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, ''));
}

/** Where a value stands, for the rules on it and below it. */
interface Position {
  readonly field: string;
  readonly isRoot: boolean;
  /** What it takes the place of; undefined for a new value. */
  readonly old: unknown;
  readonly correlation: Correlation | undefined;
  /** Whether an update leaves it, or the last thing around it that can be told, as it was. */
  readonly unchanged: boolean;
  readonly tolerate: (error: FieldError) => void;
}

/**
 * The rules that an object breaks.
 *
 * @param tolerate hears of those that are let pass, since they were broken before and nothing has changed there
 */
export function checkByRules(
  schema: Schema,
  value: unknown,
  correlation: Correlation | undefined,
  tolerate: (error: FieldError) => void,
): FieldError[] {
  return checkNode(schema, value, {
    tolerate,
    field: '',
    isRoot: true,
    old: correlation?.old,
    correlation,
    unchanged: correlation !== undefined && isUnchanged(correlation),
  });
}

function checkNode(schema: Schema, value: unknown, position: Position): FieldError[] {
  if (value === null || value === undefined || !hasRules(schema)) return [];
  const errors = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) =>
    checkRule(rule, schema, value, position),
  );
  const below = (field: string, old: unknown, correlation: Correlation | undefined): Position => ({
    field,
    isRoot: false,
    old,
    correlation,
    tolerate: position.tolerate,
    unchanged: correlation ? isUnchanged(correlation) : position.unchanged,
  });
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return errors;
    for (const [index, element] of value.entries()) {
      const before = correlateElement(position.correlation, index);
      const at = key(position.field, index);
      errors.push(...checkNode(items, element, below(at, before?.old, before)));
    }
  } else if (isJsonObject(value)) {
    const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
    for (const [name, inner] of Object.entries(value)) {
      const property = propertyOf(schema, name);
      const ofField = property ?? additionalOf(schema);
      if (!ofField) continue;
      const before = correlateField(position.correlation, name);
      const at = property ? child(position.field, name) : key(position.field, name);
      errors.push(
        ...checkNode(ofField, inner, below(at, isAtomic ? undefined : before?.old, before)),
      );
    }
  }
  return errors;
}

function checkRule(rule: Rule, schema: Schema, value: unknown, position: Position): FieldError[] {
  const { evaluate, readers, optional } = cel();
  const comparesOld = usesOldSelf(rule);
  const { old } = position;
  if (comparesOld && old === undefined && !rule.optionalOldSelf) return [];
  const typed = position.isRoot ? withResourceFields(schema) : schema;
  const before = old === undefined ? undefined : celValue(old, typed, readers);
  const context = {
    self: celValue(value, typed, readers),
    oldSelf: rule.optionalOldSelf ? optional(before) : (before ?? null),
  };
  const field = position.field || '<nil>';
  try {
    if (evaluate(rule.rule ?? '', context) === true) return [];
  } catch (error) {
    const [why = ''] = (error as Error).message.split('\n');
    const what = `${lowerFirst(why)} evaluating rule: ${rule.message?.trim() || (rule.rule ?? '').trim()}`;
    return [invalidValue(field, schema.type ?? '', what)];
  }
  const where = rule.fieldPath ? fieldAtPath(position.field, rule.fieldPath) : field;
  const error = refusal(rule, where, schema, value, detailOf(rule, context));
  if (comparesOld || !position.unchanged) return [error];
  position.tolerate(error);
  return [];
}

function detailOf(
  { rule = '', message, messageExpression }: Rule,
  context: Record<string, unknown>,
): string {
  if (messageExpression) {
    try {
      const text: unknown = cel().evaluate(messageExpression, context);
      if (typeof text === 'string' && text.trim() !== '' && !/[\n\r]/.test(text))
        return text.trim();
    } catch {
      // The fixed message stands in for one that fails.
    }
  }
  return message?.trim() || `failed rule: ${rule.trim()}`;
}

function refusal(
  { reason }: Rule,
  field: string,
  { type }: Schema,
  value: unknown,
  why: string,
): FieldError {
  const isShown = type !== 'object' && type !== 'array';
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(field, why);
    case 'FieldValueRequired':
      return required(field, why);
    case 'FieldValueDuplicate':
      return isShown
        ? duplicate(field, value)
        : { reason: 'FieldValueDuplicate', message: 'Duplicate value', field };
    default:
      return isShown ? invalidValue(field, value, why) : invalidHidden(field, why);
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

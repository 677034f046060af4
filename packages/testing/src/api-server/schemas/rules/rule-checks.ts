import type { FieldError } from '../../http/status.ts';
import { child, invalidValue, key, required, notSupported } from '../../validation/field-errors.ts';
import { cel } from './cel-environment.ts';
import { withPresence } from './cel-presence.ts';
import { isFieldPath } from './field-path.ts';
import { usesOldSelf } from './rules.ts';
import { additionalOf, itemsOf, type Rule, type Schema } from '../schema.ts';

const reasons = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

/** What is wrong with the words of one node's rules, before any of them is compiled. */
export function checkRuleTexts(schema: Schema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    checkRuleText(rule, schema, key(child(path, 'x-kubernetes-validations'), index)),
  );
}

function checkRuleText(rule: Rule, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { message = '', messageExpression, reason, fieldPath } = rule;
  const text = (rule.rule ?? '').trim();
  const hasBreak = (value: string): boolean => /[\n\r]/.test(value);
  if (text === '') errors.push(required(child(path, 'rule'), 'rule is not specified'));
  else if (message !== '' && message.trim() === '') {
    errors.push(invalidValue(child(path, 'message'), message, 'must be non-empty if specified'));
  } else if (hasBreak(message.trim())) {
    errors.push(invalidValue(child(path, 'message'), message, 'must not contain line breaks'));
  } else if (hasBreak(text) && message.trim() === '') {
    const why = 'message must be specified if rule contains line breaks';
    errors.push(required(child(path, 'message'), why));
  }
  if (messageExpression && messageExpression.trim() === '') {
    const why = 'messageExpression must be non-empty if specified';
    errors.push(required(child(path, 'messageExpression'), why));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    errors.push(notSupported(child(path, 'reason'), reason, reasons));
  }
  if (fieldPath && !isFieldPath(fieldPath, schema)) {
    errors.push(invalidValue(child(path, 'fieldPath'), fieldPath, 'must be a valid path'));
  }
  return errors;
}

/** What is wrong with the rules of a schema, as far as it shows before they run. */
export function checkRules(schema: Schema, path: string): FieldError[] {
  return checkNode(schema, path, { isRoot: true });
}

interface Position {
  readonly isRoot: boolean;
  /** The path of the list or map whose parts can't be told apart between two revisions. */
  readonly uncorrelated?: string;
}

function checkNode(schema: Schema, path: string, position: Position): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const at = key(child(path, 'x-kubernetes-validations'), index);
    errors.push(...checkRule(rule, schema, at, position));
  }
  const below = (correlates: boolean): Position => ({
    isRoot: false,
    ...(position.uncorrelated !== undefined
      ? { uncorrelated: position.uncorrelated }
      : !correlates && { uncorrelated: path }),
  });
  const isGranular = schema['x-kubernetes-map-type'] !== 'atomic';
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...checkNode(property, key(child(path, 'properties'), name), below(isGranular)));
  }
  const additional = additionalOf(schema);
  if (additional) {
    errors.push(...checkNode(additional, child(path, 'additionalProperties'), below(true)));
  }
  const items = itemsOf(schema);
  if (items) {
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    errors.push(...checkNode(items, child(path, 'items'), below(isMap)));
  }
  return errors;
}

function checkRule(
  rule: Rule,
  schema: Schema,
  path: string,
  { isRoot, uncorrelated }: Position,
): FieldError[] {
  const errors: FieldError[] = [];
  const environment = cel().checking(schema, isRoot, rule.optionalOldSelf === true);
  const wrong = (name: string, why: string): void => {
    errors.push(invalidValue(child(path, name), rule, why));
  };
  const checked = environment.check(withPresence(rule.rule ?? ''));
  if (!checked.valid) wrong('rule', `compilation failed: ERROR: ${checked.error?.message}`);
  else if (checked.type !== 'bool' && checked.type !== 'dyn') {
    wrong('rule', 'cel expression must evaluate to a bool');
  }
  if (rule.messageExpression) {
    const message = environment.check(withPresence(rule.messageExpression));
    if (!message.valid) {
      wrong(
        'messageExpression',
        `messageExpression compilation failed: ERROR: ${message.error?.message}`,
      );
    } else if (message.type !== 'string' && message.type !== 'dyn') {
      wrong('messageExpression', 'messageExpression must evaluate to a string');
    }
  }
  if (usesOldSelf(rule)) {
    if (uncorrelated !== undefined) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
      errors.push(invalidValue(child(path, 'rule'), rule.rule, why));
    }
  } else if (rule.optionalOldSelf !== undefined) {
    const why = 'may not be set if oldSelf is not used in rule';
    errors.push(invalidValue(child(path, 'optionalOldSelf'), rule.optionalOldSelf, why));
  }
  return errors;
}

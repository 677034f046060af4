import {
  checkRecord,
  checkText,
  invalidInput,
  isRecord,
  parseLabelSelector,
  typeName,
  wrongType,
} from '@depwatch/core';

/** A label selector as objects have it, such as `spec.selector` of a Deployment. */
export interface LabelSelectorObject {
  readonly matchLabels?: { readonly [label: string]: string };
  readonly matchExpressions?: readonly {
    readonly key: string;
    /** `In`, `NotIn`, `Exists` or `DoesNotExist`. */
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/**
 * The text of a label selector, as queries take it. An empty selector selects everything.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for an operator that there isn't, values where none belong or none where some do,
 * and what is no label or no value of one
 */
export function formatLabelSelector(selector: LabelSelectorObject): string {
  checkRecord('selector', selector, 'an object with matchLabels or matchExpressions');
  const { matchLabels = {}, matchExpressions = [] } = selector;
  checkRecord('matchLabels', matchLabels);
  for (const [key, value] of Object.entries(matchLabels)) needText(`matchLabels.${key}`, value);
  if (!Array.isArray(matchExpressions))
    throw wrongType('matchExpressions', 'an array', matchExpressions);
  matchExpressions.forEach(checkExpression);
  const texts = [
    ...Object.entries(matchLabels).map(([key, value]) => checked(`${key}=${value}`, key, [value])),
    ...matchExpressions.map(({ key, operator, values = [] }) =>
      checked(expression(key, operator, values), key, values),
    ),
  ];
  return parseLabelSelector(texts.join(',')).canonical;
}

function checkExpression(expression: unknown, index: number): void {
  const field = `matchExpressions[${index}]`;
  if (!isRecord(expression)) throw wrongType(field, 'an object with key and operator', expression);
  const { key, values = [] } = expression;
  needText(`${field}.key`, key);
  if (!Array.isArray(values)) throw wrongType(`${field}.values`, 'an array', values);
  for (const value of values) needText(`${field}.values`, value);
}

function needText(field: string, value: unknown): void {
  checkText(field, value ?? null);
}

function expression(key: string, operator: string, values: readonly string[]): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      throw invalidInput(
        `matchExpressions: expected In, NotIn, Exists or DoesNotExist, got ${typeof operator === 'string' ? JSON.stringify(operator) : typeName(operator)}`,
      );
  }
}

/** A text that says of a key what it is meant to, and no more: a key or value may hold what has a meaning in it. */
function checked(text: string, key: string, values: readonly string[]): string {
  const [requirement, ...others] = parseLabelSelector(text).requirements;
  const meant = [...new Set(values)].sort();
  const isMeant =
    requirement?.key === key &&
    others.length === 0 &&
    requirement.values.length === meant.length &&
    requirement.values.every((value, index) => value === meant[index]);
  if (isMeant) return text;
  throw invalidInput(
    `selector: ${JSON.stringify(key)} with ${JSON.stringify(values)} is no requirement of a label`,
  );
}

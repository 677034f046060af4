import { matchesLabelSelector, parseLabelSelector } from '@depwatch/core';

import { asJsonObject, asText } from '../http/api-object.ts';

/** Whether a LabelSelector, as objects hold it, selects labels. An empty one selects all; one that is none, nothing. */
export function selectsLabels(selector: unknown, labels: unknown): boolean {
  if (isEmptySelector(selector)) return true;
  try {
    return matchesLabelSelector(
      parseLabelSelector(termsOf(selector).join(',')),
      asJsonObject(labels) as Record<string, string>,
    );
  } catch {
    return false;
  }
}

/** Whether a LabelSelector names nothing that labels must have. */
export function isEmptySelector(selector: unknown): boolean {
  return termsOf(selector).length === 0;
}

function termsOf(selector: unknown): string[] {
  const { matchLabels, matchExpressions } = asJsonObject(selector);
  const equalities = Object.entries(asJsonObject(matchLabels)).map(
    ([key, value]) => `${key}=${asText(value)}`,
  );
  const expressions = Array.isArray(matchExpressions) ? matchExpressions : [];
  return [...equalities, ...expressions.map(formatExpression)];
}

function formatExpression(expression: unknown): string {
  const { key, operator, values } = asJsonObject(expression);
  const list = `(${(Array.isArray(values) ? values : []).join(',')})`;
  switch (operator) {
    case 'In':
      return `${asText(key)} in ${list}`;
    case 'NotIn':
      return `${asText(key)} notin ${list}`;
    case 'DoesNotExist':
      return `!${asText(key)}`;
    default:
      return asText(key);
  }
}

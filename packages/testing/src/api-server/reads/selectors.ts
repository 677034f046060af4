import { isDepwatchError, matchesLabelSelector, parseLabelSelector } from '@depwatch/core';

import { wordLabelSelectorRefusal } from './label-selector-refusal.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { badRequest } from '../http/status.ts';
import type { StoredObject } from '../store/store.ts';

/** One condition of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** What a list or a watch is narrowed to, beside its namespace. */
export interface ObjectFilter {
  /** The one name that the field selector asks for, if it does; then `matches` need not be asked of others. */
  readonly name?: string;
  /** The one namespace that the field selector asks for, if it does. */
  readonly namespace?: string;
  /** Whether every object matches. */
  readonly all: boolean;
  matches(stored: StoredObject): boolean;
}

/**
 * Parses the two selectors of a request.
 *
 * @throws StatusError 400 when one of them is no selector, or names a field that can't be selected by
 */
export function parseFilter(
  type: ResourceType,
  labelText: string,
  fieldText: string,
): ObjectFilter {
  const labels = parseLabels(labelText);
  const fields = parseFieldSelector(fieldText);
  for (const { field } of fields) {
    if (field === 'metadata.name' || type.fields.has(field)) continue;
    // Only kinds with fields of their own know that they have no namespace.
    const ownFields = !type.namespaced && type.fieldRefusal === 'notSupported';
    if (field !== 'metadata.namespace' || ownFields) throw unknownField(type, field);
  }
  const one = (field: string): string | undefined =>
    fields.find((requirement) => requirement.equal && requirement.field === field)?.value;
  const name = one('metadata.name');
  const namespace = one('metadata.namespace');
  return {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    all: labels.requirements.length === 0 && fields.length === 0,
    matches: (stored) =>
      fields.every(
        ({ field, equal, value }) => (readField(type, stored, field) === value) === equal,
      ) && matchesLabelSelector(labels, stored.object.metadata.labels),
  };
}

/**
 * Parses `a=b,c!=d` as apimachinery's `fields.ParseSelector` does: `\` escapes `\`, `,` and `=`.
 *
 * @throws StatusError 400
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const operator = /^((?:\\.|[^\\=!]|!(?!=))*)(!=|==|=)([^]*)$/.exec(term);
    if (!operator) {
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    const [, field = '', symbol, value = ''] = operator;
    requirements.push({ field, equal: symbol !== '!=', value: unescape(value) });
  }
  return requirements;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === ',') {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescape(value: string): string {
  let plain = '';
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index]!;
    if (character === '\\') {
      index += 1;
      const escaped = value[index];
      if (escaped !== '\\' && escaped !== ',' && escaped !== '=') {
        throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped ?? ''}`);
      }
      plain += escaped;
    } else if (character === ',' || character === '=') {
      throw badRequest(
        `invalid field selector: unescaped character in value: ${character.codePointAt(0)}`,
      );
    } else {
      plain += character;
    }
  }
  return plain;
}

function readField(type: ResourceType, stored: StoredObject, field: string): string {
  if (field === 'metadata.name') return stored.name;
  if (field === 'metadata.namespace') return stored.namespace;
  return type.fields.get(field)?.(stored.object) ?? '';
}

function unknownField(type: ResourceType, field: string): Error {
  if (type.custom || type.fieldRefusal === 'notSupported') {
    return badRequest(`field label not supported: ${field}`);
  }
  return badRequest(
    `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function parseLabels(text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (!isDepwatchError(error, 'ERR_INVALID_INPUT')) throw error;
    throw badRequest(wordLabelSelectorRefusal(text));
  }
}

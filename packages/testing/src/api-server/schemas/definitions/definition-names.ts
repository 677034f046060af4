import { asText, type JsonObject } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import { invalidValue, key, required } from '../../validation/field-errors.ts';

/** What is wrong with the names of a definition. */
export function checkNames(names: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['plural', 'singular', 'kind', 'listKind']) {
    if (!names[name]) errors.push(required(`spec.names.${name}`));
  }
  for (const name of ['plural', 'singular']) {
    if (names[name]) errors.push(...checkLabel(asText(names[name]), `spec.names.${name}`));
  }
  for (const name of ['kind', 'listKind']) {
    if (!names[name]) continue;
    const value = asText(names[name]);
    const [wrong] = labelProblems(value.toLowerCase());
    if (wrong === undefined) continue;
    const why = `may have mixed case, but should otherwise match: ${labelProblems(value.toLowerCase()).join(',')}`;
    errors.push(invalidValue(`spec.names.${name}`, value, why));
  }
  for (const [index, name] of textsOf(names.shortNames).entries()) {
    errors.push(...checkLabel(name, key('spec.names.shortNames', index)));
  }
  if (names.kind && names.kind === names.listKind) {
    const why = 'kind and listKind may not be the same';
    errors.push(invalidValue('spec.names.listKind', names.listKind, why));
  }
  for (const [index, name] of textsOf(names.categories).entries()) {
    errors.push(...checkLabel(name, key('spec.names.categories', index)));
  }
  return errors;
}

/** What keeps a name from being a DNS label that begins with a letter. */
export function checkLabel(value: string, field: string): FieldError[] {
  const problems = labelProblems(value);
  return problems.length === 0 ? [] : [invalidValue(field, value, problems.join(','))];
}

/** What keeps a text from being a DNS label by RFC 1035, which begins with a letter. */
function labelProblems(value: string): string[] {
  return [
    ...(value.length > 63 ? ['must be no more than 63 characters'] : []),
    ...(/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value)
      ? []
      : [
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ]),
  ];
}

const approval = 'api-approved.kubernetes.io';

/** Groups of the Kubernetes community ask for a word of it. */
export function checkApproval(
  group: string,
  annotations: Readonly<Record<string, string>>,
): FieldError[] {
  const isProtected =
    group === 'k8s.io' ||
    group === 'kubernetes.io' ||
    group.endsWith('.k8s.io') ||
    group.endsWith('.kubernetes.io');
  if (!isProtected) return [];
  const field = key('metadata.annotations', approval);
  const said = annotations[approval] ?? '';
  if (said === '') {
    const why = `protected groups must have approval annotation "${approval}", see https://github.com/kubernetes/enhancements/pull/1111`;
    return [required(field, why)];
  }
  if (said.startsWith('unapproved') || URL.canParse(said)) return [];
  const why = `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`;
  return [invalidValue(field, said, why)];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(asText) : [];
}

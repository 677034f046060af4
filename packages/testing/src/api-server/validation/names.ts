import { asText } from '../http/api-object.ts';
import type { NameRule } from '../kinds/resource-type.ts';
import type { FieldError } from '../http/status.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

const rules: Record<NameRule, { pattern: RegExp; maxLength: number; message: string }> = {
  dnsSubdomain: {
    pattern: new RegExp(`^${label}(\\.${label})*$`),
    maxLength: 253,
    message: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${label}(\\.${label})*')`,
  },
  dnsLabel: {
    pattern: new RegExp(`^${label}$`),
    maxLength: 63,
    message: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  },
  pathSegment: { pattern: /^/, maxLength: Infinity, message: '' },
};

/** What is wrong with a name, as the real server words it; nothing if it is valid. */
export function checkName(name: string, rule: NameRule, field = 'metadata.name'): FieldError[] {
  const errors: string[] = [];
  if (rule === 'pathSegment') {
    if (name === '.' || name === '..') errors.push(`may not be '${name}'`);
    for (const part of ['/', '%']) {
      if (name.includes(part)) errors.push(`may not contain '${part}'`);
    }
  } else {
    const { pattern, maxLength, message } = rules[rule];
    if (name.length > maxLength) errors.push(`must be no more than ${maxLength} characters`);
    if (!pattern.test(name)) errors.push(message);
  }
  return errors.map((error) => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(name)}: ${error}`,
    field,
  }));
}

const subdomainRule = rules.dnsSubdomain;
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const nameText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const valueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with a label's key, in one text; undefined if it is valid. */
export function labelKeyProblem(key: string): string | undefined {
  const problems = labelKeyProblems(key);
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/** Whatever is wrong with the key of a label or annotation, or with the name of a finalizer. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/');
  const name = parts.at(-1)!;
  const problems: string[] = [];
  if (parts.length > 2) {
    return [
      `a valid label key ${nameText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === '') problems.push('prefix part must be non-empty');
    else if (prefix.length > subdomainRule.maxLength) {
      problems.push(`prefix part must be no more than ${subdomainRule.maxLength} bytes`);
    } else if (!subdomainRule.pattern.test(prefix)) {
      problems.push(`prefix part ${subdomainRule.message}`);
    }
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 bytes');
  if (!namePart.test(name)) problems.push(`name part ${nameText}`);
  return problems;
}

/** What is wrong with a label's value, in one text; undefined if it is valid. */
export function labelValueProblem(value: string): string | undefined {
  const problems: string[] = [];
  if (value.length > 63) problems.push('must be no more than 63 bytes');
  if (!valuePattern.test(value)) problems.push(valueText);
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/** What is wrong with labels. */
export function checkLabels(labels: Readonly<Record<string, unknown>>): FieldError[] {
  const wrong = (value: string, why: string | undefined): FieldError[] =>
    why === undefined
      ? []
      : [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
            field: 'metadata.labels',
          },
        ];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...wrong(key, labelKeyProblem(key)),
    ...wrong(asText(value), labelValueProblem(asText(value))),
  ]);
}

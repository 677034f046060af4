import type { NameRule } from './resource-type.ts';
import type { FieldError } from './status.ts';

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
  dnsLabel1035: {
    pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    maxLength: 63,
    message: `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
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

const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const qualifiedMessage =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const valueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with labels. */
export function checkLabels(labels: Readonly<Record<string, unknown>>): FieldError[] {
  const field = 'metadata.labels';
  const wrong = (value: string, why: string): FieldError => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  });
  return Object.entries(labels).flatMap(([key, raw]) => {
    const value = String(raw);
    const errors: FieldError[] = [];
    const name = key.slice(key.lastIndexOf('/') + 1);
    if (name.length > 63) {
      errors.push(wrong(key, 'name part must be no more than 63 characters'));
    }
    if (!qualifiedName.test(name)) errors.push(wrong(key, qualifiedMessage));
    if (value.length > 63) errors.push(wrong(value, 'must be no more than 63 characters'));
    if (!labelValue.test(value)) errors.push(wrong(value, valueMessage));
    return errors;
  });
}

import { type ApiObject, asJsonObject, asText, jsonEquals } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { forbiddenValue, invalidValue, required, tooLong } from './field-errors.ts';

const maxBytes = 1024 * 1024;

/** What is wrong with a ConfigMap's data. */
export function checkConfigMap(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const binary = asJsonObject(object.binaryData);
  const data = Object.entries(asJsonObject(object.data));
  const errors = data.flatMap(([key]) =>
    Object.hasOwn(binary, key)
      ? [invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')]
      : [],
  );
  const keyErrors = data.flatMap(([key]) => checkKey('data', key));
  const binaryErrors = Object.keys(binary).flatMap((key) => checkKey('binaryData', key));
  const size =
    data.reduce((sum, [, value]) => sum + Buffer.byteLength(asText(value)), 0) +
    decodedSize(binary);
  return [
    ...checkImmutable(object, old, ['data', 'binaryData']),
    ...keyErrors,
    ...errors,
    ...binaryErrors,
    ...(size > maxBytes ? [tooLong('[]', maxBytes)] : []),
  ];
}

/** What is wrong with a Secret's data and type. No value is ever shown. */
export function checkSecret(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const data = asJsonObject(object.data);
  const type = asText(object.type);
  const typeErrors =
    old && asText(old.type) !== type ? [invalidValue('type', type, 'field is immutable')] : [];
  return [
    ...typeErrors,
    ...checkImmutable(object, old, ['data']),
    ...Object.keys(data).flatMap((key) => checkKey('data', key)),
    ...(decodedSize(data) > maxBytes ? [tooLong('data', maxBytes)] : []),
    ...checkSecretType(type, object),
  ];
}

function checkSecretType(type: string, object: ApiObject): FieldError[] {
  const data = asJsonObject(object.data);
  const missing = (...keys: string[]): FieldError[] =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const annotation = 'kubernetes.io/service-account.name';
      if (object.metadata.annotations?.[annotation]) return [];
      return [required(`metadata.annotations[${annotation}]`)];
    }
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
    case 'kubernetes.io/basic-auth': {
      const absent = missing('username', 'password');
      return absent.length === 2 ? absent : [];
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')];
    case 'kubernetes.io/dockerconfigjson':
      return checkJson('.dockerconfigjson', data);
    case 'kubernetes.io/dockercfg':
      return checkJson('.dockercfg', data);
    default:
      return [];
  }
}

function checkJson(key: string, data: Readonly<Record<string, unknown>>): FieldError[] {
  const field = `data[${key}]`;
  if (!Object.hasOwn(data, key)) return [required(field)];
  const text = Buffer.from(asText(data[key]), 'base64').toString();
  try {
    JSON.parse(text);
    return [];
  } catch {
    // The real server quotes a character of the secret; this one does not.
    return [invalidValue(field, '<secret contents redacted>', 'it is no JSON')];
  }
}

function checkImmutable(
  object: ApiObject,
  old: ApiObject | undefined,
  fields: readonly string[],
): FieldError[] {
  if (old?.immutable !== true) return [];
  return ['immutable', ...fields]
    .filter((field) => !jsonEquals(old[field], object[field]))
    .map((field) => forbiddenValue(field, 'field is immutable when `immutable` is set'));
}

function checkKey(field: string, key: string): FieldError[] {
  const problems: string[] = [];
  if (key.length > 253) problems.push('must be no more than 253 characters');
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    problems.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.') problems.push("must not be '.'");
  else if (key === '..') problems.push("must not be '..'");
  else if (key.startsWith('..')) problems.push("must not start with '..'");
  return problems.map((why) => invalidValue(`${field}[${key}]`, key, why));
}

function decodedSize(data: Readonly<Record<string, unknown>>): number {
  return Object.values(data).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(asText(value), 'base64'),
    0,
  );
}

import { asJsonObject, asText, type JsonObject, jsonEquals } from '../../http/api-object.ts';
import type { ApiObject } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import {
  child,
  forbiddenValue,
  invalidValue,
  key,
  required,
  notSupported,
} from '../../validation/field-errors.ts';
import { checkName } from '../../validation/names.ts';
import { checkApproval, checkLabel, checkNames } from './definition-names.ts';
import { checkSchema } from './schema-checks.ts';
import type { Schema } from '../schema.ts';
import { checkSelectableFields } from './selectable-fields.ts';

/** What is wrong with a CustomResourceDefinition that is about to be stored, told as the API server does. */
export function checkDefinition(
  { metadata, spec, status }: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  const { group, names } = asJsonObject(spec);
  const name = `${asText(asJsonObject(names).plural)}.${asText(group)}`;
  const errors: FieldError[] = [];
  if (!old && metadata.name !== name) {
    const why = 'must be spec.names.plural+"."+spec.group';
    errors.push(invalidValue('metadata.name', metadata.name, why));
  }
  errors.push(...checkSpec(asJsonObject(spec)));
  if (old) errors.push(...checkImmutable(asJsonObject(spec), old));
  errors.push(...checkStoredVersions(status, asJsonObject(spec).versions));
  if (!old) errors.push(...checkApproval(asText(group), metadata.annotations ?? {}));
  if (asJsonObject(spec).preserveUnknownFields === true) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalidValue('spec.preserveUnknownFields', true, why));
  }
  return errors;
}

function checkSpec(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const { scope } = spec;
  const group = asText(spec.group);
  const versions = listOf(spec.versions);
  if (group === '') errors.push(required('spec.group'));
  else {
    const wrong = checkName(group, 'dnsSubdomain', 'spec.group');
    errors.push(...wrong);
    if (wrong.length === 0 && !group.includes('.')) {
      errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
    }
  }
  if (!scope) errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  for (const [index, version] of versions.entries()) {
    if (schemaOf(version)) continue;
    errors.push(required(`${key('spec.versions', index)}.schema.openAPIV3Schema`));
  }
  const shared = sharedParts(versions);
  for (const [index, version] of versions.entries()) {
    errors.push(...checkVersion(version, key('spec.versions', index), shared));
  }
  const versionNames = versions.map(({ name }) => name);
  if (new Set(versionNames).size < versionNames.length) {
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage === true).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(invalidValue('spec.versions', spec.versions ?? null, why));
  }
  if (versions[0]) errors.push(...checkLabel(asText(versions[0].name), 'spec.version'));
  errors.push(...checkNames(asJsonObject(spec.names)));
  const hasStatus = versions.some(
    ({ subresources }) => asJsonObject(subresources).status !== undefined,
  );
  errors.push(...checkParts(shared, versions[0] ?? {}, 'spec', 'validation', hasStatus));
  errors.push(...checkConversion(asJsonObject(spec.conversion)));
  return errors;
}

function schemaOf({ schema }: JsonObject): Schema | undefined {
  return asJsonObject(schema).openAPIV3Schema as Schema | undefined;
}

function checkVersion(version: JsonObject, path: string, shared: Shared): FieldError[] {
  const errors = checkLabel(asText(version.name), child(path, 'name'));
  const { deprecated, deprecationWarning } = version;
  if (deprecationWarning !== undefined && deprecated !== true) {
    const why = 'can only be set for deprecated versions';
    errors.push(invalidValue(child(path, 'deprecationWarning'), deprecationWarning, why));
  }
  const own = Object.fromEntries(
    sharedFields.filter((name) => shared[name] === undefined).map((name) => [name, version[name]]),
  );
  const { status } = asJsonObject(version.subresources);
  return [...errors, ...checkParts(own, version, path, 'schema', status !== undefined)];
}

/** What may be said of all versions at once; the API server says so itself where all say the same. */
const sharedFields = [
  'schema',
  'subresources',
  'additionalPrinterColumns',
  'selectableFields',
] as const;

type Shared = Partial<Record<(typeof sharedFields)[number], unknown>>;

function sharedParts(versions: readonly JsonObject[]): Shared {
  const [first = {}, ...others] = versions;
  return Object.fromEntries(
    sharedFields
      .filter((name) => others.every((version) => jsonEquals(version[name], first[name])))
      .map((name) => [name, first[name]]),
  );
}

/** @param schemaName what the schema is called where it stands */
function checkParts(
  { schema: ownSchema, subresources, additionalPrinterColumns, selectableFields }: Shared,
  whole: JsonObject,
  path: string,
  schemaName: string,
  hasStatus: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const schema = schemaOf({ schema: ownSchema });
  if (schema) {
    errors.push(...checkSchema(schema, child(path, `${schemaName}.openAPIV3Schema`), hasStatus));
  }
  const { scale } = asJsonObject(subresources);
  if (scale !== undefined) {
    errors.push(...checkScale(asJsonObject(scale), child(path, 'subresources')));
  }
  for (const [index, column] of listOf(additionalPrinterColumns).entries()) {
    errors.push(...checkColumn(column, key(child(path, 'additionalPrinterColumns'), index)));
  }
  const selectable = listOf(selectableFields).map(({ jsonPath }) => asText(jsonPath));
  const known = schemaOf(whole);
  if (known && selectable.length > 0) {
    errors.push(...checkSelectableFields(selectable, known, child(path, 'selectableFields')));
  }
  return errors;
}

function checkScale(scale: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, below] of [
    ['specReplicasPath', ['.spec.']],
    ['statusReplicasPath', ['.status.']],
    ['labelSelectorPath', ['.spec.', '.status.']],
  ] as const) {
    const value = asText(scale[name]);
    const field = child(path, `scale.${name}`);
    if (value === '') {
      if (name !== 'labelSelectorPath') errors.push(required(field));
    } else if (!value.startsWith('.')) {
      errors.push(invalidValue(field, value, 'must be a simple json path starting with .'));
    } else if (!below.some((prefix) => value.startsWith(prefix))) {
      const roots = below.map((prefix) => prefix.slice(0, -1));
      const where = roots.length > 1 ? `either ${roots.join(' or ')}` : roots[0];
      errors.push(invalidValue(field, value, `should be a json path under ${where}`));
    }
  }
  return errors;
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = 'byte,date,date-time,double,float,int32,int64,password'.split(',');

function checkColumn(column: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, type, format, jsonPath } = column;
  const mustBe = (values: readonly string[]): string => `must be one of ${values.join(',')}`;
  if (!name) errors.push(required(child(path, 'name')));
  if (!type) errors.push(required(child(path, 'type'), mustBe(columnTypes)));
  else if (!columnTypes.includes(asText(type))) {
    errors.push(invalidValue(child(path, 'type'), type, mustBe(columnTypes)));
  }
  if (format && !columnFormats.includes(asText(format))) {
    errors.push(invalidValue(child(path, 'format'), format, mustBe(columnFormats)));
  }
  if (!jsonPath) errors.push(required(child(path, 'JSONPath')));
  else if (!asText(jsonPath).startsWith('.')) {
    const why = 'must be a simple json path starting with .';
    errors.push(invalidValue(child(path, 'JSONPath'), jsonPath, why));
  }
  return errors;
}

function checkConversion({ strategy, webhook }: JsonObject): FieldError[] {
  const path = 'spec.conversion';
  if (!strategy) return [required(`${path}.strategy`)];
  if (strategy !== 'None' && strategy !== 'Webhook') {
    return [notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])];
  }
  if (strategy === 'Webhook') {
    // The real server would call it; here nothing is converted, and a test should know.
    const why = 'conversion webhooks are not supported by the in-process server, use None';
    return [forbiddenValue(`${path}.strategy`, why)];
  }
  if (webhook === undefined) return [];
  const why = 'should not be set when strategy is not set to Webhook';
  return [forbiddenValue(`${path}.webhookClientConfig`, why)];
}

/** What decides where objects are stored can't change, nor, once it is established, what they are. */
function checkImmutable(spec: JsonObject, old: ApiObject): FieldError[] {
  const before = asJsonObject(old.spec);
  const established = listOf(asJsonObject(old.status).conditions).some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
  const errors: FieldError[] = [];
  const check = (value: unknown, was: unknown, field: string): void => {
    if (jsonEquals(value, was)) return;
    errors.push(invalidValue(field, value, 'field is immutable'));
  };
  const names = asJsonObject(spec.names);
  const namesBefore = asJsonObject(before.names);
  if (established) {
    check(spec.scope, before.scope, 'spec.scope');
    check(names.kind, namesBefore.kind, 'spec.names.kind');
  }
  check(spec.group, before.group, 'spec.group');
  check(names.plural, namesBefore.plural, 'spec.names.plural');
  return errors;
}

/** A version that objects may still be stored in must stay. */
function checkStoredVersions(status: unknown, versions: unknown): FieldError[] {
  const field = 'status.storedVersions';
  const stored = textsOf(asJsonObject(status).storedVersions);
  if (stored.length === 0) {
    return [invalidValue(field, null, 'must have at least one stored version')];
  }
  const names = listOf(versions).map(({ name }) => asText(name));
  return stored.flatMap((version, index) =>
    names.includes(version)
      ? []
      : [
          invalidValue(
            key(field, index),
            version,
            `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
          ),
        ],
  );
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(asJsonObject) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(asText) : [];
}

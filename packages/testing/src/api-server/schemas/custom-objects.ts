import { type ApiObject, type JsonObject } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { formatApiVersion, type ResourceType, showAs } from '../kinds/resource-type.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { checkValue } from './values/check-value.ts';
import { correlateField } from './values/correlation.ts';
import { checkEmbeddedObjects, readEmbeddedObjects } from './values/embedded-objects.ts';
import { fillDefaults } from './values/fill-defaults.ts';
import { checkListTypes } from './values/list-types.ts';
import { prune, pruneNulls } from './values/prune.ts';
import { checkByRules, hasRules } from './rules/rules.ts';
import { checkScaledFields } from './values/scaled-fields.ts';
import { propertyOf } from './schema.ts';

interface CustomObjectRead {
  readonly object: JsonObject;
  /** The paths of fields that the schema doesn't know. */
  readonly unknown: readonly string[];
}

/**
 * A custom object of a request as its version's schema has it.
 *
 * @throws EmbeddedObjectError when an object within it can't be one
 */
export function readCustomObject(
  { schemas }: ResourceType,
  version: string,
  object: JsonObject,
): CustomObjectRead {
  const schema = schemas?.get(version);
  const unknown: string[] = [];
  if (!schema) return { object, unknown };
  const pruned = pruneNulls(prune(object, schema, unknown), schema);
  unknown.sort();
  const read = readEmbeddedObjects(schema, pruned, unknown);
  return { object: fillDefaults(read, schema) as JsonObject, unknown };
}

/**
 * A stored object as it is read in a version: with the defaults of the version that it is stored in, and without what
 * the other one doesn't know.
 */
export function shownAs(type: ResourceType, version: string, stored: ApiObject): ApiObject {
  const { schemas } = type;
  if (!schemas) return showAs(type, version, stored);
  const apiVersion = formatApiVersion(type.group, version);
  const storedIn = schemas.get(stored.apiVersion.slice(type.group.length + 1));
  const read = storedIn
    ? (fillDefaults(pruneNulls(prune(stored, storedIn, []), storedIn), storedIn) as ApiObject)
    : stored;
  const schema = schemas.get(version);
  if (stored.apiVersion === apiVersion || !schema) return { ...read, apiVersion };
  return { ...pruneConverted(read, schema), apiVersion };
}

/** An object of any version as it is stored: without what the storage version doesn't know. */
export function storedForm(type: ResourceType, object: ApiObject): ApiObject {
  const schema = type.schemas?.get(type.storageVersion);
  return schema ? pruneConverted(object, schema) : object;
}

function pruneConverted(object: ApiObject, schema: Parameters<typeof prune>[1]): ApiObject {
  return pruneNulls(prune(object, schema, []), schema) as ApiObject;
}

/**
 * What is wrong with a custom object by the schema of the version that it is written in.
 *
 * @param old what it takes the place of, in the same version
 * @param subresource `status` when nothing but the status is written
 * @param warn hears of rules that stay broken
 */
export function checkCustomObject(
  type: ResourceType,
  version: string,
  object: ApiObject,
  old: ApiObject | undefined,
  subresource: string,
  warn: (text: string) => void,
): FieldError[] {
  const schema = type.schemas?.get(version);
  if (!schema) return [];
  const correlation = old && { schema, value: object, old };
  const errors: FieldError[] = [];
  if (subresource === 'status') {
    const ofStatus = propertyOf(schema, 'status');
    if (ofStatus && object.status !== undefined) {
      const before = correlateField(correlation, 'status');
      errors.push(...checkValue(ofStatus, object.status, 'status', before));
    }
  } else errors.push(...checkValue(schema, object, '', correlation));
  const scale = type.versions.find(({ name }) => name === version)?.scale;
  if (scale) errors.push(...checkScaledFields(scale, object, subresource));
  if (subresource !== 'status') errors.push(...checkEmbeddedObjects(schema, object));
  if (!old || checkListTypes(schema, old).length === 0) {
    errors.push(...checkListTypes(schema, object));
  }
  if (!hasRules(schema)) return errors;
  if (
    errors.some(({ reason }) => reason !== 'FieldValueInvalid' && reason !== 'FieldValueDuplicate')
  ) {
    const why =
      'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
    return [...errors, invalidValue('<nil>', null, why)];
  }
  return [
    ...errors,
    ...checkByRules(schema, object, correlation, ({ field, message }) =>
      warn(`${field}: ${message}`),
    ),
  ];
}

import { type ApiObject, asJsonObject, asText } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import type { NameRule, ResourceType } from '../kinds/resource-type.ts';
import { forbiddenValue, invalidValue, notNegative, required, tooLong } from './field-errors.ts';
import { checkLabels, checkName, labelKeyProblems } from './names.ts';

const maxAnnotationBytes = 256 * 1024;

/** What is wrong with an object's metadata, as any kind's is checked. */
export function checkMetadata(
  type: ResourceType,
  object: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  if (!old) {
    return [
      ...checkNames(object, type.nameRule),
      ...checkCommon(object),
      ...checkFinalizers(object),
      ...(type.custom ? [] : checkFinalizersAreKnown(object)),
    ];
  }
  const errors = [...checkNoNewFinalizers(object, old), ...checkCommon(object)];
  if (type.custom) return errors;
  // Said twice by the real server for built-in kinds, which check metadata once more on their own.
  return [...errors, ...errors, ...checkFinalizersAreKnown(object)];
}

function checkNames({ metadata: { name, generateName } }: ApiObject, rule: NameRule): FieldError[] {
  const errors: FieldError[] = [];
  if (generateName) {
    // A dash at its end is not one of the name's.
    const prefix = rule === 'pathSegment' ? generateName : generateName.replace(/-$/, 'a');
    errors.push(
      ...checkName(prefix, rule, 'metadata.generateName').map((error) => ({
        ...error,
        message: error.message.replace(JSON.stringify(prefix), () => JSON.stringify(generateName)),
      })),
    );
  }
  if (!name) return [...errors, required('metadata.name', 'name or generateName is required')];
  return [...errors, ...checkName(name, rule)];
}

function checkCommon({ metadata }: ApiObject): FieldError[] {
  return [
    ...notNegative('metadata.generation', metadata.generation),
    ...checkLabels(metadata.labels ?? {}),
    ...checkAnnotations(metadata.annotations ?? {}),
    ...checkOwners(metadata.ownerReferences ?? []),
  ];
}

function checkAnnotations(annotations: Readonly<Record<string, unknown>>): FieldError[] {
  const field = 'metadata.annotations';
  const errors = Object.keys(annotations).flatMap((key) =>
    labelKeyProblems(key.toLowerCase()).map((why) => invalidValue(field, key, why)),
  );
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(asText(value)),
    0,
  );
  return size > maxAnnotationBytes ? [...errors, tooLong(field, maxAnnotationBytes)] : errors;
}

function checkOwners(references: readonly unknown[]): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  let controller = '';
  for (const reference of references) {
    const { apiVersion, kind, name, uid, controller: controls } = asJsonObject(reference);
    const version = asText(apiVersion);
    if (version === '' || version.split('/').length > 2) {
      errors.push(invalidValue(`${field}.apiVersion`, version, 'version must not be empty'));
    }
    for (const [key, value] of Object.entries({ kind, name, uid })) {
      if (!value) errors.push(invalidValue(`${field}.${key}`, '', 'must not be empty'));
    }
    if (version === 'v1' && kind === 'Event') {
      errors.push(
        invalidValue(field, reference, '/v1, Kind=Event is disallowed from being an owner'),
      );
    }
    if (controls !== true) continue;
    const own = `${asText(kind)}/${asText(name)}`;
    if (controller) {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${own}`;
      errors.push(invalidValue(field, references, why));
    } else controller = own;
  }
  return errors;
}

function checkFinalizers({ metadata: { finalizers = [] } }: ApiObject): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) =>
    labelKeyProblems(finalizer).map((why) => invalidValue(field, finalizer, why)),
  );
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const why = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalidValue(field, finalizers, why));
  }
  return errors;
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function checkFinalizersAreKnown({ metadata: { finalizers = [] } }: ApiObject): FieldError[] {
  const why = 'name is neither a standard finalizer name nor is it fully qualified';
  return finalizers.flatMap((finalizer, index) =>
    finalizer.includes('/') || standardFinalizers.includes(finalizer)
      ? []
      : [invalidValue(`metadata.finalizers[${index}]`, finalizer, why)],
  );
}

function checkNoNewFinalizers({ metadata }: ApiObject, old: ApiObject): FieldError[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const before = old.metadata.finalizers ?? [];
  const added = (metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return [];
  const shown = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
  return [forbiddenValue('metadata.finalizers', why)];
}

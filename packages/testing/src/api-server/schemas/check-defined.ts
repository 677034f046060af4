import { type ApiObject, asJsonObject } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import type { WriteTarget } from '../writes/write-options.ts';
import { checkCustomObject } from './custom-objects.ts';
import { checkDefinition } from './definitions/definition-checks.ts';
import { isKnownFormat } from './values/formats.ts';
import { partsOf, type Schema } from './schema.ts';

/**
 * What is wrong with a definition, or with an object of one by the schema of the version that it is written in; nothing
 * for other kinds.
 *
 * @param old what it takes the place of, in the same version
 * @param subresource `status` when nothing but the status is written
 * @param warn hears of what is let pass
 */
export function checkDefined(
  { resource: { type }, version }: Pick<WriteTarget, 'resource' | 'version'>,
  object: ApiObject,
  old: ApiObject | undefined,
  subresource: string,
  warn: (text: string) => void = () => {},
): FieldError[] {
  if (type.custom && subresource === '') warnOfFinalizers(object, old, warn);
  if (type !== customResourceDefinitions) {
    return checkCustomObject(type, version, object, old, subresource, warn);
  }
  if (subresource !== '') return [];
  const before = old ? formatsOf(old) : [];
  for (const format of formatsOf(object)) {
    if (!before.includes(format)) warn(`unrecognized format ${JSON.stringify(format)}`);
  }
  return checkDefinition(object, old);
}

const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Finalizers of custom objects should say whose they are. */
function warnOfFinalizers(
  { metadata }: ApiObject,
  old: ApiObject | undefined,
  warn: (text: string) => void,
): void {
  const before = old?.metadata.finalizers ?? [];
  for (const finalizer of (metadata.finalizers ?? []).toSorted()) {
    if (before.includes(finalizer) || finalizer.includes('/')) continue;
    if (standardFinalizers.has(finalizer)) continue;
    const path = finalizer.includes('.') ? ' including a path (/)' : '';
    warn(
      `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
    );
  }
}

/** The formats of a definition's schemas that say nothing. */
function formatsOf({ spec }: ApiObject): string[] {
  const { versions } = asJsonObject(spec);
  return (Array.isArray(versions) ? versions : []).flatMap((version: unknown) => {
    const { openAPIV3Schema } = asJsonObject(asJsonObject(version).schema);
    return openAPIV3Schema ? unknownFormats(openAPIV3Schema) : [];
  });
}

function unknownFormats(schema: Schema): string[] {
  const { type, format } = schema;
  return [
    ...(format && !isKnownFormat(type, format) ? [format] : []),
    ...partsOf(schema, '').flatMap(({ schema: part }) => unknownFormats(part)),
  ];
}

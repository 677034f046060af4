import { asJsonObject, type ApiObject, jsonEquals } from '../http/api-object.ts';
import { isEmptySelector, selectsLabels } from '../reads/selector-objects.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { checkDefinition } from '../kinds/custom-resources.ts';
import { checkLabels, checkName } from './names.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import type { FieldError } from '../http/status.ts';

/**
 * What is wrong with an object that is about to be stored: its name, its labels, and of the specs only what a
 * controller is likely to trip over.
 */
export function validateObject(
  type: ResourceType,
  object: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  const { name, labels } = object.metadata;
  const errors: FieldError[] = [];
  if (!old) {
    errors.push(
      ...(name
        ? checkName(name, type.nameRule)
        : [required('metadata.name', 'name or generateName is required')]),
    );
  }
  if (labels) errors.push(...checkLabels(labels));
  // Said twice by the real server for built-in kinds, which check metadata once more on their own.
  if (old) errors.push(...checkFinalizers(object, old));
  if (old && !type.custom) errors.push(...checkFinalizers(object, old));
  if (!type.custom) {
    if (type.group === 'apps') errors.push(...checkWorkload(object, old));
    if (type === customResourceDefinitions) errors.push(...checkDefinition(object));
    if (type.kind === 'Service') errors.push(...checkPorts(object));
    if (type.kind === 'ConfigMap' || type.kind === 'Secret') errors.push(...checkData(object, old));
    if (type.kind === 'Pod' && !old) errors.push(...checkContainers(object.spec, 'spec'));
  }
  return errors;
}

function required(field: string, why = ''): FieldError {
  return {
    reason: 'FieldValueRequired',
    message: why ? `Required value: ${why}` : 'Required value',
    field,
  };
}

function checkFinalizers({ metadata }: ApiObject, old: ApiObject): FieldError[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const before = old.metadata.finalizers ?? [];
  const added = (metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return [];
  const shown = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  return [
    {
      reason: 'FieldValueForbidden',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
      field: 'metadata.finalizers',
    },
  ];
}

/** What is marked as immutable stays so, and keeps its data; no key is there twice. */
function checkData(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (old?.immutable === true) {
    for (const field of ['immutable', 'data', 'binaryData']) {
      if (jsonEquals(old[field], object[field])) continue;
      errors.push({
        reason: 'FieldValueForbidden',
        message: 'Forbidden: field is immutable when `immutable` is set',
        field,
      });
    }
  }
  const binary = asJsonObject(object.binaryData);
  for (const key of Object.keys(asJsonObject(object.data))) {
    if (!Object.hasOwn(binary, key)) continue;
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(key)}: duplicate of key present in binaryData`,
      field: `data[${key}]`,
    });
  }
  return errors;
}

function checkWorkload(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const { selector, template } = asJsonObject(object.spec);
  const labels = asJsonObject(asJsonObject(template).metadata).labels;
  const errors: FieldError[] = [];
  if (selector === undefined || selector === null) errors.push(required('spec.selector'));
  if (isEmptySelector(selector) || !selectsLabels(selector, labels)) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(labels ?? null)}: \`selector\` does not match template \`labels\``,
      field: 'spec.template.metadata.labels',
    });
  }
  errors.push(...checkContainers(asJsonObject(template).spec, 'spec.template.spec'));
  if (old && !jsonEquals(asJsonObject(old.spec).selector, selector)) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(selector ?? null)}: field is immutable`,
      field: 'spec.selector',
    });
  }
  return errors;
}

function checkContainers(spec: unknown, field: string): FieldError[] {
  const { containers } = asJsonObject(spec);
  return Array.isArray(containers) && containers.length > 0
    ? []
    : [required(`${field}.containers`)];
}

/** A service of names alone, or without an address, needs no ports. */
function checkPorts(object: ApiObject): FieldError[] {
  const { ports, type, clusterIP } = asJsonObject(object.spec);
  const needsNone = type === 'ExternalName' || clusterIP === 'None';
  return needsNone || (Array.isArray(ports) && ports.length > 0) ? [] : [required('spec.ports')];
}

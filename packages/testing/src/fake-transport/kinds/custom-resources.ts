import { isDeepStrictEqual } from 'node:util';

import { groupVersionKindKey, invalidInput, type KubernetesObject } from '@depwatch/core';

import { isJsonObject, type JsonObject } from '../../api-server/http/api-object.ts';
import { checkKind, type DefinedKind, type KindDefinition } from './kinds.ts';
import type { Change } from '../objects/object-history.ts';

const storage = 'apiextensions.k8s.io/customresourcedefinitions';

/** Whether an object is one that defines kinds. */
export function isDefinition({ apiVersion, kind }: KubernetesObject): boolean {
  return kind === 'CustomResourceDefinition' && apiVersion === 'apiextensions.k8s.io/v1';
}

/**
 * Checks a CustomResourceDefinition, before it is stored.
 *
 * @throws DepwatchError ERR_INVALID_INPUT naming the field that is missing or wrong
 */
export function checkDefinition(object: KubernetesObject): void {
  if (isDefinition(object)) for (const kind of kindsOf(object)) checkKind(kind);
}

/** What a write of a CustomResourceDefinition does to the kinds that are served; nothing for any other write. */
export function changesOfKinds({ storage: written, before, after }: Change): {
  readonly gone: readonly KindDefinition[];
  readonly come: readonly DefinedKind[];
} {
  if (written !== storage) return { gone: [], come: [] };
  const old = before ? kindsOf(before) : [];
  const now = after ? kindsOf(after) : [];
  const keys = new Set(now.map(groupVersionKindKey));
  return {
    gone: old.filter((kind) => !keys.has(groupVersionKindKey(kind))),
    come: now.filter((kind) => !old.some((one) => isDeepStrictEqual(one, kind))),
  };
}

/** The kinds that a CustomResourceDefinition defines: one for each version that it serves; none without a spec. */
function kindsOf(definition: KubernetesObject): DefinedKind[] {
  const given = (definition as { spec?: unknown }).spec ?? undefined;
  if (given === undefined) return [];
  const spec = objectAt('spec', given);
  const group = textAt('spec.group', spec.group, 'example.com');
  const names = objectAt('spec.names', spec.names);
  const kind = textAt('spec.names.kind', names.kind, 'Widget');
  const plural = textAt('spec.names.plural', names.plural, 'widgets');
  const { scope, versions = [] } = spec;
  if (scope !== 'Namespaced' && scope !== 'Cluster') {
    throw invalidInput('spec.scope: must be "Namespaced" or "Cluster"');
  }
  if (!Array.isArray(versions)) throw invalidInput('spec.versions: must be a list');
  const common = { group, kind, plural, namespaced: scope === 'Namespaced' };
  return versions.flatMap((one: unknown, index) => {
    const { served, ...version } = versionOf(`spec.versions[${index}]`, one);
    return served ? [{ ...common, ...version }] : [];
  });
}

function versionOf(field: string, given: unknown) {
  const version = objectAt(field, given);
  const subresources = objectAt(`${field}.subresources`, version.subresources ?? {});
  const { openAPIV3Schema } = objectAt(`${field}.schema`, version.schema ?? {});
  return {
    version: textAt(`${field}.name`, version.name, 'v1'),
    served: version.served === true,
    subresources: ['status', 'scale'].filter((part) => isJsonObject(subresources[part])),
    schema: openAPIV3Schema,
  };
}

function objectAt(field: string, value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalidInput(`${field}: must be an object`);
}

function textAt(field: string, value: unknown, example: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidInput(`${field}: must be set, for example ${JSON.stringify(example)}`);
}

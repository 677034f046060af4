import { isDeepStrictEqual } from 'node:util';

import { groupVersionKindKey, invalidInput, type KubernetesObject } from '@depwatch/core';

import { checkKind, type KindDefinition } from './kinds.ts';
import type { Change } from './object-history.ts';

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
  readonly come: readonly KindDefinition[];
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

interface Definition extends KubernetesObject {
  spec?: {
    group?: string;
    scope?: string;
    names?: { kind?: string; plural?: string };
    versions?: readonly {
      name?: string;
      served?: boolean;
      subresources?: { status?: object; scale?: object };
    }[];
  };
}

/** The kinds that a CustomResourceDefinition defines: one for each version that it serves; none without a spec. */
function kindsOf(definition: KubernetesObject): KindDefinition[] {
  const { spec } = definition as Definition;
  if (!spec) return [];
  const { group, scope, names, versions = [] } = spec;
  const { kind, plural } = names ?? {};
  if (!group) throw missing('spec.group', 'example.com');
  if (!kind) throw missing('spec.names.kind', 'Widget');
  if (!plural) throw missing('spec.names.plural', 'widgets');
  if (scope !== 'Namespaced' && scope !== 'Cluster') {
    throw invalidInput('spec.scope: must be "Namespaced" or "Cluster"');
  }
  return versions
    .filter(({ served }) => served)
    .map(({ name, subresources = {} }) => {
      if (!name) throw missing('spec.versions.name', 'v1');
      return {
        group,
        version: name,
        kind,
        plural,
        namespaced: scope === 'Namespaced',
        subresources: ['status', 'scale'].filter((part) => part in subresources),
      };
    });
}

function missing(field: string, example: string): Error {
  return invalidInput(`${field}: must be set, for example ${JSON.stringify(example)}`);
}

import {
  type ApiResource,
  formatGroupVersion,
  type GroupVersionKind,
  groupVersionKindKey,
  invalidInput,
  type ScopedGVR,
  validateQuery,
} from '@depwatch/core';

import { allVerbs } from '../../api-server/kinds/built-in-resources.ts';
import { isBuiltIn } from './built-in-kinds.ts';

/** A kind that an API server serves: one of its own, or one that a CustomResourceDefinition adds. */
export interface KindDefinition extends GroupVersionKind {
  /** The name in URLs. Default: the kind in lower case with an English plural ending (`policies`, `ingresses`). */
  plural?: string;
  /** Whether its objects live in namespaces. Default true. */
  namespaced?: boolean;
  /** What may be done with it. Default: everything, `list` and `watch` included. */
  verbs?: readonly string[];
  /**
   * Its parts with an address of their own: `status` (which writes of the rest leave alone then), `scale` (of
   * `spec.replicas`), `eviction` and `binding` (of a pod), `token`. Default `['status']`.
   */
  subresources?: readonly string[];
  /** Whether an update may leave out the resourceVersion, as for most kinds of Kubernetes itself. Default false. */
  unconditionalUpdate?: boolean;
}

/** A kind with what a CustomResourceDefinition says of its objects. */
export interface DefinedKind extends KindDefinition {
  schema?: unknown;
}

/** One served kind. Versions of one resource share their objects, so these are kept under `storage`. */
export interface ServedKind {
  readonly gvk: Readonly<GroupVersionKind>;
  readonly resource: Readonly<ApiResource>;
  readonly storage: string;
  readonly subresources: readonly string[];
  readonly unconditionalUpdate: boolean;
  /** Whether it is one of Kubernetes itself, whose fields are known. */
  readonly builtIn: boolean;
  /** The schema of its definition; undefined where there is none, which may hold anything. */
  readonly schema: unknown;
  /** Versions before this one can't be watched from: what a server keeps of the past begins when it begins to serve. */
  readonly since: number;
}

/** The kinds that are served at the moment. */
export class Kinds {
  readonly #byKind = new Map<string, ServedKind>();
  readonly #byResource = new Map<string, ServedKind>();

  /** Serves a kind from now on, at version `since` of the state; one that is served already is replaced. */
  register(definition: DefinedKind, since = 0): ServedKind {
    checkKind(definition);
    const { schema, group = '', version, kind } = definition;
    const plural = definition.plural ?? pluralOf(kind);
    const served: ServedKind = {
      gvk: { group, version, kind },
      resource: {
        group,
        version,
        resource: plural,
        namespaced: definition.namespaced ?? true,
        verbs: Object.freeze([...(definition.verbs ?? allVerbs)]),
      },
      storage: `${group}/${plural}`,
      subresources: definition.subresources ?? ['status'],
      unconditionalUpdate: definition.unconditionalUpdate ?? false,
      builtIn: isBuiltIn(group, kind),
      schema,
      since,
    };
    this.unregister(served.gvk);
    this.#byKind.set(groupVersionKindKey(served.gvk), served);
    this.#byResource.set(resourceKey(served.resource), served);
    return served;
  }

  /** Serves a kind no longer; returns it, or undefined where it wasn't served. */
  unregister(gvk: GroupVersionKind): ServedKind | undefined {
    validateKind(gvk);
    const served = this.byKind(gvk);
    if (!served) return undefined;
    this.#byKind.delete(groupVersionKindKey(served.gvk));
    this.#byResource.delete(resourceKey(served.resource));
    return served;
  }

  byKind(gvk: GroupVersionKind): ServedKind | undefined {
    return this.#byKind.get(groupVersionKindKey(gvk));
  }

  byResource(gvr: ScopedGVR): ServedKind | undefined {
    return this.#byResource.get(resourceKey(gvr));
  }

  /** Whether any version of a resource is served. */
  serves(storage: string): boolean {
    return [...this.#byKind.values()].some((served) => served.storage === storage);
  }
}

/** @throws DepwatchError ERR_INVALID_INPUT naming the field that is wrong */
export function checkKind(definition: KindDefinition): void {
  validateKind(definition);
  const { plural, namespaced, verbs, subresources } = definition;
  if (
    plural !== undefined &&
    (typeof plural !== 'string' || !/^[a-z0-9][-a-z0-9.]*$/.test(plural))
  ) {
    throw invalidInput(
      `plural: ${JSON.stringify(plural)} is no name of a resource, such as "configmaps"`,
    );
  }
  if (namespaced !== undefined && typeof namespaced !== 'boolean') {
    throw invalidInput('namespaced: must be true or false');
  }
  for (const [field, list] of Object.entries({ verbs, subresources })) {
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) {
      throw invalidInput(`${field}: must be a list of strings`);
    }
  }
}

function validateKind(gvk: GroupVersionKind): void {
  if (typeof gvk !== 'object' || gvk === null) {
    throw invalidInput('kind: expected an object with version and kind');
  }
  const { group, version, kind } = gvk;
  validateQuery({ ...(group !== undefined && { group }), version, kind });
}

function resourceKey({ group, version, resource }: ScopedGVR): string {
  return `${formatGroupVersion({ group, version, kind: '' })}/${resource}`;
}

/** As Kubernetes guesses it (`meta.UnsafeGuessKindToResource`). */
function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}

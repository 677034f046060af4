import { type ApiObject, asJsonObject, asText } from '../http/api-object.ts';
import type { ResourceType, Subresource } from './resource-type.ts';

/** What is particular about a built-in kind; whatever is left out is what most kinds have. */
export interface BuiltInKind extends Partial<
  Pick<
    ResourceType,
    | 'namespaced'
    | 'shortNames'
    | 'categories'
    | 'verbs'
    | 'nameRule'
    | 'generation'
    | 'fieldRefusal'
    | 'unconditionalUpdate'
    | 'createOnUpdate'
    | 'deleteReturnsObject'
    | 'deprecation'
    | 'view'
  >
> {
  readonly resource: string;
  readonly kind: string;
  /** Whether it has a status with a subresource of its own. */
  readonly status?: boolean;
  /** Whether it has the subresource scale. */
  readonly scale?: boolean;
  /** Subresources that something is posted to. */
  readonly actions?: readonly Omit<Subresource, 'verbs'>[];
  readonly fields?: Readonly<Record<string, (object: ApiObject) => string>>;
}

/** The built-in kinds of a group, in its one version. */
export interface BuiltInGroup {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly BuiltInKind[];
}

/** Reads a string below the object; absent is `""`, as a field selector sees it. */
export function field(...path: readonly string[]): (object: ApiObject) => string {
  return (object) => {
    let value: unknown = object;
    for (const key of path) value = asJsonObject(value)[key];
    return asText(value);
  };
}

/** The same with what an absent one stands for. */
export function fieldOr(
  fallback: string,
  ...path: readonly string[]
): (object: ApiObject) => string {
  const read = field(...path);
  return (object) => read(object) || fallback;
}

/** Kinds that `kubectl get all` shows. */
export const all = { categories: ['all'] };
/** Kinds that live in no namespace. */
export const cluster = { namespaced: false };
/** Kinds that are not updated without a version. */
export const strict = { unconditionalUpdate: false };
/** Kinds that extend the API. */
export const extension = { ...cluster, categories: ['api-extensions'] };

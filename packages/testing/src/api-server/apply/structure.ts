/**
 * What an object of a kind is made of, as far as merging it needs to know: a value may be one of what stands here. The
 * terms are those of structured merge: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export interface Structure {
  readonly scalar?: 'string' | 'numeric' | 'boolean' | 'untyped';
  readonly list?: ListStructure;
  readonly map?: MapStructure;
}

/** A list: one value (`atomic`), values that are there or not (`set`), or elements that are told apart by keys (`map`). */
export interface ListStructure {
  readonly type: 'atomic' | 'set' | 'map';
  readonly element: Structure;
  /** The fields that tell elements apart, each with the value that stands for it where it is left out; null: none. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/** A map, or an object with named fields. */
export interface MapStructure {
  readonly atomic: boolean;
  /** A named field; undefined when there is none of this name. */
  field(name: string): Structure | undefined;
  /** What keys without a name of their own hold; undefined when there may be none. */
  readonly element?: Structure | undefined;
}

/** Whatever it may be, as one value. */
export const opaque: Structure = {
  scalar: 'untyped',
  get list() {
    return { type: 'atomic' as const, element: opaque, keys: {} };
  },
  get map() {
    return { atomic: true, field: () => undefined, element: opaque };
  },
};

/** Whatever it may be: maps by their keys, lists as one value. */
export const deduced: Structure = {
  scalar: 'untyped',
  get list() {
    return { type: 'atomic' as const, element: opaque, keys: {} };
  },
  get map() {
    return { atomic: false, field: () => undefined, element: deduced };
  },
};

/** How a value is looked at: as which of the things that its structure allows; null and what is wrong, as the first. */
export type Shape =
  | { readonly kind: 'scalar' }
  | { readonly kind: 'list'; readonly list: ListStructure }
  | { readonly kind: 'map'; readonly map: MapStructure };

/** @param value undefined where there is none */
export function shapeOf({ scalar, list, map }: Structure, value: unknown): Shape {
  if (Array.isArray(value)) {
    if (list) return { kind: 'list', list };
  } else if (typeof value === 'object' && value !== null) {
    if (map) return { kind: 'map', map };
  } else if (value !== undefined && value !== null && scalar) {
    return { kind: 'scalar' };
  }
  if (map) return { kind: 'map', map };
  return scalar || !list ? { kind: 'scalar' } : { kind: 'list', list };
}

/** What a key of a map holds; undefined when the map knows no such key. */
export function structureAt(map: MapStructure, key: string): Structure | undefined {
  return map.field(key) ?? map.element;
}

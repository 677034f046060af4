import type { ApiObject } from '../http/api-object.ts';

/** Which rule a kind's names follow. */
export type NameRule = 'dnsSubdomain' | 'dnsLabel' | 'pathSegment';

/** A resource that the server serves: a built-in one, or one of a CustomResourceDefinition. */
export interface ResourceType {
  /** `""` for the core group. */
  readonly group: string;
  /** The plural name in URLs. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** As discovery lists them, in its order. */
  readonly verbs: readonly string[];
  /** What it is served as, the preferred version first. */
  readonly versions: readonly ResourceVersion[];
  /** The version that objects are stored in; the others differ in nothing but the name. */
  readonly storageVersion: string;
  /** Whether it comes from a CustomResourceDefinition. */
  readonly custom: boolean;
  readonly nameRule: NameRule;
  /** What an update of the object itself, not of its status, counts up `metadata.generation` for. */
  readonly generation: 'none' | 'spec' | 'specAndAnnotations' | 'allButMetadataAndStatus';
  /** Whether an update of the object leaves its `status` alone, which has a subresource for that. */
  readonly hasStatus: boolean;
  /** What a field selector may name beside metadata.name and metadata.namespace, and how it is read. */
  readonly fields: ReadonlyMap<string, (object: ApiObject) => string>;
  /** Whether the group's own decoder words its refusal of an unknown field label. */
  readonly fieldRefusal: 'notSupported' | 'notKnown';
  /** Whether a PUT may leave out the resourceVersion. */
  readonly unconditionalUpdate: boolean;
}

/** One version of a resource. */
export interface ResourceVersion {
  readonly name: string;
  readonly hasStatus: boolean;
}

/** The key that stands for a resource in maps: all its versions share it. */
export function resourceKey({
  group,
  resource,
}: {
  readonly group: string;
  readonly resource: string;
}): string {
  return `${group}/${resource}`;
}

/** `v1`, `apps/v1`. */
export function formatApiVersion(group: string, version: string): string {
  return group ? `${group}/${version}` : version;
}

/** Whether its objects are stored; those of the rest are questions, answered when they are created. */
export function isStored({ verbs }: ResourceType): boolean {
  return verbs.includes('get');
}

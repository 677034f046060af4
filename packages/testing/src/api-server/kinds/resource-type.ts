import type { ApiObject, JsonObject } from '../http/api-object.ts';
import type { Schema } from '../schemas/schema.ts';
import type { PrinterColumn } from './columns.ts';

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
  /** The version that objects are stored in. */
  readonly storageVersion: string;
  /** Whether it comes from a CustomResourceDefinition. */
  readonly custom: boolean;
  readonly nameRule: NameRule;
  /** What an update of the object itself, not of its status, counts up `metadata.generation` for. */
  readonly generation:
    | 'none'
    | 'spec'
    | 'specAndAnnotations'
    | 'allButMetadataAndStatus'
    | 'allAndLabels';
  /** Whether an update of the object leaves its `status` alone, which has a subresource for that. */
  readonly hasStatus: boolean;
  /** What a field selector may name beside metadata.name and metadata.namespace, and how it is read. */
  readonly fields: ReadonlyMap<string, (object: ApiObject) => string>;
  /** Whether the group's own decoder words its refusal of an unknown field label. */
  readonly fieldRefusal: 'notSupported' | 'notKnown';
  /** Whether a PUT may leave out the resourceVersion. */
  readonly unconditionalUpdate: boolean;
  /** Whether a PUT creates the object that isn't there. */
  readonly createOnUpdate: boolean;
  /** Whether a delete is answered with the object; else with a Status. */
  readonly deleteReturnsObject: boolean;
  /** What every request for it is warned of. */
  readonly deprecation?: string;
  /** Set where its objects are those of another resource. */
  readonly view?: ObjectView;
  /** The schemas of a definition's versions by their names, also of those that aren't served. */
  readonly schemas?: ReadonlyMap<string, Schema>;
}

/** Another resource's objects seen in another form. */
export interface ObjectView {
  /** Whose objects they are, and as what they are stored. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  /** A stored object in this form. */
  show(object: ApiObject): ApiObject;
  /** An object of this form as it is stored. */
  store(object: JsonObject): JsonObject;
}

/** Where the replicas of an object stand, as paths such as `spec.replicas`. */
export interface ScalePaths {
  readonly spec: string;
  readonly status: string;
  /** Of a text that selects the pods; default: the selector of a workload's spec. */
  readonly selector?: string;
}

/** What stands below an object's URL, as discovery describes it. */
export interface Subresource {
  readonly name: string;
  /** Of its kind, where that isn't the resource's own. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** One version of a resource. */
export interface ResourceVersion {
  readonly name: string;
  readonly hasStatus: boolean;
  readonly subresources: readonly Subresource[];
  /** Where replicas stand, when there is the subresource scale. */
  readonly scale?: ScalePaths;
  /** What a definition has printed of its objects. */
  readonly columns?: readonly PrinterColumn[];
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

/** What stands below the objects of a version. */
export function subresourcesOf(
  { versions }: ResourceType,
  version: string,
): readonly Subresource[] {
  return versions.find(({ name }) => name === version)?.subresources ?? [];
}

/** An object as a version of a resource shows it. */
export function showAs(type: ResourceType, version: string, object: ApiObject): ApiObject {
  if (type.view) return type.view.show(object);
  if (version === type.storageVersion) return object;
  return { ...object, apiVersion: formatApiVersion(type.group, version) };
}

/** `v1`, `apps/v1`. */
export function formatApiVersion(group: string, version: string): string {
  return group ? `${group}/${version}` : version;
}

/** Whether its objects are stored; those of the rest are questions, answered when they are created. */
export function isStored({ verbs }: ResourceType): boolean {
  return verbs.includes('get');
}

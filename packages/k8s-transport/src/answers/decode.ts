import type {
  GroupVersionKind,
  KubernetesObject,
  KubernetesStatus,
  WatchEvent,
} from '@depwatch/core';
import { formatGroupVersion } from '@depwatch/core';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const initialEventsEnd = 'k8s.io/initial-events-end';

/** What objects are made into. */
export interface ObjectShape {
  readonly apiVersion: string;
  readonly kind: string;
  /** Keep `metadata` alone. */
  readonly metadataOnly: boolean;
}

/** The shape of the objects of one kind. */
export function shapeOf(gvk: GroupVersionKind, metadataOnly = false): ObjectShape {
  return { apiVersion: formatGroupVersion(gvk), kind: gvk.kind, metadataOnly };
}

/**
 * Makes a parsed object what a Transport promises: with the apiVersion and kind of its query, whatever the server left
 * out or (for PartialObjectMetadata) put there, and without managedFields and the last-applied annotation, which can
 * hold a Secret's data.
 *
 * @param value parsed JSON; changed in place
 * @returns undefined when it is no object
 */
export function decodeObject(value: unknown, shape: ObjectShape): KubernetesObject | undefined {
  if (!isObject(value)) return undefined;
  const { metadata } = value;
  if (isObject(metadata)) {
    // The last field, so that V8 keeps the object's fast layout.
    if (metadata['managedFields'] !== undefined) delete metadata['managedFields'];
    const { annotations } = metadata;
    if (isObject(annotations) && annotations[lastApplied] !== undefined)
      delete annotations[lastApplied];
  }
  if (shape.metadataOnly) {
    const { apiVersion, kind } = shape;
    return isObject(metadata) ? { apiVersion, kind, metadata } : { apiVersion, kind };
  }
  value['apiVersion'] = shape.apiVersion;
  value['kind'] = shape.kind;
  return value;
}

/** A line of a watch: an event, or the Status of an ERROR event. */
export type DecodedLine =
  | WatchEvent
  | { readonly type: 'ERROR'; readonly status: KubernetesStatus };

/**
 * Decodes one parsed line of a watch.
 *
 * @returns null for a bookmark that marks nothing, undefined for what no watch may hold
 */
export function decodeLine(value: unknown, shape: ObjectShape): DecodedLine | null | undefined {
  if (!isObject(value)) return undefined;
  const { type } = value;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const object = decodeObject(value['object'], shape);
      return object && { type, object };
    }
    case 'BOOKMARK':
      return decodeBookmark(value['object']);
    case 'ERROR':
      return isStatus(value['object']) ? { type, status: value['object'] } : undefined;
    default:
      return undefined;
  }
}

function decodeBookmark(object: unknown): WatchEvent | null | undefined {
  if (!isObject(object)) return undefined;
  const { resourceVersion, annotations } = isObject(object['metadata']) ? object['metadata'] : {};
  const version = typeof resourceVersion === 'string' ? resourceVersion : '';
  if (isObject(annotations) && annotations[initialEventsEnd] === 'true')
    return { type: 'BOOKMARK', resourceVersion: version, initialEventsEnd: true };
  // Some servers send bookmarks without a version; there is nothing to resume from.
  return version === '' ? null : { type: 'BOOKMARK', resourceVersion: version };
}

function isStatus(value: unknown): value is KubernetesStatus {
  return isObject(value) && (value['kind'] === undefined || value['kind'] === 'Status');
}

/** Whether a parsed JSON value is an object, not null and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

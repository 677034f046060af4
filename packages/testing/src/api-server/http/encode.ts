import type { ApiObject } from './api-object.ts';
import { formatApiVersion, type ResourceType } from '../kinds/resource-type.ts';
import { shownAs } from '../schemas/custom-objects.ts';
import type { StoredObject } from '../store/store.ts';
import { tableOf } from './table.ts';

/** What an object is sent as: whole, with its metadata alone, or as a row of a table. */
export type Representation = 'full' | 'metadata' | 'table';

/** How the objects of one answer are written: as which version, and how much of them. */
export interface Encoding {
  readonly type: ResourceType;
  readonly version: string;
  readonly representation: Representation;
}

/** By type, since the same object looks different once its definition has another schema; and by version. */
const cache = new WeakMap<ResourceType, Map<string, WeakMap<StoredObject, string>>>();

function cacheOf({ type, version }: Encoding): WeakMap<StoredObject, string> {
  let ofType = cache.get(type);
  if (!ofType) cache.set(type, (ofType = new Map()));
  let ofVersion = ofType.get(version);
  if (!ofVersion) ofType.set(version, (ofVersion = new WeakMap()));
  return ofVersion;
}

/** The JSON text of an object, as a GET or a watch event shows it. */
export function encodeObject(stored: StoredObject, encoding: Encoding): string {
  const { type, version, representation } = encoding;
  if (representation === 'metadata') return encodeMetadata(stored.object);
  if (representation === 'table') {
    const { resourceVersion } = stored.object.metadata;
    return encodeTable([stored], { resourceVersion }, encoding);
  }
  const texts = cacheOf(encoding);
  let text = texts.get(stored);
  if (text === undefined) {
    texts.set(stored, (text = encodeFull(shownAs(type, version, stored.object))));
  }
  return text;
}

/** The same within a list, where objects of built-in kinds don't repeat their kind. */
export function encodeItem(stored: StoredObject, encoding: Encoding): string {
  if (encoding.type.custom || encoding.representation === 'metadata') {
    return encodeObject(stored, encoding);
  }
  const object = shownAs(encoding.type, encoding.version, stored.object);
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return JSON.stringify(rest);
}

/** A whole list. */
export function encodeList(
  items: readonly StoredObject[],
  metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  },
  encoding: Encoding,
): string {
  const { type, version, representation } = encoding;
  if (representation === 'table') return encodeTable(items, metadata, encoding);
  const texts = items.map((stored) => encodeItem(stored, encoding)).join(',');
  if (representation === 'metadata') {
    return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"items":[${texts}]}`;
  }
  const apiVersion = JSON.stringify(formatApiVersion(type.group, version));
  if (type.custom) {
    // A list of custom resources is a map to the real server, written in the order of its keys.
    const { resourceVersion, remainingItemCount } = metadata;
    const listMetadata = JSON.stringify({
      continue: metadata.continue ?? '',
      ...(remainingItemCount !== undefined && { remainingItemCount }),
      resourceVersion,
    });
    return `{"apiVersion":${apiVersion},"items":[${texts}],"kind":${JSON.stringify(type.listKind)},"metadata":${listMetadata}}`;
  }
  return `{"kind":${JSON.stringify(type.listKind)},"apiVersion":${apiVersion},"metadata":${JSON.stringify(metadata)},"items":[${texts}]}`;
}

/** A line of a watch that brings an object. */
export function encodeEvent(
  type: 'ADDED' | 'MODIFIED' | 'DELETED',
  stored: StoredObject,
  encoding: Encoding,
): Buffer {
  return Buffer.from(`{"type":"${type}","object":${encodeObject(stored, encoding)}}\n`);
}

/** A line of a watch that brings a version alone. */
export function encodeBookmark(
  resourceVersion: string,
  initialEventsEnd: boolean,
  { type, version, representation }: Encoding,
): Buffer {
  const metadata = initialEventsEnd
    ? { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } }
    : { resourceVersion };
  if (representation === 'table') {
    const table = encodeTable([], metadata, { type, version, representation });
    return Buffer.from(`{"type":"BOOKMARK","object":${table}}\n`);
  }
  const object =
    representation === 'metadata'
      ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
      : { kind: type.kind, apiVersion: formatApiVersion(type.group, version), metadata };
  return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
}

/** A line of a watch that ends it with a failure. */
export function encodeErrorEvent(status: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
}

function encodeTable(
  items: readonly StoredObject[],
  metadata: object,
  { type, version }: Encoding,
): string {
  const objects = items.map(({ object }) => shownAs(type, version, object));
  const printed = type.versions.find(({ name }) => name === version)?.columns;
  return JSON.stringify(tableOf(type, objects, metadata, printed, new Date()));
}

function encodeFull(object: ApiObject): string {
  return JSON.stringify(object);
}

function encodeMetadata({ metadata }: ApiObject): string {
  return JSON.stringify({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
  });
}

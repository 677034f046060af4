import {
  type ApiMetadata,
  type ApiObject,
  asJsonObject,
  isJsonObject,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import { formatApiVersion, type ResourceType, showAs } from '../kinds/resource-type.ts';
import { encodeTyped, sortKeys } from '../kinds/typed-encoding.ts';
import { builtInStructure, emptyObject } from './built-in-structure.ts';
import { customStructure } from './custom-structure.ts';
import { managersAfterUpdate, type Managed } from './field-management.ts';
import { type FieldSet, hasField } from './field-set.ts';
import type { FieldWriter, ManagedFieldsEntry } from './managed-fields.ts';
import type { Structure } from './structure.ts';

/** A write, as far as who owns which fields depends on it. */
export interface TrackedWrite {
  readonly type: ResourceType;
  /** The version in which it is written. */
  readonly version: string;
  readonly subresource: string;
  /** `""` for nobody that is known. */
  readonly manager: string;
  readonly time: string | undefined;
}

/** What an object of a type is made of. */
export function structureOf(type: ResourceType, version: string): Structure {
  const { custom, group, kind, schemas } = type;
  if (!custom) return builtInStructure(group, kind);
  const schema = schemas?.get(version) ?? {};
  let structure = parsed.get(schema);
  if (!structure) parsed.set(schema, (structure = customStructure(schema)));
  return structure;
}

const parsed = new WeakMap<object, Structure>();

/** What a write by an address can't change, at the top of an object. */
export function ignoredFields({ hasStatus }: ResourceType, subresource: string): string[] {
  if (subresource === 'status') return ['metadata', 'spec'];
  return hasStatus ? ['status'] : [];
}

/** The writer of a write. */
export function writerOf(
  { type, version, subresource, manager, time }: TrackedWrite,
  operation: FieldWriter['operation'],
): FieldWriter {
  const apiVersion = formatApiVersion(type.group, version);
  return { manager: manager || 'unknown', operation, apiVersion, subresource, time };
}

/**
 * Who owns what of a new object.
 *
 * @param sent the object as the client sent it
 * @param stored the same with what the server has filled in
 */
export function managersOfCreate(
  write: TrackedWrite,
  sent: JsonObject,
  stored: ApiObject,
): readonly ManagedFieldsEntry[] {
  const { type, version, subresource } = write;
  const managed: Managed = {
    live: type.custom ? {} : emptyObject(type.group, type.kind),
    managers: sentManagers(sent) ?? [],
    structure: structureOf(type, version),
    ignored: ignoredFields(type, subresource),
  };
  const seen = withoutAssigned(type, sent, showAs(type, version, stored));
  return managersAfterUpdate(managed, seen, writerOf(write, 'Update'));
}

/** Who owns what after an update; whose fields nobody has kept track of stay so. */
export function managersOfUpdate(
  write: TrackedWrite,
  before: ApiObject,
  sent: JsonObject,
  after: ApiObject,
): readonly ManagedFieldsEntry[] {
  const { type, version, subresource } = write;
  const managers = (subresource === '' ? sentManagers(sent) : undefined) ?? managersOf(before);
  const tracked = subresource === 'scale' ? managers.filter(ownsReplicas(type, version)) : managers;
  if (tracked.length === 0) return managers;
  const managed: Managed = {
    live: showAs(type, version, before),
    managers,
    structure: structureOf(type, version),
    ignored: ignoredFields(type, subresource),
  };
  return managersAfterUpdate(managed, showAs(type, version, after), writerOf(write, 'Update'));
}

/** A Scale shows who owns the replicas; where nobody does, nobody keeps track of who scales. */
function ownsReplicas(
  { versions }: ResourceType,
  version: string,
): (entry: ManagedFieldsEntry) => boolean {
  const scale = versions.find(({ name }) => name === version)?.scale;
  const path = (scale?.spec ?? '').split('.').map((field) => `f:${field}`);
  return ({ fieldsV1 }) => hasField(fieldsV1, path);
}

/** The entries of a stored object. */
export function managersOf(object: JsonObject): readonly ManagedFieldsEntry[] {
  return (asJsonObject(object.metadata).managedFields as ManagedFieldsEntry[] | undefined) ?? [];
}

/** An object as it is stored, with other entries. */
export function withManagers(
  { custom }: ResourceType,
  object: ApiObject,
  managedFields: readonly ManagedFieldsEntry[],
): ApiObject {
  const metadata = encodeTyped('ObjectMeta', { ...object.metadata, managedFields });
  return { ...object, metadata: (custom ? sortKeys(metadata) : metadata) as ApiMetadata };
}

/** Whether two states differ in nothing but the times at which fields were written. */
export function isSameButForTimes(before: JsonObject, after: JsonObject): boolean {
  const [was, is] = [managersOf(before), managersOf(after)];
  if (was.length !== is.length) return false;
  const timeless = (object: JsonObject, entries: readonly ManagedFieldsEntry[]): JsonObject => ({
    ...object,
    metadata: {
      ...asJsonObject(object.metadata),
      managedFields: entries.map(({ time: _time, ...entry }) => entry),
    },
  });
  return jsonEquals(timeless(before, was), timeless(after, is));
}

/** The entries that a client sent: none to have them reset; undefined when it sent none that can be read. */
function sentManagers(sent: JsonObject): readonly ManagedFieldsEntry[] | undefined {
  const { managedFields } = asJsonObject(sent.metadata);
  if (!Array.isArray(managedFields)) return undefined;
  const [first] = managedFields as unknown[];
  if (managedFields.length === 0) return [];
  if (managedFields.length === 1 && isJsonObject(first) && Object.keys(first).length === 0)
    return [];
  return managedFields.every(isEntry) ? managedFields : undefined;
}

function isEntry(entry: unknown): entry is ManagedFieldsEntry {
  if (!isJsonObject(entry)) return false;
  const { operation, apiVersion, fieldsType, fieldsV1 = {} } = entry;
  return (
    (operation === 'Apply' || operation === 'Update') &&
    typeof apiVersion === 'string' &&
    apiVersion !== '' &&
    fieldsType === 'FieldsV1' &&
    isFieldSet(fieldsV1)
  );
}

function isFieldSet(value: unknown): value is FieldSet {
  return (
    isJsonObject(value) &&
    Object.entries(value).every(([element, inner]) => isElement(element) && isFieldSet(inner))
  );
}

function isElement(element: string): boolean {
  if (/^[kv]:/.test(element)) {
    try {
      return isJsonObject(JSON.parse(element.slice(2))) === element.startsWith('k');
    } catch {
      return false;
    }
  }
  return element === '.' || /^(f:|i:\d+$)/.test(element);
}

/** What the real server fills into the specs of new objects only after it has noted whose their fields are. */
const assigned: Readonly<Record<string, readonly string[]>> = {
  Job: ['selector'],
  Namespace: ['finalizers'],
  Pod: ['preemptionPolicy', 'priority', 'tolerations'],
  Service: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'],
};

function withoutAssigned(type: ResourceType, sent: JsonObject, stored: JsonObject): JsonObject {
  const fields = type.custom ? undefined : assigned[type.kind];
  if (!fields) return stored;
  const spec = asJsonObject(sent.spec);
  const kept = Object.entries(asJsonObject(stored.spec)).filter(
    ([field]) => field in spec || !fields.includes(field),
  );
  const seen = { ...stored, spec: Object.fromEntries(kept) };
  if (type.kind === 'Job') return withOwnLabels(seen, sent, spec);
  return type.kind === 'Service' ? withOwnNodePorts(seen, spec) : seen;
}

/** A service with the node ports that were sent. */
function withOwnNodePorts(service: JsonObject, sent: JsonObject): JsonObject {
  const spec = asJsonObject(service.spec);
  if (!Array.isArray(spec.ports) || !Array.isArray(sent.ports)) return service;
  const ports = spec.ports.map((port: JsonObject, index) => {
    const { nodePort } = asJsonObject((sent.ports as unknown[])[index]);
    return { ...port, nodePort };
  });
  return { ...service, spec: { ...spec, ports } };
}

/** A job with the labels that were sent, without those by which it finds its pods. */
function withOwnLabels(job: JsonObject, sent: JsonObject, spec: JsonObject): JsonObject {
  const { labels } = asJsonObject(sent.metadata);
  const template = asJsonObject(asJsonObject(job.spec).template);
  const metadata = asJsonObject(asJsonObject(spec.template).metadata);
  return {
    ...job,
    metadata: { ...asJsonObject(job.metadata), labels },
    spec: { ...asJsonObject(job.spec), template: { ...template, metadata } },
  };
}

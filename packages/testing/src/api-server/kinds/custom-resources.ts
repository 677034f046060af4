import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import type { PrinterColumn } from './columns.ts';
import { withStoredVersion } from '../schemas/definitions/definition-status.ts';
import type { Schema } from '../schemas/schema.ts';
import { selectableFields } from '../schemas/definitions/selectable-fields.ts';
import type { ResourceType, ResourceVersion } from './resource-type.ts';

/** What keeps a CustomResourceDefinition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

// The real server lists the verbs of custom resources in this order.
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** The resource that a CustomResourceDefinition describes. */
export function resourceTypeOf(
  definition: ApiObject,
  compareVersions: (a: string, b: string) => number,
): ResourceType {
  const { group, scope, names, versions } = asJsonObject(definition.spec);
  const { plural, singular, kind, listKind, shortNames, categories } = asJsonObject(names);
  const described = list(versions).map(asJsonObject);
  const served = described
    .filter((version) => version.served === true)
    .map((version): ResourceVersion => ({
      name: asText(version.name),
      hasStatus: 'status' in asJsonObject(version.subresources),
      ...subresourcesOf(asText(kind), asJsonObject(version.subresources)),
      ...printedOf(version.additionalPrinterColumns),
    }));
  served.sort((a, b) => compareVersions(a.name, b.name));
  const storage = described.find((version) => version.storage === true);
  return {
    group: asText(group),
    resource: asText(plural),
    singular: asText(singular || asText(kind).toLowerCase()),
    kind: asText(kind),
    listKind: asText(listKind || `${asText(kind)}List`),
    namespaced: scope === 'Namespaced',
    shortNames: list(shortNames).map(asText),
    categories: list(categories).map(asText),
    verbs,
    versions: served,
    storageVersion: asText(storage?.name),
    custom: true,
    nameRule: 'dnsSubdomain',
    generation: 'allButMetadataAndStatus',
    hasStatus: 'status' in asJsonObject(storage?.subresources),
    fields: selectableFields(
      list(storage?.selectableFields).map((field) => asText(asJsonObject(field).jsonPath)),
    ),
    fieldRefusal: 'notSupported',
    unconditionalUpdate: false,
    createOnUpdate: false,
    deleteReturnsObject: false,
    schemas: new Map(
      described.map(({ name, schema }) => [
        asText(name),
        asJsonObject(schema).openAPIV3Schema as Schema,
      ]),
    ),
  };
}

/** What stands below the objects of a version, and where their replicas are. */
function printedOf(columns: unknown): Pick<ResourceVersion, 'columns'> {
  return Array.isArray(columns) ? { columns: columns as readonly PrinterColumn[] } : {};
}

function subresourcesOf(
  kind: string,
  { status, scale }: JsonObject,
): Pick<ResourceVersion, 'subresources' | 'scale'> {
  const subverbs = ['get', 'patch', 'update'];
  const ofStatus = status === undefined ? [] : [{ name: 'status', kind, verbs: subverbs }];
  if (scale === undefined) return { subresources: ofStatus };
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = asJsonObject(scale);
  const path = (value: unknown): string => asText(value).replace(/^\./, '');
  return {
    subresources: [
      ...ofStatus,
      { name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: subverbs },
    ],
    scale: {
      spec: path(specReplicasPath),
      status: path(statusReplicasPath),
      selector: path(labelSelectorPath),
    },
  };
}

/** A definition with what the server fills in: names and finalizer. */
export function defaultDefinition(object: JsonObject, created: boolean): JsonObject {
  const spec = asJsonObject(object.spec);
  const names = asJsonObject(spec.names);
  const kind = asText(names.kind);
  const defaulted = {
    ...object,
    spec: {
      ...spec,
      names: {
        ...names,
        singular: names.singular || kind.toLowerCase(),
        ...((names.listKind || kind) && { listKind: names.listKind || `${kind}List` }),
      },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  };
  return created ? withStoredVersion(defaulted) : defaulted;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

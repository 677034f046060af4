import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import type { ResourceType, ResourceVersion } from './resource-type.ts';
import type { FieldError } from '../http/status.ts';

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
      schema: asJsonObject(asJsonObject(version.schema).openAPIV3Schema),
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
    fields: selectableFields(storage),
    fieldRefusal: 'notSupported',
    unconditionalUpdate: false,
    createOnUpdate: false,
    deleteReturnsObject: false,
  };
}

/** What stands below the objects of a version, and where their replicas are. */
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
export function defaultDefinition(object: JsonObject): JsonObject {
  const spec = asJsonObject(object.spec);
  const names = asJsonObject(spec.names);
  const kind = asText(names.kind);
  return {
    ...object,
    spec: {
      ...spec,
      names: {
        ...names,
        singular: names.singular || kind.toLowerCase(),
        listKind: names.listKind || `${kind}List`,
      },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  };
}

/** The definition as its controllers leave it: established; undefined when it is that already. */
export function withConditions(definition: ApiObject): ApiObject | undefined {
  const status = asJsonObject(definition.status);
  const { names, versions } = asJsonObject(definition.spec);
  const storage = list(versions)
    .map(asJsonObject)
    .find((version) => version.storage === true);
  if (Array.isArray(status.conditions)) return undefined;
  const lastTransitionTime = definition.metadata.creationTimestamp;
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime,
    reason,
    message,
  });
  return {
    ...definition,
    status: {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: names,
      storedVersions: [storage?.name],
    },
  };
}

/** What is wrong with a definition, as far as serving it needs it right. */
export function checkDefinition({ metadata, spec }: ApiObject): FieldError[] {
  const { group, scope, names, versions } = asJsonObject(spec);
  const { plural, kind } = asJsonObject(names);
  const errors: FieldError[] = [];
  for (const [value, field] of [
    [group, 'spec.group'],
    [scope, 'spec.scope'],
    [plural, 'spec.names.plural'],
    [kind, 'spec.names.kind'],
  ] as const) {
    if (!value) errors.push({ reason: 'FieldValueRequired', message: 'Required value', field });
  }
  if (plural && group && metadata.name !== `${asText(plural)}.${asText(group)}`) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(metadata.name)}: must be spec.names.plural+"."+spec.group`,
      field: 'metadata.name',
    });
  }
  const storage = list(versions).filter((version) => asJsonObject(version).storage === true);
  if (storage.length !== 1) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(versions ?? null)}: must have exactly one version marked as storage version`,
      field: 'spec.versions',
    });
  }
  return errors;
}

function selectableFields(
  version: JsonObject | undefined,
): ReadonlyMap<string, (object: ApiObject) => string> {
  const paths = list(version?.selectableFields).map((field) =>
    asText(asJsonObject(field).jsonPath),
  );
  return new Map(
    paths.map((path) => {
      const keys = path.replace(/^\./, '').split('.');
      return [
        keys.join('.'),
        (object: ApiObject) => {
          let value: unknown = object;
          for (const key of keys) value = asJsonObject(value)[key];
          return asText(value);
        },
      ];
    }),
  );
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

import {
  type ApiObject,
  asJsonObject,
  asText,
  jsonEquals,
  type JsonObject,
} from '../../http/api-object.ts';

/**
 * The status of a definition as the controllers of a real cluster leave it: which of its names are free within the
 * group, and whether it is served; undefined when it says so already.
 *
 * @param others the other definitions of its group
 * @param now the time of a change, as Kubernetes writes it
 */
export function definitionStatus(
  definition: ApiObject,
  others: readonly ApiObject[],
  now: string,
): JsonObject | undefined {
  const status = asJsonObject(definition.status);
  const wanted = asJsonObject(asJsonObject(definition.spec).names);
  const had = asJsonObject(status.acceptedNames);
  const conditions = listOf(status.conditions);
  if (jsonEquals(wanted, had) && conditions.length > 0) return undefined;
  const { names, conflict } = acceptNames(wanted, had, others);
  const accepted: Condition = conflict
    ? ['NamesAccepted', 'False', conflict.reason, conflict.message]
    : ['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'];
  const isEstablished = conditions.some(
    ({ type, status: value }) => type === 'Established' && value === 'True',
  );
  const established: Condition =
    isEstablished || !conflict
      ? ['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted']
      : ['Established', 'False', 'NotAccepted', 'not all names are accepted'];
  const next = {
    ...status,
    conditions: [accepted, established].map((condition) => withTime(condition, conditions, now)),
    acceptedNames: names,
  };
  return jsonEquals(next, status) ? undefined : next;
}

/** Whether its objects are served. */
export function isEstablished({ status }: ApiObject): boolean {
  return listOf(asJsonObject(status).conditions).some(
    ({ type, status: value }) => type === 'Established' && value === 'True',
  );
}

/** A definition that says that it is being deleted. */
export function withTerminating(definition: ApiObject, now: string): ApiObject {
  const status = asJsonObject(definition.status);
  const condition = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: now,
    reason: 'InstanceDeletionPending',
    message:
      'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  return {
    ...definition,
    status: { ...status, conditions: [...listOf(status.conditions), condition] },
  };
}

/** A definition whose status names the version that objects are stored in from now on. */
export function withStoredVersion<T extends JsonObject>(definition: T): T {
  const storage = listOf(asJsonObject(definition.spec).versions).find(
    (version) => version.storage === true,
  );
  const status = asJsonObject(definition.status);
  const stored = Array.isArray(status.storedVersions) ? status.storedVersions : [];
  if (!storage || stored.includes(storage.name)) return definition;
  return {
    ...definition,
    status: {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      ...status,
      storedVersions: [...stored, storage.name],
    },
  };
}

type Condition = readonly [type: string, status: string, reason: string, message: string];

function withTime(
  [type, status, reason, message]: Condition,
  before: readonly JsonObject[],
  now: string,
): JsonObject {
  const same = before.find((condition) => condition.type === type && condition.status === status);
  return { type, status, lastTransitionTime: same?.lastTransitionTime ?? now, reason, message };
}

/** The names that are free or its own already, and the last conflict among the others. */
function acceptNames(
  wanted: JsonObject,
  had: JsonObject,
  others: readonly ApiObject[],
): { names: JsonObject; conflict: { reason: string; message: string } | undefined } {
  const taken = others.map(({ status }) => asJsonObject(asJsonObject(status).acceptedNames));
  const resources = new Set(
    taken.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...textsOf(shortNames)]),
  );
  const kinds = new Set(taken.flatMap(({ kind, listKind }) => [kind, listKind]));
  const names: JsonObject = { plural: '', kind: '', ...had };
  let conflict: { reason: string; message: string } | undefined;
  const inUse = (name: unknown): string => `${JSON.stringify(name)} is already in use`;
  for (const [field, used, reason] of [
    ['plural', resources, 'PluralConflict'],
    ['singular', resources, 'SingularConflict'],
    ['shortNames', resources, 'ShortNamesConflict'],
    ['kind', kinds, 'KindConflict'],
    ['listKind', kinds, 'ListKindConflict'],
  ] as const) {
    const value = wanted[field];
    const own = textsOf(had[field]);
    const clashes =
      field === 'shortNames'
        ? textsOf(value).filter((name) => !own.includes(name) && used.has(name))
        : value !== had[field] && value !== undefined && used.has(value)
          ? [value]
          : [];
    if (clashes.length === 0) {
      if (value === undefined) delete names[field];
      else names[field] = value;
      continue;
    }
    const texts = clashes.map(inUse);
    conflict = { reason, message: texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]` };
  }
  if (wanted.categories !== undefined) names.categories = wanted.categories;
  else delete names.categories;
  return { names, conflict };
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(asJsonObject) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(asText) : [];
}

import { isJsonObject, type JsonObject, jsonEquals, ownValue, setOwn } from '../http/api-object.ts';

/** The key that tells the elements of a list apart, for the lists of the built-in kinds that are merged. */
const mergeKeys = new Map<string, string>([
  ['containers', 'name'],
  ['initContainers', 'name'],
  ['ephemeralContainers', 'name'],
  ['env', 'name'],
  ['volumes', 'name'],
  ['volumeMounts', 'mountPath'],
  ['volumeDevices', 'devicePath'],
  ['imagePullSecrets', 'name'],
  ['hostAliases', 'ip'],
  ['topologySpreadConstraints', 'topologyKey'],
  ['ownerReferences', 'uid'],
  ['conditions', 'type'],
  ['secrets', 'name'],
  ['addresses', 'type'],
]);

/** Lists of plain values that are merged as sets. */
export const sets: ReadonlySet<string> = new Set(['finalizers']);

/**
 * Strategic merge patch, as far as the built-in kinds need it: maps are merged, and so are lists that have a merge key
 * (containers by name, volume mounts by path…); other lists are replaced. `$patch: replace` and `delete`,
 * `$deleteFromPrimitiveList/…` and `$retainKeys` are understood, `$setElementOrder/…` puts elements in order. Neither
 * argument is changed.
 */
export function applyStrategicMergePatch(target: unknown, patch: unknown): unknown {
  return merge(target, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  // Where there is nothing, what a map that says how to merge it holds is nothing, either.
  if (!isJsonObject(target)) return withoutDirectives(patch);
  const { $patch: directive, ...plain } = patch;
  if (directive === 'replace') return plain;
  if (directive === 'delete') return {};
  let result: JsonObject = { ...target };
  const retained = ownValue(patch, '$retainKeys');
  if (Array.isArray(retained)) {
    result = Object.fromEntries(Object.entries(result).filter(([key]) => retained.includes(key)));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    const merged = value === null ? undefined : mergeField(key, ownValue(result, key), value);
    if (merged === undefined) delete result[key];
    else setOwn(result, key, merged);
  }
  for (const [key, value] of Object.entries(patch)) applyListDirective(result, key, value);
  return result;
}

function mergeField(key: string, target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) return merge(target, patch);
  if (sets.has(key)) {
    const old = Array.isArray(target) ? target : [];
    return [...old, ...patch.filter((value) => !old.some((other) => jsonEquals(other, value)))];
  }
  const mergeKey = keyOf(key, patch, target);
  return mergeKey ? mergeList(target, patch, mergeKey) : withoutDirectives(patch);
}

/** Ports are told apart by the field that their kind has. */
export function keyOf(key: string, ...lists: readonly unknown[]): string | undefined {
  if (key !== 'ports') {
    const elements = lists.flatMap((list) => (Array.isArray(list) ? list : []));
    return elements.every(isJsonObject) ? mergeKeys.get(key) : undefined;
  }
  const isOfContainer = lists.flat().some((port) => isJsonObject(port) && 'containerPort' in port);
  return isOfContainer ? 'containerPort' : 'port';
}

function mergeList(target: unknown, patch: readonly unknown[], mergeKey: string): unknown[] {
  const old: unknown[] = Array.isArray(target) ? target : [];
  if (patch.some((element) => isJsonObject(element) && onlyDirective(element) === 'replace')) {
    return patch.filter((element) => !isJsonObject(element) || !('$patch' in element));
  }
  const idOf = (element: unknown): unknown =>
    isJsonObject(element) ? ownValue(element, mergeKey) : undefined;
  const merged = [...old];
  const added: unknown[] = [];
  for (const element of patch) {
    const id = idOf(element);
    const at = merged.findIndex((other) => idOf(other) === id);
    if (isJsonObject(element) && element.$patch === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) {
      merged[at] = merge(merged[at], element);
    } else {
      const inner = withoutDirectives(element);
      if (inner !== undefined) added.push(inner);
    }
  }
  // Elements that only the server has keep their places; new ones come in the order of the patch.
  const inPatch = new Set(patch.map(idOf));
  const others = merged.filter((element) => !inPatch.has(idOf(element)));
  if (others.length === 0 || added.length === 0) return [...merged, ...added];
  const addedFirst = patch.findIndex((element) =>
    old.some((other) => idOf(other) === idOf(element)),
  );
  return addedFirst < 0 ? [...added, ...merged] : [...merged, ...added];
}

function applyListDirective(result: JsonObject, key: string, value: unknown): void {
  const [directive, field] = key.split('/');
  if (!field || !Array.isArray(value)) return;
  const list = ownValue(result, field);
  if (!Array.isArray(list)) return;
  if (directive === '$deleteFromPrimitiveList') {
    setOwn(
      result,
      field,
      list.filter((element) => !value.some((removed) => jsonEquals(removed, element))),
    );
  } else if (directive === '$setElementOrder') {
    const mergeKey = keyOf(field, list);
    const positionOf = (element: unknown): number =>
      value.findIndex((wanted) =>
        mergeKey && isJsonObject(wanted) && isJsonObject(element)
          ? wanted[mergeKey] === element[mergeKey]
          : jsonEquals(wanted, element),
      );
    const known = list.filter((element) => positionOf(element) >= 0);
    known.sort((a, b) => positionOf(a) - positionOf(b));
    setOwn(result, field, [...known, ...list.filter((element) => positionOf(element) < 0)]);
  }
}

function onlyDirective(element: JsonObject): unknown {
  return Object.keys(element).length === 1 ? element.$patch : undefined;
}

/** What a patch adds where there was nothing: undefined for a map with a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(withoutDirectives).filter((element) => element !== undefined);
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, '$patch')) return undefined;
  const entries = Object.entries(value)
    .filter(([key, inner]) => !key.startsWith('$') && inner !== null)
    .map(([key, inner]) => [key, withoutDirectives(inner)] as const)
    .filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries);
}

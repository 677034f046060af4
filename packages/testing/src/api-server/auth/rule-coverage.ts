import { asText, type JsonObject } from '../http/api-object.ts';

/** One right of a rule: one verb on one resource of one group, perhaps on one object alone, or on one path. */
interface Right {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly path?: string;
}

/**
 * The rights of some rules that others don't hold, in the words of Kubernetes' refusals and in the order of those; after
 * `k8s.io/component-helpers/auth/rbac/validation`.
 */
export function missingRights(
  held: readonly JsonObject[],
  wanted: readonly JsonObject[],
): readonly string[] {
  const missing = wanted
    .flatMap(rightsOf)
    .filter((right) => !held.some((rule) => covers(rule, right)));
  return [...new Set(compact(missing))].toSorted();
}

function* combinations(rule: JsonObject): Iterable<Right> {
  for (const group of texts(rule.apiGroups)) {
    for (const resource of texts(rule.resources)) {
      for (const verb of texts(rule.verbs)) {
        const names = texts(rule.resourceNames);
        if (names.length === 0) yield { verb, group, resource };
        for (const name of names) yield { verb, group, resource, name };
      }
    }
  }
  for (const path of texts(rule.nonResourceURLs)) {
    for (const verb of texts(rule.verbs)) yield { verb, path };
  }
}

function rightsOf(rule: JsonObject): Right[] {
  return [...combinations(rule)];
}

function covers(rule: JsonObject, { verb, group, resource, name, path }: Right): boolean {
  const verbs = texts(rule.verbs);
  if (!verbs.includes('*') && !verbs.includes(verb)) return false;
  if (path !== undefined) {
    return texts(rule.nonResourceURLs).some(
      (pattern) =>
        pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''))),
    );
  }
  const groups = texts(rule.apiGroups);
  const resources = texts(rule.resources);
  const names = texts(rule.resourceNames);
  const slash = resource!.indexOf('/');
  return (
    (groups.includes('*') || groups.includes(group!)) &&
    (resources.includes('*') ||
      resources.includes(resource!) ||
      (slash > 0 && resources.includes(`*/${resource!.slice(slash + 1)}`))) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

/** Rights that differ by their verb alone in one text, unless they are to a path. */
function compact(rights: readonly Right[]): string[] {
  const together = new Map<string, { right: Right; verbs: string[] }>();
  for (const right of rights) {
    const { verb, ...rest } = right;
    const key = JSON.stringify(right.path === undefined ? rest : right);
    const known = together.get(key);
    if (known) known.verbs.push(verb);
    else together.set(key, { right, verbs: [verb] });
  }
  return [...together.values()].map(({ right, verbs }) => describe(right, verbs));
}

function describe({ group, resource, name, path }: Right, verbs: readonly string[]): string {
  const parts = [
    ...(group === undefined ? [] : [`APIGroups:${quoted([group])}`]),
    ...(resource === undefined ? [] : [`Resources:${quoted([resource])}`]),
    ...(path === undefined ? [] : [`NonResourceURLs:${quoted([path])}`]),
    ...(name === undefined ? [] : [`ResourceNames:${quoted([name])}`]),
    `Verbs:${quoted(verbs)}`,
  ];
  return `{${parts.join(', ')}}`;
}

function quoted(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(asText) : [];
}

/**
 * A set of fields in the form of `fieldsV1`: a tree whose keys name a field (`f:spec`), an element by its keys
 * (`k:{"name":"a"}`) or by its value (`v:"a"`). A leaf is in the set; an inner field is when it holds `"."`. The root
 * stands for the object itself, which is in no set. Never changed once it is handed out.
 */
export interface FieldSet {
  [element: string]: FieldSet;
}

/** From the root to a field, each step as a key of a {@link FieldSet}. */
export type FieldPath = readonly string[];

const self = '.';

/** Adds the field at a path; to build a set, before it is handed out. Nothing stands for the empty path. */
export function insertField(set: FieldSet, path: FieldPath): void {
  let node = set;
  for (const [index, element] of path.entries()) {
    const next = node[element];
    if (index === path.length - 1) {
      if (next === undefined) node[element] = {};
      else if (hasChildren(next)) next[self] ??= {};
      return;
    }
    // A leaf that gets children stays a member.
    if (next && !hasChildren(next)) next[self] ??= {};
    node = node[element] ??= {};
  }
}

/** Whether nothing is in it. */
export function isEmptySet(set: FieldSet): boolean {
  for (const _element in set) return false;
  return true;
}

/** Whether the field at a path is in the set, not only fields below it. */
export function hasField(set: FieldSet, path: FieldPath): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    if (!(node = node[element])) return false;
  }
  return path.length > 0 && isMember(node);
}

/** The fields below an element, as a set whose root is that element. */
export function below(set: FieldSet, element: string): FieldSet {
  return set[element] ?? {};
}

/** Whether the element itself is in the set. */
export function hasElement(set: FieldSet, element: string): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** Whether something below the element is in the set. */
export function hasBelow(set: FieldSet, element: string): boolean {
  const node = set[element];
  return node !== undefined && hasChildren(node);
}

/** What is in one of the sets. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA || inB);
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB);
}

/** What is in `a` and not in `b`; what is below a field of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB);
}

/** All fields of the set, parents before what is below them. */
export function* fieldsIn(set: FieldSet, prefix: FieldPath = []): Generator<FieldPath> {
  const elements = sortedElements(set);
  for (const element of elements) if (isMember(set[element]!)) yield [...prefix, element];
  for (const element of elements) {
    if (hasChildren(set[element]!)) yield* fieldsIn(set[element]!, [...prefix, element]);
  }
}

/** The set with its elements in the order in which the real server writes them. */
export function sortedSet(set: FieldSet): FieldSet {
  const result: FieldSet = {};
  if (set[self]) result[self] = {};
  for (const element of sortedElements(set)) result[element] = sortedSet(set[element]!);
  return result;
}

/** The set with every inner field for which `isNamed` says so, given its place in the tree. */
export function withMembers<Place>(
  set: FieldSet,
  place: Place,
  step: (place: Place, element: string) => { readonly named: boolean; readonly place: Place },
): FieldSet {
  const result: FieldSet = set[self] ? { [self]: {} } : {};
  for (const [element, node] of Object.entries(set)) {
    if (element === self) continue;
    if (!hasChildren(node)) {
      result[element] = node;
      continue;
    }
    const { named, place: next } = step(place, element);
    const inner = withMembers(node, next, step);
    result[element] = named ? { [self]: {}, ...inner } : inner;
  }
  return result;
}

/** As messages name it: `.spec.containers[name="a"].image`. */
export function formatPath(path: FieldPath): string {
  return path
    .map((element) => {
      const content = element.slice(2);
      if (element.startsWith('f:')) return `.${content}`;
      if (element.startsWith('i:')) return `[${content}]`;
      if (element.startsWith('v:')) return `[=${content}]`;
      const keys = Object.entries(JSON.parse(content) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

function hasChildren(node: FieldSet): boolean {
  for (const element in node) if (element !== self) return true;
  return false;
}

function isMember(node: FieldSet): boolean {
  return node[self] !== undefined || !hasChildren(node);
}

/** What a rule takes of two sets, by whether a field is in them; where it is of one alone, that is shared. */
function combine(
  a: FieldSet,
  b: FieldSet,
  rule: (inA: boolean, inB: boolean) => boolean,
): FieldSet {
  const result: FieldSet = {};
  for (const element in a) {
    if (element === self) continue;
    const [nodeA, nodeB] = [a[element]!, b[element]];
    if (!nodeB) {
      if (rule(true, false)) result[element] = nodeA;
      continue;
    }
    const member = rule(isMember(nodeA), isMember(nodeB));
    const inner = combine(nodeA, nodeB, rule);
    if (!isEmptySet(inner)) result[element] = member ? { [self]: {}, ...inner } : inner;
    else if (member) result[element] = inner;
  }
  if (!rule(false, true)) return result;
  for (const element in b) if (element !== self && !a[element]) result[element] = b[element]!;
  return result;
}

/** Fields by name, then elements by their keys, then by value: numbers as numbers. */
function sortedElements(set: FieldSet): string[] {
  const elements = Object.keys(set).filter((element) => element !== self);
  if (elements.every((element) => element.startsWith('f:'))) return elements.sort();
  return elements.sort((a, b) => {
    if (a[0] !== b[0]) return 'fkvi'.indexOf(a[0]!) - 'fkvi'.indexOf(b[0]!);
    if (a.startsWith('f:')) return a < b ? -1 : 1;
    return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
  });
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const [left, right] = [Object.entries(a).flat(), Object.entries(b).flat()];
    for (const [index, value] of left.entries()) {
      if (index >= right.length) return 1;
      const order = compareValues(value, right[index]);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  if (a === b) return 0;
  return typeof a === typeof b
    ? (a as string) < (b as string)
      ? -1
      : 1
    : typeof a === 'number'
      ? -1
      : 1;
}

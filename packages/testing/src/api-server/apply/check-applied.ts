import { asJsonObject, asText, isJsonObject, type JsonObject } from '../http/api-object.ts';
import { formatPath } from './field-set.ts';
import { elementOf } from './list-element.ts';
import { structureAt, type Structure } from './structure.ts';

/** What of an applied object its structure doesn't allow, in the words of structured merge. */
export function checkApplied(value: unknown, structure: Structure, path: string[] = []): string[] {
  if (value === null || value === undefined) return [];
  const { scalar, list, map } = structure;
  const wrong = (what: string): string[] => [
    `${formatPath(path)}: expected ${what}, got &value.valueUnstructured{Value:${formatGo(value)}}`,
  ];
  if (isJsonObject(value)) {
    if (!map) return wrong(list ? 'list' : scalar!);
    return Object.entries(value).flatMap(([key, inner]) => {
      const at = [...path, `f:${key}`];
      const next = structureAt(map, key);
      return next
        ? checkApplied(inner, next, at)
        : [`${formatPath(at)}: field not declared in schema`];
    });
  }
  if (Array.isArray(value)) {
    if (!list) return wrong(map ? 'map' : scalar!);
    const seen = new Set<string>();
    return value.flatMap((item: unknown, index) => {
      if (list.type === 'atomic') return checkApplied(item, list.element, [...path, `i:${index}`]);
      const element = elementOf(list, item);
      if (element === undefined) {
        return [`${formatPath(path)}: element ${index}: ${lacksElement(list.keys)}`];
      }
      if (seen.has(element)) {
        return [`${formatPath(path)}: duplicate entries for key ${formatPath([element])}`];
      }
      seen.add(element);
      return checkApplied(item, list.element, [...path, element]);
    });
  }
  if (!scalar) return wrong(map ? 'map' : 'list');
  const type = typeof value === 'number' ? 'numeric' : typeof value;
  return scalar === 'untyped' || scalar === type ? [] : wrong(scalar);
}

function lacksElement(keys: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(keys);
  if (names.length === 0) return "associative list without keys has an element that's a map type";
  const list = names.map((name) => JSON.stringify(name)).join(' ');
  return `associative list with keys has an element that omits all key fields [${list}] (and doesn't have default values for any key fields)`;
}

/** As Go prints a value with `%#v`, roughly. */
function formatGo(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(formatGo).join(', ')}}`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${formatGo(inner)}`,
  );
  return `map[string]interface {}{${entries.join(', ')}}`;
}

/** What an object that doesn't fit its type is refused with. @param errors what {@link checkApplied} found */
export function describeFaults(applied: JsonObject, errors: readonly string[]): string {
  const { name, namespace } = asJsonObject(applied.metadata);
  const kind = formatKind(asText(applied.apiVersion), asText(applied.kind));
  const list =
    errors.length === 1
      ? errors[0]
      : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
  return `failed to create typed patch object (${asText(namespace)}/${asText(name)}; ${kind}): ${list}`;
}

/** How Go prints a kind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
export function formatKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

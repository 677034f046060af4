import { isUtf8 } from 'node:buffer';

import { isJsonObject, type JsonObject } from '../http/api-object.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest, type FieldError, invalid } from '../http/status.ts';
import { parseYaml } from '../http/yaml.ts';

const applyPatch = 'application/apply-patch+yaml';
const maxManagerBytes = 128;

/** What the real server calls the options of a write. */
const optionsOf = new Map([
  ['POST', 'CreateOptions'],
  ['PUT', 'UpdateOptions'],
  ['PATCH', 'PatchOptions'],
]);

/** Whether a PATCH is a server-side apply. */
export function isApply({ headers }: Exchange): boolean {
  return (headers['content-type'] ?? '').split(';')[0]!.trim() === applyPatch;
}

/**
 * Reads what is applied, YAML or JSON.
 *
 * @throws StatusError 400 when it is no object
 */
export async function readApplied(exchange: Exchange): Promise<JsonObject> {
  const bytes = await exchange.body();
  let applied: unknown;
  try {
    if (!isUtf8(bytes)) throw new Error('invalid leading UTF-8 octet');
    applied = parseYaml(bytes) ?? {};
  } catch (error) {
    throw badRequest(
      `error decoding YAML: error converting YAML to JSON: yaml: ${(error as Error).message}`,
    );
  }
  if (isJsonObject(applied)) return applied;
  const type = Array.isArray(applied)
    ? 'array'
    : typeof applied === 'boolean'
      ? 'bool'
      : typeof applied;
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

/**
 * Who writes: what the query says, or else what the user agent is called.
 *
 * @throws StatusError 422 when it can't be a manager's name, or is missing where it has to be there
 */
export function managerOf(exchange: Exchange, query: URLSearchParams): string {
  const options = optionsOf.get(exchange.method);
  if (!options) return '';
  const manager = query.get('fieldManager') ?? '';
  const errors: FieldError[] = [];
  const add = (reason: FieldError['reason'], message: string, field = 'fieldManager'): void => {
    errors.push({ reason, message, field });
  };
  if (options === 'PatchOptions' && isApply(exchange)) {
    if (manager === '') add('FieldValueRequired', 'Required value: is required for apply patch');
  } else if (options === 'PatchOptions' && query.has('force')) {
    add('FieldValueForbidden', 'Forbidden: may not be specified for non-apply patch', 'force');
  }
  if (Buffer.byteLength(manager) > maxManagerBytes) {
    add('FieldValueTooLong', `Too long: may not be more than ${maxManagerBytes} bytes`);
  }
  for (const { 0: character, index } of manager.matchAll(unprintable)) {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    const shown = JSON.stringify(manager).replaceAll(/\\u00(..)/g, String.raw`\x$1`);
    add(
      'FieldValueInvalid',
      `Invalid value: ${shown}: invalid character U+${code} (at position ${index})`,
    );
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: options }, '', errors);
  return manager || nameOf(exchange.headers['user-agent'] ?? '');
}

/** Whether an apply takes over what others own. */
export function isForced(query: URLSearchParams): boolean {
  const force = query.get('force') ?? 'false';
  return force !== 'false' && force !== '0';
}

const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** A user agent up to its version. */
function nameOf(userAgent: string): string {
  const name = userAgent.split('/')[0]!.replaceAll(unprintable, '');
  const cut = Buffer.from(name).subarray(0, maxManagerBytes).toString();
  // Without half a character at its end.
  return cut.replace(/\uFFFD+$/, '');
}

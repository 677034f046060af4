import { isJsonObject, jsonEquals, type JsonObject, ownValue, setOwn } from '../http/api-object.ts';

/** A patch that does not apply to what it was sent for. */
export class PatchError extends Error {}

/** JSON merge patch, RFC 7396. Neither argument is changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, applyMergePatch(ownValue(result, key), value));
  }
  return result;
}

/** One step of a JSON patch, RFC 6902. */
interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/**
 * JSON patch, RFC 6902, with one leniency of the library that the real server uses: `replace` of a missing key of an
 * object adds it. The target is not changed.
 *
 * @throws PatchError when an operation does not apply, a `test` fails or a pointer is malformed
 */
export function applyJsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  let document = structuredClone(target);
  for (const candidate of operations) {
    if (!isJsonObject(candidate)) throw new PatchError('an operation is no object');
    const { op, path, from, value }: Operation = candidate;
    switch (op) {
      case 'add':
        document = add(document, parsePointer(path), structuredClone(value));
        break;
      case 'remove':
        document = remove(document, parsePointer(path));
        break;
      case 'replace':
        document = replace(document, parsePointer(path), structuredClone(value));
        break;
      case 'move': {
        const moved = read(document, parsePointer(from));
        document = add(remove(document, parsePointer(from)), parsePointer(path), moved);
        break;
      }
      case 'copy':
        document = add(
          document,
          parsePointer(path),
          structuredClone(read(document, parsePointer(from))),
        );
        break;
      case 'test':
        if (!jsonEquals(tryRead(document, parsePointer(path)), value ?? undefined)) {
          throw new PatchError(`testing value ${String(path)} failed`);
        }
        break;
      default:
        throw new PatchError(`unexpected kind: ${String(op)}`);
    }
  }
  return document;
}

function parsePointer(pointer: unknown): string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) {
    throw new PatchError('a pointer must be empty or start with "/"');
  }
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: unknown, path: readonly string[]): unknown {
  const found = tryRead(document, path);
  if (found === undefined) throw new PatchError(`nothing at /${path.join('/')}`);
  return found;
}

function tryRead(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const token of path) {
    if (Array.isArray(value)) value = /^\d+$/.test(token) ? value[Number(token)] : undefined;
    else value = isJsonObject(value) ? ownValue(value, token) : undefined;
  }
  return value;
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const [parent, token] = parentOf(document, path);
  if (!Array.isArray(parent)) setOwn(parent, token, value);
  else parent.splice(token === '-' ? parent.length : index(token, parent.length), 0, value);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return null;
  const [parent, token] = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(index(token, parent.length - 1), 1);
  else if (Object.hasOwn(parent, token)) delete parent[token];
  else throw new PatchError(`nothing to remove at /${path.join('/')}`);
  return document;
}

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const [parent, token] = parentOf(document, path);
  if (Array.isArray(parent)) parent[index(token, parent.length - 1)] = value;
  else setOwn(parent, token, value);
  return document;
}

function parentOf(
  document: unknown,
  path: readonly string[],
): [parent: JsonObject | unknown[], token: string] {
  const parent = read(document, path.slice(0, -1));
  if (!isJsonObject(parent) && !Array.isArray(parent)) {
    throw new PatchError(`/${path.slice(0, -1).join('/')} holds no other value`);
  }
  return [parent, path.at(-1)!];
}

function index(token: string, last: number): number {
  const number = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : NaN;
  if (!(number <= last)) throw new PatchError(`no index ${token}`);
  return number;
}

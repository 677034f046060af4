import { managerOf } from '../apply/apply-request.ts';
import { asJsonObject, asText, isJsonObject, type JsonObject } from './api-object.ts';
import type { Exchange } from './exchange.ts';
import type { DeleteOptions, WriteOptions } from '../writes/write-options.ts';
import { checkDeleteOptions, checkWriteQuery } from '../validation/option-checks.ts';
import { decodeTyped } from '../kinds/typed-decoding.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { parseJson } from './json.ts';
import { decodeProtobuf } from './protobuf/decode.ts';
import { isTrue } from './request-info.ts';
import { badRequest, unsupportedMediaType } from './status.ts';
import { parseYaml } from './yaml.ts';

const json = 'application/json';
const yaml = 'application/yaml';
const protobuf = 'application/vnd.kubernetes.protobuf';

/**
 * Reads the object that a request brings, in JSON, YAML or, of a built-in kind, protobuf.
 *
 * @throws StatusError 400 when it is none, 415 when it is in another format
 */
export async function readObject(exchange: Exchange, kind: string): Promise<JsonObject> {
  const mediaType = mediaTypeOf(exchange);
  if (![json, yaml, protobuf].includes(mediaType)) throw unsupportedMediaType();
  const bytes = await exchange.body();
  const unrecognized = `the object provided is unrecognized (must be of type ${kind})`;
  if (mediaType === protobuf) {
    try {
      return decodeProtobuf(bytes);
    } catch (error) {
      throw badRequest(`${unrecognized}: ${(error as Error).message}`);
    }
  }
  if (mediaType === yaml) {
    try {
      return asJsonObject(parseYaml(bytes));
    } catch (error) {
      throw badRequest(`${unrecognized}: yaml: ${(error as Error).message}`);
    }
  }
  const body = readJson(bytes, `${unrecognized}: `);
  exchange.duplicateFields = duplicateFields(bytes.toString());
  return body;
}

/**
 * Reads what a delete is told, which may be nothing.
 *
 * @throws StatusError 400 when there is a body and it can't be read
 */
export async function readDeleteOptions(
  exchange: Exchange,
  query: URLSearchParams,
): Promise<DeleteOptions> {
  const bytes = await exchange.body();
  const body = bytes.length > 0 ? decodeDeleteOptions(exchange, bytes) : {};
  const { preconditions, gracePeriodSeconds, dryRun, propagationPolicy, orphanDependents } = body;
  const { uid, resourceVersion } = asJsonObject(preconditions);
  const policy = propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  const orphans =
    orphanDependents ??
    (query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined);
  const dryRuns = Array.isArray(dryRun) ? dryRun.map(asText) : query.getAll('dryRun');
  checkDeleteOptions({
    dryRun: dryRuns,
    propagationPolicy: policy === undefined ? undefined : asText(policy),
    orphanDependents: orphans === undefined ? undefined : orphans === true,
  });
  const seconds = gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined;
  if (seconds !== undefined && !/^-?\d+$/.test(asText(seconds))) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(seconds)}: invalid syntax`);
  }
  return {
    dryRun: dryRuns.length > 0,
    warn: (text) => exchange.warn(text),
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
    ...propagation(policy, orphans),
    ...(seconds !== undefined && { gracePeriodSeconds: Number(seconds) }),
  };
}

/** What a delete is told of the dependents, in the new way or the old. */
function propagation(policy: unknown, orphans: unknown): Pick<DeleteOptions, 'propagationPolicy'> {
  if (typeof orphans === 'boolean') return { propagationPolicy: orphans ? 'Orphan' : 'Background' };
  return policy === 'Foreground' || policy === 'Background' || policy === 'Orphan'
    ? { propagationPolicy: policy }
    : {};
}

function decodeDeleteOptions(exchange: Exchange, bytes: Buffer): JsonObject {
  if (mediaTypeOf(exchange) === protobuf) return decodeProtobuf(bytes);
  const body = readJson(bytes, '');
  const { kind = 'DeleteOptions', apiVersion = '' } = body;
  if (kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  try {
    return decodeTyped('DeleteOptions', body).object;
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

/**
 * What the query of any write says.
 *
 * @throws StatusError 422 when it says what there isn't
 */
export function writeOptions(exchange: Exchange, query: URLSearchParams): WriteOptions {
  return {
    ...checkWriteQuery(exchange.method, query),
    duplicateFields: exchange.duplicateFields,
    warn: (text) => exchange.warn(text),
    fieldManager: managerOf(exchange, query),
  };
}

function mediaTypeOf({ headers }: Exchange): string {
  const mediaType = (headers['content-type'] ?? json).split(';')[0]!.trim();
  return mediaType === '*/*' ? json : mediaType;
}

/** The object that a JSON text says; of `null`, as in Go, one that is empty. */
function readJson(bytes: Buffer, about: string): JsonObject {
  let why = 'the text is no object';
  try {
    const body = parseJson(bytes) ?? {};
    if (isJsonObject(body)) return body;
  } catch (error) {
    why = (error as Error).message;
  }
  throw badRequest(`${about}couldn't get version/kind; json parse error: ${why}`);
}

import { asJsonObject, isJsonObject, type JsonObject } from './api-object.ts';
import type { Exchange } from './exchange.ts';
import type { DeleteOptions, WriteOptions } from '../writes/write-options.ts';
import { decodeProtobuf } from './protobuf/decode.ts';
import { isTrue } from './request-info.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

const json = 'application/json';
const protobuf = 'application/vnd.kubernetes.protobuf';

/**
 * Reads the object that a request brings, in JSON or, of a built-in kind, in protobuf.
 *
 * @throws StatusError 400 when it is none, 415 when it is in another format
 */
export async function readObject(exchange: Exchange, kind: string): Promise<JsonObject> {
  const mediaType = mediaTypeOf(exchange);
  if (mediaType !== json && mediaType !== protobuf) throw unsupportedMediaType();
  const bytes = await exchange.body();
  const unrecognized = `the object provided is unrecognized (must be of type ${kind})`;
  if (mediaType === protobuf) {
    try {
      return decodeProtobuf(bytes);
    } catch (error) {
      throw badRequest(`${unrecognized}: ${(error as Error).message}`);
    }
  }
  const body = parseJson(bytes);
  if (isJsonObject(body)) return body;
  const start = bytes.subarray(0, 100).toString();
  throw badRequest(`${unrecognized}: couldn't get version/kind; json parse error: ${start}`);
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
  let body: unknown = {};
  if (bytes.length > 0) {
    body = mediaTypeOf(exchange) === protobuf ? decodeProtobuf(bytes) : parseJson(bytes);
    if (!isJsonObject(body)) throw badRequest('the body of the request is no DeleteOptions');
  }
  const { preconditions, gracePeriodSeconds, dryRun, propagationPolicy, orphanDependents } =
    asJsonObject(body);
  const policy = propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  const orphans =
    orphanDependents ??
    (query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined);
  const { uid, resourceVersion } = asJsonObject(preconditions);
  const seconds = gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined;
  return {
    ...writeOptions(query),
    ...(Array.isArray(dryRun) && dryRun.length > 0 && { dryRun: true }),
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

/** What the query of any write says. */
export function writeOptions(query: URLSearchParams): WriteOptions {
  return { dryRun: query.getAll('dryRun').some((value) => value !== '') };
}

function mediaTypeOf({ headers }: Exchange): string {
  const mediaType = (headers['content-type'] ?? json).split(';')[0]!.trim();
  return mediaType === '*/*' ? json : mediaType;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

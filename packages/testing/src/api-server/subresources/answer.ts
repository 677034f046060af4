import { asJsonObject, type JsonObject } from '../http/api-object.ts';
import type { Exchange } from '../http/exchange.ts';
import { readObject, writeOptions } from '../http/request-body.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { methodNotAllowed, noSuchResource, notFound } from '../http/status.ts';
import { actionTypes } from '../kinds/built-in-resources.ts';
import { subresourcesOf } from '../kinds/resource-type.ts';
import { shownAs } from '../schemas/custom-objects.ts';
import type { Registry } from '../store/registry.ts';
import { type StoredObject, storageKey } from '../store/store.ts';
import type { ObjectWriter } from '../writes/object-writer.ts';
import { readPatch } from '../writes/patch-body.ts';
import { timestamp } from '../writes/server-fields.ts';
import { typedPatched } from '../writes/typed-body.ts';
import { checkBody, checkDeletePreconditions, inNamespace } from '../writes/write-checks.ts';
import type { DeleteOptions, WriteOptions, WriteTarget } from '../writes/write-options.ts';
import { bind, checkActionName } from './binding.ts';
import { evicted, planEviction } from './eviction.ts';
import { scaleOf, withScale } from './scale.ts';
import { answerTokenRequest, type FindBound, type IssueToken } from './token-request.ts';

/** What subresources work on. */
export interface SubresourceParts {
  readonly registry: Registry;
  readonly writer: ObjectWriter;
  readonly issueToken: IssueToken;
}

/** An answer, and its HTTP status. */
export interface SubresourceAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One request to one subresource of one object. */
interface SubresourceRequest {
  readonly info: RequestInfo;
  readonly target: WriteTarget;
  readonly exchange: Exchange;
  readonly stored: StoredObject;
  readonly parts: SubresourceParts;
}

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/**
 * Answers a request to a subresource other than `status`: scale, or an action such as an eviction.
 *
 * @throws StatusError 400, 404, 405, 409, 422, 429 or 500
 */
export async function answerSubresource(
  info: RequestInfo,
  target: WriteTarget,
  exchange: Exchange,
  parts: SubresourceParts,
): Promise<SubresourceAnswer> {
  const { type, table } = target.resource;
  const { name, subresource, verb } = info;
  const found = subresourcesOf(type, target.version).find((one) => one.name === subresource);
  if (!found) throw noSuchResource();
  // A read of what can only be created is not one of another resource, and not allowed.
  if (!found.verbs.includes(verb)) throw methodNotAllowed();
  const stored = table.get(storageKey(target.namespace, name));
  if (!stored) throw notFound(type, name);
  const request = { info, target, exchange, stored, parts };
  switch (subresource) {
    case 'scale':
      return answerScale(request);
    case 'binding':
      return answerBinding(request);
    case 'eviction':
      return answerEviction(request);
    case 'token':
      return answerToken(request);
    default:
      throw noSuchResource();
  }
}

async function answerScale(request: SubresourceRequest): Promise<SubresourceAnswer> {
  const { info, target, exchange, stored, parts } = request;
  const { type } = target.resource;
  const paths = type.versions.find(({ name }) => name === target.version)!.scale!;
  const object = shownAs(type, target.version, stored.object);
  const scale = scaleOf(object, paths);
  if (info.verb === 'get') return { status: 200, body: scale };
  const options = writeOptions(exchange, info.query);
  const wanted =
    info.verb === 'patch'
      ? typedPatched(
          actionTypes.Scale,
          (await readPatch(exchange, actionTypes.Scale))(scale),
          options,
        )
      : await readAction(request, 'Scale', options);
  const changed = withScale(type, object, paths, asJsonObject(wanted));
  const written = parts.writer.update(target, info.name, '', changed, { ...options, by: 'scale' });
  return { status: 200, body: scaleOf(written.object, paths) };
}

async function answerBinding(request: SubresourceRequest): Promise<SubresourceAnswer> {
  const { info, target, exchange, stored, parts } = request;
  const options = writeOptions(exchange, info.query);
  const binding = await readAction(request, 'Binding', options);
  checkActionName('Binding', info.name, binding);
  parts.writer.rewrite(target, bind(stored.object, binding, now()), options);
  return { status: 201, body: success };
}

async function answerEviction(request: SubresourceRequest): Promise<SubresourceAnswer> {
  const { info, target, exchange, stored, parts } = request;
  const { registry, writer } = parts;
  const { dryRun = false } = writeOptions(exchange, info.query);
  const eviction = await readAction(request, 'Eviction', {});
  checkActionName('Eviction', info.name, eviction);
  const options = deleteOptionsOf(asJsonObject(eviction.deleteOptions), dryRun);
  const resource = registry.get('policy', 'poddisruptionbudgets')!;
  const budgets = resource.table.list(`${target.namespace}/`).map(({ object }) => object);
  const { budget } = planEviction(stored.object, budgets, now());
  const { namespace } = target;
  if (budget && !options.dryRun) writer.rewrite({ resource, version: 'v1', namespace }, budget);
  // Too late for the budget, as on the real server.
  checkDeletePreconditions(target.resource.type, stored, options);
  if (!options.dryRun) writer.rewrite(target, evicted(stored.object, now()));
  // The write of the pod has given it another version.
  const { resourceVersion: _checked, ...rest } = options;
  writer.delete(target, info.name, rest);
  return { status: 201, body: success };
}

async function answerToken(request: SubresourceRequest): Promise<SubresourceAnswer> {
  const { info, target, exchange, stored, parts } = request;
  const { registry, issueToken } = parts;
  const { namespace } = target;
  const action = await readAction(request, 'TokenRequest', writeOptions(exchange, info.query));
  const body = inNamespace(action, namespace);
  const find: FindBound = (resource, name) => {
    const { table, type } = registry.get('', resource)!;
    return table.get(storageKey(type.namespaced ? namespace : '', name))?.object;
  };
  return { status: 201, body: answerTokenRequest(stored.object, body, find, issueToken, now()) };
}

function deleteOptionsOf(body: JsonObject, dryRun: boolean): DeleteOptions {
  const { gracePeriodSeconds, preconditions, dryRun: own } = body;
  const { uid, resourceVersion } = asJsonObject(preconditions);
  return {
    dryRun: dryRun || (Array.isArray(own) && own.length > 0),
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
  };
}

async function readAction(
  { target, exchange }: SubresourceRequest,
  kind: keyof typeof actionTypes,
  options: WriteOptions,
): Promise<JsonObject> {
  const body = await readObject(exchange, kind);
  const resource = { ...target.resource, type: actionTypes[kind] };
  return checkBody({ ...target, resource, version: 'v1' }, body, options);
}

function now(): string {
  return timestamp(new Date());
}

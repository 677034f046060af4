import {
  copyObjectIdentifier,
  groupVersionKindFrom,
  invalidInput,
  objectIdentifierFrom,
  validateObjectIdentifier,
  validateQuery,
  type ApplyOptions,
  type DeleteOptions,
  type DepwatchError,
  type KubernetesObject,
  type ObjectIdentifier,
  type ObjectRequest,
  type ObjectWriteOptions,
  type SubresourceOptions,
  type WriteOptions,
} from '@depwatch/core';

import type { ApiBody, ApiMethod } from '../api-request.ts';
import type { Repeatable } from '../repeat.ts';
import type { Parameters } from '../request-url.ts';

/** What a call of an ObjectClient asks of the server, once its kind has an address. */
export interface ObjectCall extends ObjectRequest {
  readonly method: ApiMethod;
  /** Whether the address is the collection's. */
  readonly collection?: boolean;
  /** Whether the object has no name, and asks for none. */
  readonly nameless?: boolean;
  readonly parameters: Parameters;
  readonly body?: ApiBody;
  readonly repeat: Repeatable;
  readonly signal: AbortSignal | undefined;
}

/** The call of a `get`. */
export function getCall(
  id: ObjectIdentifier,
  { signal, subresource }: { signal?: AbortSignal } & SubresourceOptions = {},
): ObjectCall {
  return {
    ...{ verb: 'get', method: 'GET', id: namedBy(id), subresource },
    ...{ parameters: {}, repeat: 'always', signal },
  };
}

/** The call of a `create`. */
export function createCall(object: KubernetesObject, options: ObjectWriteOptions = {}): ObjectCall {
  const { subresource } = options;
  const collection = subresource === undefined;
  const id = collection ? newIdentifier(object, options) : targetOf(object, options);
  const nameless = collection && !id.name && !object.metadata?.generateName;
  return {
    ...{ verb: 'create', method: 'POST', id, subresource, collection, nameless },
    ...{ bodyKind: object.kind, body: encode('object', object, 'application/json') },
    ...writing(options),
  };
}

/** The call of an `update`. */
export function updateCall(object: KubernetesObject, options: ObjectWriteOptions = {}): ObjectCall {
  const { subresource } = options;
  return {
    ...{ verb: 'update', method: 'PUT', id: targetOf(object, options), subresource },
    ...{ bodyKind: object.kind, body: encode('object', object, 'application/json') },
    ...writing(options),
  };
}

/** The call of a `patch`. */
export function patchCall(
  id: ObjectIdentifier,
  patch: unknown,
  options: WriteOptions & SubresourceOptions = {},
): ObjectCall {
  const target = namedBy(id);
  if (typeof patch !== 'object' || patch === null)
    throw invalidInput('patch: expected an object (a merge patch) or an array (a JSON patch)');
  const type = Array.isArray(patch) ? 'json-patch' : 'merge-patch';
  return {
    ...{ verb: 'patch', method: 'PATCH', id: target, subresource: options.subresource },
    body: encode('patch', patch, `application/${type}+json`),
    ...writing(options),
  };
}

/** The call of an `apply`. */
export function applyCall(object: KubernetesObject, options: ApplyOptions): ObjectCall {
  if (!options?.fieldManager)
    throw invalidInput('fieldManager: must be set, to say whose fields these are from now on');
  const { subresource, force } = options;
  const { parameters, ...rest } = writing(options);
  return {
    ...{ verb: 'apply', method: 'PATCH', id: targetOf(object, options), subresource },
    // JSON is YAML.
    ...{ bodyKind: object.kind, body: encode('object', object, 'application/apply-patch+yaml') },
    ...rest,
    parameters: { ...parameters, force: force ? true : undefined },
  };
}

/** The call of a `delete`. */
export function deleteCall(id: ObjectIdentifier, options: DeleteOptions = {}): ObjectCall {
  const target = namedBy(id);
  const { signal, preconditions, propagationPolicy, gracePeriodSeconds, dryRun } = options;
  const wanted = { preconditions, propagationPolicy, gracePeriodSeconds };
  const plain = !dryRun && Object.values(wanted).every((value) => value === undefined);
  // Where there is a body, servers read nothing from the URL.
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...wanted };
  const type = 'application/json';
  return {
    ...{ verb: 'delete', method: 'DELETE', id: target, parameters: {}, signal },
    ...(!plain && {
      body: encode('options', { ...body, ...(dryRun && { dryRun: ['All'] }) }, type),
    }),
    // An object with that uid is deleted once: later there is none, or one with another uid. Without it, the second
    // request may meet an object that somebody has created since.
    repeat: dryRun || preconditions?.uid ? 'always' : 'unsent',
  };
}

/**
 * What writes have in common. One that may have been done is not sent again: a second create says that the object is
 * there, a second update that it has changed meanwhile, and whoever hears so believes that it was somebody else; a second
 * patch or apply may undo what came between.
 */
function writing({ signal, dryRun, fieldManager }: WriteOptions) {
  return {
    parameters: {
      dryRun: dryRun ? 'All' : undefined,
      fieldManager,
      // A field that the server doesn't know would be dropped in silence, and a controller that compares what it wants
      // with what is there would write for ever.
      fieldValidation: 'Strict',
    },
    repeat: dryRun ? 'always' : 'unsent',
    signal,
  } as const;
}

/** The object that is written, or the one whose subresource is. */
function targetOf(
  object: KubernetesObject,
  { subresource, of }: ObjectWriteOptions,
): ObjectIdentifier {
  checkObject(object);
  if (of === undefined) return objectIdentifierFrom(object);
  if (subresource === undefined) throw withoutSubresource();
  groupVersionKindFrom(object);
  return namedBy(of);
}

/** The identifier of an object that is about to be; the server may name it, or may not keep it, as a review. */
function newIdentifier(object: KubernetesObject, { of }: ObjectWriteOptions): ObjectIdentifier {
  checkObject(object);
  const { namespace, name } = object.metadata ?? {};
  if (of !== undefined) throw withoutSubresource();
  const id: ObjectIdentifier = {
    ...groupVersionKindFrom(object),
    ...(namespace && { namespace }),
    ...(name && { name }),
  };
  validateQuery(id);
  return id;
}

function withoutSubresource(): DepwatchError {
  return invalidInput('of: says whose subresource it is; set subresource, too');
}

function checkObject(object: unknown): void {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw invalidInput('object: expected an object with apiVersion, kind and metadata');
}

/** A copy, since the caller's may change before its kind is known. */
function namedBy(id: ObjectIdentifier): ObjectIdentifier {
  validateQuery(id);
  if (id.selector) throw invalidInput('selector: one object is read or written, by its name');
  validateObjectIdentifier(id);
  return copyObjectIdentifier(id);
}

function encode(field: string, value: object, type: string): ApiBody {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch {
    // A cycle, a BigInt, a getter that throws; what is said of it may quote data.
  }
  if (text === undefined) throw invalidInput(`${field}: can't be written as JSON`);
  return { type, bytes: Buffer.from(text) };
}

import {
  checkBoolean,
  checkRecord,
  checkSignal,
  checkText,
  encodeJson,
  isRecord,
} from './check-input.ts';
import { invalidInput, wrongType } from './errors.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ObjectRequest } from './object-error.ts';
import {
  checkSegment,
  copyObjectIdentifier,
  groupVersionKindFrom,
  validateQuery,
  type ObjectIdentifier,
} from './object-identifier.ts';
import type {
  ApplyOptions,
  DeleteOptions,
  ObjectWriteOptions,
  SubresourceOptions,
  WriteOptions,
} from './ports/object-client.ts';

/**
 * What a call of an ObjectClient asks of a server. It holds copies of all it was made of, which may change as soon as the
 * call is made.
 */
export interface ObjectCall extends ObjectRequest {
  /** What is sent, as JSON: an object, or a patch. */
  readonly body?: string;
  /** Whether a patch is a JSON patch; else it is a merge patch. */
  readonly jsonPatch?: boolean;
  /** Whether what is to be created has no name and asks for none, which only what isn't stored may do. */
  readonly nameless?: boolean;
  /** What a delete is told beside `dryRun`. */
  readonly deletion?: Pick<
    DeleteOptions,
    'preconditions' | 'propagationPolicy' | 'gracePeriodSeconds'
  >;
  readonly dryRun: boolean;
  readonly fieldManager?: string | undefined;
  /** Whether an apply takes over what others own. */
  readonly force: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The call of a `get`.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the field, as the other functions here
 */
export function getCall(
  id: ObjectIdentifier,
  options: { signal?: AbortSignal } & SubresourceOptions = {},
): ObjectCall {
  return { verb: 'get', id: namedBy(id), ...readOptions(options) };
}

/** The call of a `create`. */
export function createCall(object: KubernetesObject, options: ObjectWriteOptions = {}): ObjectCall {
  const read = readOptions(options);
  const body = encodeObject(object);
  const bodyKind = object.kind!;
  if (read.subresource !== undefined)
    return { verb: 'create', id: targetOf(object, options), body, bodyKind, ...read };
  // The server may name it, or may not keep it, as a review.
  const id = identifierOf(object, options);
  const nameless = !id.name && !object.metadata?.generateName;
  return { verb: 'create', id, body, bodyKind, nameless, ...read };
}

/** The call of an `update`. */
export function updateCall(object: KubernetesObject, options: ObjectWriteOptions = {}): ObjectCall {
  const read = readOptions(options);
  const body = encodeObject(object);
  return { verb: 'update', id: targetOf(object, options), body, bodyKind: object.kind!, ...read };
}

/** The call of a `patch`. */
export function patchCall(
  id: ObjectIdentifier,
  patch: unknown,
  options: WriteOptions & SubresourceOptions = {},
): ObjectCall {
  const read = readOptions(options);
  const target = namedBy(id);
  if (typeof patch !== 'object' || patch === null)
    throw wrongType('patch', 'an object (a merge patch) or an array (a JSON patch)', patch);
  const body = encodeJson('patch', patch, Array.isArray(patch) ? '[' : '{');
  return { verb: 'patch', id: target, body, jsonPatch: Array.isArray(patch), ...read };
}

/** The call of an `apply`. */
export function applyCall(object: KubernetesObject, options: ApplyOptions): ObjectCall {
  // Who calls without any, though the type asks for them, is told the same.
  const read = readOptions(options);
  if (!read.fieldManager)
    throw invalidInput(
      'fieldManager: must be set, to say whose fields these are from now on, for example "my-controller"',
    );
  const body = encodeObject(object);
  return { verb: 'apply', id: targetOf(object, options), body, bodyKind: object.kind!, ...read };
}

/** The call of a `delete`. */
export function deleteCall(id: ObjectIdentifier, options: DeleteOptions = {}): ObjectCall {
  const { signal, dryRun, force } = readOptions(options);
  const { preconditions, propagationPolicy, gracePeriodSeconds } = options;
  if (preconditions !== undefined) {
    checkRecord('preconditions', preconditions);
    checkText('preconditions.uid', preconditions.uid);
    checkText('preconditions.resourceVersion', preconditions.resourceVersion);
    // It would delete whatever is there, though its caller meant to make sure.
    if (preconditions.uid === undefined && preconditions.resourceVersion === undefined)
      throw invalidInput('preconditions: must have a uid or a resourceVersion');
  }
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    throw invalidInput(`propagationPolicy: must be one of ${policies.join(', ')}`);
  const isSeconds = Number.isSafeInteger(gracePeriodSeconds) && gracePeriodSeconds! >= 0;
  if (gracePeriodSeconds !== undefined && !isSeconds)
    throw invalidInput('gracePeriodSeconds: must be a whole number of seconds, 0 or more');
  const deletion = {
    ...(preconditions && { preconditions: { ...preconditions } }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
  };
  return { verb: 'delete', id: namedBy(id), deletion, signal, dryRun, force };
}

const policies: readonly string[] = ['Background', 'Foreground', 'Orphan'];

/** The server's own limit (in bytes), beyond which it takes none. */
const longestManager = 128;

type AnyOptions = Partial<ApplyOptions>;

function readOptions(
  options: AnyOptions = {},
): Pick<ObjectCall, 'subresource' | 'dryRun' | 'fieldManager' | 'force' | 'signal'> {
  checkRecord('options', options);
  const { signal, dryRun, force, fieldManager, subresource } = options;
  checkSignal(signal);
  checkBoolean('dryRun', dryRun);
  checkBoolean('force', force);
  checkText('fieldManager', fieldManager);
  if (fieldManager !== undefined && fieldManager.length > longestManager)
    throw invalidInput(
      `fieldManager: has ${fieldManager.length} characters; the longest has ${longestManager}`,
    );
  checkText('subresource', subresource);
  if (subresource === '') throw invalidInput('subresource: must have a name, such as "status"');
  checkSegment('subresource', subresource);
  return { subresource, dryRun: dryRun === true, force: force === true, fieldManager, signal };
}

/** What a subresource is written with that has a kind of its own, which is no object's. */
const kindsOfParts: Readonly<Record<string, string>> = {
  scale: 'Scale',
  eviction: 'Eviction',
  binding: 'Binding',
  token: 'TokenRequest',
};

/** The object that is written, or the one whose subresource is. */
function targetOf(object: KubernetesObject, options: ObjectWriteOptions): ObjectIdentifier {
  const { of, subresource } = options;
  if (of === undefined || subresource === undefined) {
    const id = identifierOf(object, options);
    if (subresource !== undefined && kindsOfParts[subresource] === id.kind)
      throw invalidInput(`of: must say whose ${subresource} the ${id.kind} is`);
    if (!id.name) throw invalidInput('metadata.name: the object has none');
    return id;
  }
  groupVersionKindFrom(object);
  checkRecord('of', of, 'an object identifier');
  if (!of.name) throw invalidInput('of: names no object');
  return namedBy(of);
}

/** The identifier of an object, which may have no name yet. */
function identifierOf(object: KubernetesObject, { of }: ObjectWriteOptions): ObjectIdentifier {
  if (of !== undefined)
    throw invalidInput('of: says whose subresource it is; set subresource, too');
  const { namespace, name } = object.metadata ?? {};
  return checkPlace({
    ...groupVersionKindFrom(object),
    ...(namespace && { namespace }),
    ...(name && { name }),
  });
}

function namedBy(id: ObjectIdentifier): ObjectIdentifier {
  validateQuery(id);
  if (id.selector) throw invalidInput('selector: one object is read or written, by its name');
  if (!id.name) throw invalidInput('name: must be set, since one object is read or written');
  return checkPlace(id);
}

/** A copy of an identifier none of whose parts could mean another place in a URL. */
function checkPlace(id: ObjectIdentifier): ObjectIdentifier {
  validateQuery(id);
  for (const field of ['group', 'version', 'namespace', 'name'] as const)
    checkSegment(field, id[field]);
  return copyObjectIdentifier(id);
}

function encodeObject(object: KubernetesObject): string {
  groupVersionKindFrom(object);
  const metadata: unknown = object.metadata ?? {};
  if (!isRecord(metadata)) throw wrongType('metadata', 'an object', metadata);
  for (const field of ['name', 'namespace', 'generateName'])
    checkText(`metadata.${field}`, metadata[field] ?? undefined);
  return encodeJson('object', object, '{');
}

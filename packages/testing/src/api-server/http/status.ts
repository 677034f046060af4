import type { KubernetesStatus } from '@depwatch/core';

/** A group and a resource's plural name, as messages and `details` of a Status name them. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** A group and a kind, as messages about invalid objects name them. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** One thing that is wrong with one field. */
export interface FieldError {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid';
  /** As the API server words it, without the field: `Required value: …`. */
  readonly message: string;
  readonly field: string;
}

/** A Status body with what the wire needs beside it. */
export type StatusBody = KubernetesStatus & {
  readonly metadata: { readonly continue?: string; readonly resourceVersion?: string };
};

/** An answer that is a failure; thrown anywhere below the HTTP front, which sends its body. */
export class StatusError extends Error {
  readonly body: StatusBody;

  constructor(code: number, reason: string, message: string, rest: Partial<StatusBody> = {}) {
    super(message);
    const { metadata = {}, details } = rest;
    // The order of Go's metav1.Status, so that bodies compare byte for byte.
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    };
  }
}

/** `configmaps`, `deployments.apps`. */
export function formatGroupResource({ group, resource }: GroupResource): string {
  return group ? `${resource}.${group}` : resource;
}

function details(name: string, group: string, kind: string): NonNullable<StatusBody['details']> {
  return { ...(name && { name }), ...(group && { group }), ...(kind && { kind }) };
}

/** 404: no such object. */
export function notFound(of: GroupResource, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${formatGroupResource(of)} ${JSON.stringify(name)} not found`,
    {
      details: details(name, of.group, of.resource),
    },
  );
}

/** 404: no such path within a group and version that are served. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {
    details: {},
  });
}

/** 409: an object of that name is there already. */
export function alreadyExists(of: GroupResource, name: string): StatusError {
  const message = `${formatGroupResource(of)} ${JSON.stringify(name)} already exists`;
  return new StatusError(409, 'AlreadyExists', message, {
    details: details(name, of.group, of.resource),
  });
}

/** 409: optimistic locking failed. */
export function modified(of: GroupResource, name: string): StatusError {
  return conflict(
    formatGroupResource(of),
    details(name, of.group, of.resource),
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** 409: an update that names the uid of another object. */
export function foreignUid(
  of: GroupResource,
  key: string,
  name: string,
  wanted: string,
  actual: string,
): StatusError {
  return conflict(
    formatGroupResource(of),
    details(name, of.group, of.resource),
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`,
  );
}

/** 409: an apply that names a uid, where there is no object. */
export function uidWithoutObject(of: GroupResource, name: string, uid: string): StatusError {
  return conflict(
    formatGroupResource(of),
    details(name, of.group, of.resource),
    name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}

/** 409: fields that others own; the conflicts of one manager stand together. */
export function applyConflict(
  conflicts: readonly { readonly manager: string; readonly field: string }[],
): StatusError {
  const lines = conflicts.map(({ manager, field }, index) =>
    conflicts[index - 1]?.manager === manager
      ? `- ${field}`
      : `conflicts with ${manager}:\n- ${field}`,
  );
  const list =
    conflicts.length === 1
      ? `conflict with ${conflicts[0]!.manager}: ${conflicts[0]!.field}`
      : lines.join('\n');
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  return new StatusError(409, 'Conflict', `Apply failed with ${count}: ${list}`, {
    details: {
      causes: conflicts.map(({ manager, field }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${manager}`,
        field,
      })),
    },
  });
}

/** 409: a precondition of a delete does not hold; the kind stands where others have the resource. */
export function failedPrecondition(of: GroupKind, name: string, what: string): StatusError {
  const qualified = of.group ? `${of.kind}.${of.group}` : of.kind;
  return conflict(qualified, details(name, of.group, of.kind), name, what);
}

/** 409, worded by the caller. */
export function conflict(
  qualified: string,
  about: NonNullable<StatusBody['details']>,
  name: string,
  why: string,
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified} ${JSON.stringify(name)}: ${why}`;
  return new StatusError(409, 'Conflict', message, { details: about });
}

/** 422: the object is refused, with a cause for each field. */
export function invalid(of: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const qualified = of.group ? `${of.kind}.${of.group}` : of.kind;
  // What is said twice stands twice among the causes, but once in the message.
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const message = `${qualified} ${JSON.stringify(name)} is invalid: ${list}`;
  return new StatusError(422, 'Invalid', message, {
    details: {
      ...details(name, of.group, of.kind),
      causes: errors.map(({ reason, message: text, field }) => ({ reason, message: text, field })),
    },
  });
}

/** 422 without a cause: what a failed JSON patch gets. */
export function unprocessable(): StatusError {
  return new StatusError(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    { details: {} },
  );
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** 500 with a message of its own, which the real server gives some bad input. */
export function internalFailure(message: string): StatusError {
  return new StatusError(500, '', message);
}

/** 401: the token is unknown. */
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

/** 403, worded for a resource or a path by the caller. */
export function forbidden(of: GroupResource | undefined, name: string, why: string): StatusError {
  if (!of) return new StatusError(403, 'Forbidden', `forbidden: ${why}`, { details: {} });
  const subject = name
    ? `${formatGroupResource(of)} ${JSON.stringify(name)}`
    : formatGroupResource(of);
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, {
    details: details(name, of.group, of.resource),
  });
}

/** 403: the namespace takes no new objects. */
export function namespaceTerminating(
  of: GroupResource,
  name: string,
  namespace: string,
): StatusError {
  const { body, message } = forbidden(
    of,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  return new StatusError(403, 'Forbidden', message, {
    details: {
      ...body.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  });
}

/** 429: a disruption budget does not allow an eviction, for now. */
export function tooManyEvictions(why: string, retryAfterSeconds: number): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  const causes = [{ reason: 'DisruptionBudget', message: why }];
  const details = { causes, ...(retryAfterSeconds > 0 && { retryAfterSeconds }) };
  return new StatusError(429, 'TooManyRequests', message, { details });
}

/** 405. */
export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    { details: {} },
  );
}

/** What the real server can be asked for and sent; of these this server knows JSON alone. */
const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** 406 of a read. */
export function notAcceptable(): StatusError {
  const streams = ['application/json', 'application/vnd.kubernetes.protobuf'];
  const available = [...mediaTypes, ...streams.map((mediaType) => `${mediaType};stream=watch`)];
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`;
  return new StatusError(406, 'NotAcceptable', message, { details: {} });
}

/** 406 of a known media type as a representation that isn't. */
export function notAcceptableRepresentation(): StatusError {
  return new StatusError(
    406,
    'NotAcceptable',
    `only the following media types are accepted: ${mediaTypes.join(', ')}`,
  );
}

/** 415 of a body's media type, with what is accepted instead. */
export function unsupportedMediaType(accepted: readonly string[] = mediaTypes): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** 415 of a patch whose media type is no kind of patch. */
export function unknownPatchType(): StatusError {
  return new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {
    details: {},
  });
}

/** 413. */
export function tooLarge(limitBytes: number): StatusError {
  return new StatusError(
    413,
    'RequestEntityTooLarge',
    `Request entity too large: limit is ${limitBytes}`,
    { details: {} },
  );
}

/** 413 of a JSON patch. */
export function tooManyOperations(limit: number, count: number): StatusError {
  return new StatusError(
    413,
    'RequestEntityTooLarge',
    `Request entity too large: The allowed maximum operations in a JSON patch is ${limit}, got ${count}`,
  );
}

/** 410: a watch from a version that is no longer in the history. */
export function tooOldVersion(version: number, oldest: number): StatusError {
  return new StatusError(410, 'Expired', `too old resource version: ${version} (${oldest})`);
}

/** 410: a list at a version that is no longer in the history. */
export function expiredList(): StatusError {
  return new StatusError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
}

/** 410: a continue token of such a version; `token` goes on with newer objects instead. */
export function expiredContinue(token: string): StatusError {
  return new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { metadata: { continue: token } },
  );
}

/** 504: a version that the server hasn't reached. */
export function tooLargeVersion(version: number, current: number): StatusError {
  return new StatusError(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${version}, current: ${current}`,
    {
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    },
  );
}

import type { ObjectCall } from '@depwatch/core';

import type { ApiBody, ApiMethod } from '../api-request.ts';
import type { Repeatable } from '../repeat.ts';
import type { Parameters } from '../request-url.ts';

/** How a call of an ObjectClient is put to the server, beside its address. */
export interface ObjectHttp {
  readonly method: ApiMethod;
  readonly parameters: Parameters;
  readonly body?: ApiBody;
  readonly repeat: Repeatable;
  /** Whether it changes something. */
  readonly changes: boolean;
}

const methods = {
  get: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'PATCH',
  delete: 'DELETE',
} as const;

/**
 * A call in the words of HTTP.
 *
 * A write that may have been done is not sent again: a second create says that the object is there, a second update that
 * it has changed meanwhile, and whoever hears so believes that it was somebody else; a second patch or apply may undo
 * what came between.
 */
export function httpOf(call: ObjectCall): ObjectHttp {
  const { verb, dryRun, fieldManager, force, body } = call;
  const method = methods[verb];
  const changes = verb !== 'get' && !dryRun;
  if (verb === 'get') return { method, parameters: {}, repeat: 'always', changes };
  if (verb === 'delete') return { method, parameters: {}, changes, ...deletionOf(call) };
  return {
    method,
    parameters: {
      dryRun: dryRun ? 'All' : undefined,
      fieldManager,
      // A field that the server doesn't know would be dropped in silence, and a controller that compares what it wants
      // with what is there would write for ever.
      fieldValidation: 'Strict',
      force: force ? true : undefined,
    },
    body: bodyOf(contentType(call), body!),
    repeat: dryRun ? 'always' : 'unsent',
    changes,
  };
}

function deletionOf({ deletion = {}, dryRun }: ObjectCall): Pick<ObjectHttp, 'body' | 'repeat'> {
  // An object with that uid is deleted once: later there is none, or one with another uid. Without it, the second
  // request may meet an object that somebody has created since.
  const repeat = dryRun || deletion.preconditions?.uid ? 'always' : 'unsent';
  if (!dryRun && Object.keys(deletion).length === 0) return { repeat };
  // Where there is a body, servers read nothing from the URL.
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', ...deletion };
  const text = JSON.stringify({ ...options, ...(dryRun && { dryRun: ['All'] }) });
  return { body: bodyOf('application/json', text), repeat };
}

function contentType({ verb, jsonPatch }: ObjectCall): string {
  // JSON is YAML.
  if (verb === 'apply') return 'application/apply-patch+yaml';
  if (verb !== 'patch') return 'application/json';
  return `application/${jsonPatch ? 'json' : 'merge'}-patch+json`;
}

function bodyOf(type: string, text: string): ApiBody {
  return { type, bytes: Buffer.from(text) };
}

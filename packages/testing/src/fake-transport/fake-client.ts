import {
  errorFromObjectStatus,
  invalidInput,
  type KubernetesObject,
  type ObjectCall,
  type ObjectClient,
  objectClientOver,
} from '@depwatch/core';

import type { ObjectRequests, RequestOptions } from './writes/object-requests.ts';
import type { AnyObject } from './writes/object-writer.ts';
import { Refusal } from './answers/refusal.ts';
import type { FakeRequest } from './faults/rules.ts';
import { copy } from './objects/copy.ts';

/** Sends a request, waits for what rules have it wait for, and answers with what the server makes of it. */
export type Send = <T>(
  request: FakeRequest,
  signal: AbortSignal | undefined,
  serve: () => T,
) => Promise<T>;

/** The methods of an ObjectClient, over the server's answers to single requests. */
export function createFakeClient(requests: ObjectRequests, send: Send): ObjectClient {
  return objectClientOver((call) =>
    send(requestOf(call), call.signal, () => {
      try {
        return copy(answer(requests, call));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw errorFromObjectStatus(error.status, call);
      }
    }),
  );
}

function answer(requests: ObjectRequests, call: ObjectCall): KubernetesObject {
  const { verb, id, dryRun, force, subresource = '', fieldManager = 'unknown' } = call;
  const options: RequestOptions = { subresource, dryRun, fieldManager, force };
  switch (verb) {
    case 'get':
      return requests.get(id, subresource);
    case 'delete':
      return requests.delete(id, { ...call.deletion, dryRun });
    case 'create':
      if (call.nameless) throw invalidInput('metadata.name: must be set, or generateName');
      return requests.create(id, bodyOf(call), options);
    default:
      return requests[verb](id, bodyOf(call), options);
  }
}

/** The call as rules see it. */
function requestOf(call: ObjectCall): FakeRequest {
  const { verb, id, subresource, body, deletion, dryRun, fieldManager, force } = call;
  const { group, version, kind } = id;
  const seen = verb === 'delete' ? { ...deletion, ...(dryRun && { dryRun }) } : undefined;
  return {
    operation: verb,
    gvk: { ...(group !== undefined && { group }), version, kind },
    id,
    ...(subresource !== undefined && { subresource }),
    ...(body !== undefined && { body: bodyOf(call) }),
    ...(seen && { body: seen }),
    options: {
      ...(dryRun && { dryRun }),
      ...(fieldManager !== undefined && { fieldManager }),
      ...(force && { force }),
    },
  };
}

/** A copy of what is sent. */
function bodyOf({ body = '' }: ObjectCall): AnyObject {
  return JSON.parse(body) as AnyObject;
}

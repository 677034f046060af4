import {
  describeObjectRequest,
  errorFromObjectStatus,
  invalidInput,
  isDepwatchError,
  type ApiResource,
  type ObjectClient,
} from '@depwatch/core';

import { isObject } from '../answers/decode.ts';
import { protocolError } from '../answers/transport-error.ts';
import type { ApiServer } from '../api-server.ts';
import { discover } from '../discovery.ts';
import { readJson } from '../read-json.ts';
import { objectPath } from '../request-url.ts';
import { KnownKinds } from './known-kinds.ts';
import {
  applyCall,
  createCall,
  deleteCall,
  getCall,
  patchCall,
  updateCall,
  type ObjectCall,
} from './object-calls.ts';

/** Reads and writes of single objects; see ObjectClient. They share connections that no watch holds. */
export function createObjectClient(api: ApiServer): ObjectClient {
  const kinds = new KnownKinds((gvk) =>
    discover(api, gvk, undefined, { short: true, repeat: 'always' }),
  );
  // What comes back is of the type that the caller says; `never` fits all.
  const send = (call: ObjectCall) => sendToKind(api, kinds, call) as Promise<never>;
  return {
    get: async (id, options) => unlessMissing(send(getCall(id, options))),
    create: async (object, options) => send(createCall(object, options)),
    update: async (object, options) => send(updateCall(object, options)),
    patch: async (id, patch, options) => send(patchCall(id, patch, options)),
    apply: async (object, options) => send(applyCall(object, options)),
    // The answer may be the whole object, a Secret's data and all.
    delete: async (id, options) => {
      await unlessMissing(send(deleteCall(id, options)));
    },
  };
}

async function unlessMissing(answer: Promise<never>): Promise<undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isDepwatchError(error, 'ERR_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Sends a call to its kind's address, and once more where that turns out to have moved. */
async function sendToKind(api: ApiServer, kinds: KnownKinds, call: ObjectCall): Promise<object> {
  const { id, signal } = call;
  const resource = await kinds.get(id, signal);
  try {
    return await sendTo(api, resource, call);
  } catch (error) {
    if (!isDepwatchError(error, 'ERR_NO_VERSIONED_RESOURCE')) throw error;
    // The kind may have been deleted, or created anew with another scope or plural.
    const now = await kinds.anew(id, resource, signal);
    if (now.resource === resource.resource && now.namespaced === resource.namespaced) throw error;
    return sendTo(api, now, call);
  }
}

async function sendTo(api: ApiServer, resource: ApiResource, call: ObjectCall): Promise<object> {
  const { id, subresource, collection, method, body, repeat, signal } = call;
  checkAddress(resource, call);
  const { namespace, name } = id;
  const place = { namespace, name: collection ? undefined : name, subresource };
  const describe = () => describeObjectRequest(call);
  const answer = await readJson(
    api,
    {
      path: objectPath(resource, place, call.parameters),
      accept: 'application/json',
      short: true,
      ...{ method, body, repeat, signal, describe },
      errorFrom: (status, retryAfterMs) => errorFromObjectStatus(status, call, retryAfterMs),
    },
    api.settings.maxLineBytes,
  );
  if (!isObject(answer)) throw protocolError(describe(), 'an answer that is no object');
  return answer;
}

/** What only discovery tells: whether there has to be a namespace, and a name. */
function checkAddress({ namespaced, verbs }: ApiResource, { id, nameless }: ObjectCall): void {
  if (namespaced && !id.namespace)
    throw invalidInput(`namespace: must be set, since a ${id.kind} lives in one`);
  // What can't be read back, such as a review, has no name.
  if (nameless && verbs.includes('get'))
    throw invalidInput(`metadata.name: the ${id.kind} has none, and no generateName`);
}

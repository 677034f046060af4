import {
  describeObjectRequest,
  errorFromObjectStatus,
  invalidInput,
  isDepwatchError,
  objectClientOver,
  type ApiResource,
  type ObjectCall,
  type ObjectClient,
} from '@depwatch/core';

import type { ApiServer } from '../api-server.ts';
import type { AnswerHeaders } from '../attempt.ts';
import { discover } from '../discovery.ts';
import { readJson } from '../read-json.ts';
import { objectPath } from '../request-url.ts';
import { KnownKinds } from './known-kinds.ts';
import { unlikeAnswerTo } from './object-answer.ts';
import { httpOf } from './object-http.ts';
import { ServerWarnings } from './server-warnings.ts';

/** Reads and writes of single objects; see ObjectClient. They share connections that no watch holds. */
export function createObjectClient(api: ApiServer): ObjectClient {
  const kinds = new KnownKinds((gvk) =>
    discover(api, gvk, undefined, { short: true, repeat: 'always' }),
  );
  const warnings = new ServerWarnings(api.logger);
  return objectClientOver((call) =>
    sendToKind(kinds, call, (resource) =>
      sendTo(api, resource, call, (headers) => warnings.tell(headers, call)),
    ),
  );
}

/** Sends a call to its kind's address, and once more where that turns out to have moved. */
async function sendToKind(
  kinds: KnownKinds,
  call: ObjectCall,
  send: (resource: ApiResource) => Promise<object>,
): Promise<object> {
  const { id, signal } = call;
  let resource = await kinds.get(id, signal);
  // It may have lost its namespaces since, which no answer would tell: nothing is sent.
  if (lacksNamespace(resource, call)) resource = await kinds.anew(id, resource, signal);
  try {
    return await send(resource);
  } catch (error) {
    if (!isDepwatchError(error, 'ERR_NO_VERSIONED_RESOURCE')) throw error;
    // The kind may have been deleted, or created anew with another scope or plural.
    const now = await kinds.anew(id, resource, signal);
    if (now.resource === resource.resource && now.namespaced === resource.namespaced) throw error;
    return send(now);
  }
}

async function sendTo(
  api: ApiServer,
  resource: ApiResource,
  call: ObjectCall,
  onHeaders: (headers: AnswerHeaders) => void,
): Promise<object> {
  checkAddress(resource, call);
  const { verb, subresource, signal } = call;
  const { namespace, name } = call.id;
  const isCollection = verb === 'create' && subresource === undefined;
  const place = { namespace, name: isCollection ? undefined : name, subresource };
  const { parameters, ...http } = httpOf(call);
  const answer = await readJson(
    api,
    {
      path: objectPath(resource, place, parameters),
      accept: 'application/json',
      short: true,
      ...{ ...http, signal, onHeaders },
      describe: () => describeObjectRequest(call),
      errorFrom: (status, retryAfterMs) => errorFromObjectStatus(status, call, retryAfterMs),
      refuse: (body) => unlikeAnswerTo(call, body),
    },
    api.settings.maxLineBytes,
  );
  return answer as object;
}

/** What only discovery tells: whether there has to be a namespace, and a name. */
function checkAddress(resource: ApiResource, call: ObjectCall): void {
  const { id, nameless } = call;
  if (lacksNamespace(resource, call))
    throw invalidInput(`namespace: must be set, since a ${id.kind} lives in one`);
  // What can't be read back, such as a review, has no name.
  if (nameless && resource.verbs.includes('get'))
    throw invalidInput(`metadata.name: the ${id.kind} has none, and no generateName`);
}

function lacksNamespace({ namespaced }: ApiResource, { id }: ObjectCall): boolean {
  return namespaced && !id.namespace;
}

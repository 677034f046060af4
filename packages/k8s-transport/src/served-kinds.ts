import { groupVersionKindKey, isDepwatchError, type ServedKinds } from '@depwatch/core';

import { isObject } from './answers/decode.ts';
import { protocolError } from './answers/transport-error.ts';
import type { ApiServer } from './api-server.ts';
import { readJson } from './read-json.ts';

const maxBytes = 16 * 1024 * 1024;
const describe = () => 'discovery of all groups';

/**
 * The kinds of all groups but the core's; see Transport. One request, which costs a kube-apiserver (1.30 and later) next to
 * nothing where nothing has changed, by the answer's ETag.
 */
export async function servedKinds(
  api: ApiServer,
  known: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ServedKinds | undefined> {
  let version: string | undefined;
  const request = {
    path: '/apis',
    accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    signal,
    known,
    describe,
    onHeaders: (headers: Readonly<Record<string, string | string[] | undefined>>) => {
      const { etag } = headers;
      version = typeof etag === 'string' ? etag : undefined;
    },
  };
  try {
    const answer = await readJson(api, request, maxBytes);
    return { version, kinds: kindsOf(answer) };
  } catch (error) {
    if (isDepwatchError(error) && error.status?.code === 304) return undefined;
    throw error;
  }
}

function kindsOf(answer: unknown): ReadonlySet<string> {
  if (!isObject(answer) || answer['kind'] !== 'APIGroupDiscoveryList') {
    throw protocolError(describe(), 'an answer that is no aggregated discovery');
  }
  const kinds = new Set<string>();
  for (const { metadata, versions } of objectsIn(answer['items'])) {
    const group = isObject(metadata) ? metadata['name'] : undefined;
    if (typeof group !== 'string') continue;
    for (const { version, resources } of objectsIn(versions)) {
      if (typeof version !== 'string') continue;
      for (const { responseKind } of objectsIn(resources)) {
        const kind = isObject(responseKind) ? responseKind['kind'] : undefined;
        if (typeof kind === 'string') kinds.add(groupVersionKindKey({ group, version, kind }));
      }
    }
  }
  return kinds;
}

function objectsIn(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

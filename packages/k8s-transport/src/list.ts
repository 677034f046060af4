import { describeRequest, type ListPage, type ResourceQuery, type Transport } from '@depwatch/core';

import type { ApiServer } from './api-server.ts';
import type { ContentTypes } from './content-type.ts';
import { decodeObject, isObject, shapeOf } from './answers/decode.ts';
import { readJson } from './read-json.ts';
import { resourcePath } from './request-url.ts';
import { protocolError } from './answers/transport-error.ts';

/** One page of a list; see Transport. */
export async function list(
  api: ApiServer,
  contentTypes: ContentTypes,
  query: ResourceQuery,
  options: Parameters<Transport['list']>[1],
): Promise<ListPage> {
  const { signal, limit, continue: from, resourceVersion } = options;
  const describe = () => describeRequest('list', query);
  const path = resourcePath(query, { limit, continue: from, resourceVersion });
  const answer = await readJson(
    api,
    { path, describe, signal, ...contentTypes.for(query, 'list') },
    api.settings.maxListBytes,
  );
  const page = decodePage(answer, query);
  if (page === undefined) throw protocolError(describe(), 'an answer that is no list');
  return page;
}

function decodePage(answer: unknown, query: ResourceQuery): ListPage | undefined {
  // What has no items at all may be an object.
  if (!isObject(answer) || answer['items'] === undefined) return undefined;
  const {
    resourceVersion,
    continue: next,
    remainingItemCount: remaining,
  } = isObject(answer['metadata']) ? answer['metadata'] : {};
  // A list without items is null in Go.
  const items: unknown = answer['items'] ?? [];
  if (!Array.isArray(items)) return undefined;
  const shape = shapeOf(query.gvk, query.metadataOnly);
  const objects = [];
  for (const item of items) {
    const object = decodeObject(item, shape);
    if (object === undefined) return undefined;
    objects.push(object);
  }
  return {
    items: objects,
    // Some servers have no versions.
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    ...(typeof next === 'string' && next !== '' && { continue: next }),
    ...(typeof remaining === 'number' && { remaining }),
  };
}

import {
  formatGroupVersion,
  isDepwatchError,
  validateQuery,
  type ApiResource,
  type GroupVersionKind,
} from '@depwatch/core';

import { protocolError } from './answer-error.ts';
import type { ApiServer } from './api-server.ts';
import { isObject } from './decode.ts';
import { readJson } from './read-json.ts';
import { groupVersionPath } from './request-url.ts';

const maxBytes = 16 * 1024 * 1024;

/** The resource of a kind; see Transport. It asks for the kind's own group and version, and for nothing else. */
export async function discover(
  api: ApiServer,
  gvk: GroupVersionKind,
  signal: AbortSignal | undefined,
): Promise<ApiResource | undefined> {
  validateQuery(gvk);
  const describe = () => `discovery of ${formatGroupVersion(gvk)} ${gvk.kind}`;
  const request = { path: groupVersionPath(gvk), accept: 'application/json', describe, signal };
  try {
    const answer = await readJson(api, request, maxBytes);
    if (!isObject(answer) || !Array.isArray(answer['resources'])) {
      throw protocolError(describe(), 'an answer that is no list of resources');
    }
    return findResource(answer['resources'], gvk);
  } catch (error) {
    if (isDepwatchError(error) && error.status?.code === 404) return undefined;
    throw error;
  }
}

/** Finds a kind among the `resources` of an APIResourceList; subresources (`pods/log`) are kinds of their own. */
export function findResource(
  resources: readonly unknown[],
  gvk: GroupVersionKind,
): ApiResource | undefined {
  for (const entry of resources) {
    if (!isObject(entry)) continue;
    const { name, kind, namespaced, verbs, group, version } = entry;
    if (kind !== gvk.kind || typeof name !== 'string' || name === '' || name.includes('/'))
      continue;
    return {
      group: text(group) || gvk.group || '',
      version: text(version) || gvk.version,
      resource: name,
      namespaced: namespaced === true,
      verbs: Array.isArray(verbs) ? verbs.filter((verb) => typeof verb === 'string') : [],
    };
  }
  return undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

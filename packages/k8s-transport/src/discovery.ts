import {
  DepwatchError,
  formatGroupVersion,
  isDepwatchError,
  validateQuery,
  type ApiResource,
  type GroupVersionKind,
} from '@depwatch/core';

import type { ApiRequest } from './api-request.ts';
import type { ApiServer } from './api-server.ts';
import { isObject } from './answers/decode.ts';
import { readJson } from './read-json.ts';
import { groupVersionPath } from './request-url.ts';
import { protocolError } from './answers/transport-error.ts';

const maxBytes = 16 * 1024 * 1024;

/**
 * The resource of a kind; see Transport. It asks for the kind's own group and version, and for nothing else.
 *
 * @param how what a short request, see ApiRequest, has beside
 */
export async function discover(
  api: ApiServer,
  gvk: GroupVersionKind,
  signal: AbortSignal | undefined,
  how?: Pick<ApiRequest, 'short' | 'repeat'>,
): Promise<ApiResource | undefined> {
  validateQuery(gvk);
  const describe = () => `discovery of ${formatGroupVersion(gvk)} ${gvk.kind}`;
  const path = groupVersionPath(gvk);
  const request = { path, accept: 'application/json', describe, signal, ...how };
  try {
    const answer = await readJson(api, request, maxBytes);
    return findResource(resourcesOf(answer) ?? brokenList(describe()), gvk);
  } catch (error) {
    if (!isDepwatchError(error, 'ERR_NO_VERSIONED_RESOURCE')) throw error;
    if (gvk.group || gvk.version !== 'v1') return undefined;
    // Every API server has it, so whoever says so is none, or is not ready to be one.
    throw new DepwatchError('ERR_TRANSPORT', `${error.message}; no API server is without v1`, {
      retryable: true,
      reason: 'not-kubernetes',
    });
  }
}

function brokenList(request: string): never {
  throw protocolError(request, 'an answer that is no list of resources');
}

/** The entries of an APIResourceList, which Go sends as null where there are none. */
function resourcesOf(answer: unknown): readonly unknown[] | undefined {
  if (!isObject(answer) || answer['kind'] !== 'APIResourceList') return undefined;
  const resources: unknown = answer['resources'] ?? [];
  return Array.isArray(resources) ? resources : undefined;
}

/**
 * Finds a kind among the `resources` of an APIResourceList; subresources (`pods/log`) are kinds of their own. A kind may have
 * several: of those it is the one that can be watched, and others are commands in the form of one.
 */
export function findResource(
  resources: readonly unknown[],
  gvk: GroupVersionKind,
): ApiResource | undefined {
  const found = resources.flatMap((entry) => resourceFrom(entry, gvk) ?? []);
  const able = (verb: string) => found.find(({ verbs }) => verbs.includes(verb));
  return able('watch') ?? able('list') ?? found[0];
}

function resourceFrom(entry: unknown, gvk: GroupVersionKind): ApiResource | undefined {
  if (!isObject(entry)) return undefined;
  const { name, kind, namespaced, verbs, group, version } = entry;
  if (kind !== gvk.kind || typeof name !== 'string' || name === '' || name.includes('/'))
    return undefined;
  return {
    group: text(group) || gvk.group || '',
    version: text(version) || gvk.version,
    resource: name,
    namespaced: namespaced === true,
    verbs: Array.isArray(verbs) ? verbs.filter((verb) => typeof verb === 'string') : [],
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

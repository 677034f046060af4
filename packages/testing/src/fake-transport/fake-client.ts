import {
  copyObjectIdentifier,
  invalidInput,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
  type ObjectWriteOptions,
  validateQuery,
  errorFromObjectStatus,
} from '@depwatch/core';

import { isJsonObject } from '../api-server/http/api-object.ts';
import type { ObjectRequests, RequestOptions } from './object-requests.ts';
import type { AnyObject } from './object-writer.ts';
import { Refusal } from './refusal.ts';
import type { FakeRequest, ObjectOperation } from './rules.ts';
import { copy } from './selection.ts';

/** Sends a request, waits for what rules have it wait for, and answers with what the server makes of it. */
export type Send = <T>(
  request: FakeRequest,
  signal: AbortSignal | undefined,
  serve: () => T,
) => Promise<T>;

/** The methods of an ObjectClient, over the server's answers to single requests. */
export function createFakeClient(requests: ObjectRequests, send: Send): ObjectClient {
  /** What is given is copied before anything is awaited: it may change as soon as the call is made. */
  const ask = async <T>(
    verb: ObjectOperation,
    id: ObjectIdentifier,
    options: GivenOptions,
    body: unknown,
    serve: (options: RequestOptions) => KubernetesObject | undefined,
  ): Promise<T> => {
    const { signal, ...rest } = options;
    checkTarget(id);
    const { group, version, kind } = id;
    const gvk = { ...(group !== undefined && { group }), version, kind };
    const request: FakeRequest = {
      operation: verb,
      gvk,
      id,
      ...(rest.subresource && { subresource: rest.subresource }),
      ...(body !== undefined && { body }),
      options: copy(rest),
    };
    const answer = await send(request, signal, () => {
      try {
        const object = serve({
          subresource: rest.subresource ?? '',
          dryRun: rest.dryRun ?? false,
          fieldManager: rest.fieldManager ?? 'unknown',
          force: rest.force ?? false,
        });
        return object && copy(object);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { subresource } = rest;
        throw errorFromObjectStatus(error.status, {
          verb,
          id,
          subresource,
          bodyKind: kindOf(body),
        });
      }
    });
    return answer as T;
  };

  return {
    async get<T extends KubernetesObject>(given: ObjectIdentifier, options = {}) {
      const id = named(given);
      return ask<T | undefined>('get', id, options, undefined, ({ subresource }) =>
        requests.get(id, subresource),
      );
    },

    async create<T extends KubernetesObject>(object: T, options: ObjectWriteOptions = {}) {
      const { of, ...rest } = options;
      const body = bodyOf(object);
      const id = of ? named(of) : identify(body);
      if (!id.name && (options.subresource || !body.metadata?.generateName)) {
        throw invalidInput('metadata.name: must be set, or generateName to create an object');
      }
      return ask<T>('create', id, rest, body, (how) => requests.create(id, copy(body), how));
    },

    async update<T extends KubernetesObject>(object: T, options: ObjectWriteOptions = {}) {
      const { of, ...rest } = options;
      const body = bodyOf(object);
      const id = named(of ?? identify(body));
      return ask<T>('update', id, rest, body, (how) => requests.update(id, copy(body), how));
    },

    async patch<T extends KubernetesObject>(
      given: ObjectIdentifier,
      patch: object,
      options: GivenOptions = {},
    ) {
      const id = named(given);
      const body = Array.isArray(patch) ? (copy(patch) as unknown[]) : bodyOf(patch);
      return ask<T>('patch', id, options, body, (how) => requests.patch(id, copy(body), how));
    },

    async apply<T extends KubernetesObject>(
      object: T,
      options: ObjectWriteOptions & { fieldManager: string; force?: boolean },
    ) {
      const { of, ...rest } = options;
      if (!rest.fieldManager) throw invalidInput('fieldManager: must be set to apply an object');
      const body = bodyOf(object);
      const id = named(of ?? identify(body));
      return ask<T>('apply', id, rest, body, (how) => requests.apply(id, copy(body), how));
    },

    async delete(given, options = {}) {
      const id = named(given);
      const { signal, ...rest } = options;
      const policy: string | undefined = rest.propagationPolicy;
      if (policy && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
        throw invalidInput(`propagationPolicy: ${JSON.stringify(policy)} is none`);
      }
      const how = { ...(signal && { signal }), ...(rest.dryRun && { dryRun: true }) };
      await ask('delete', id, how, copy(rest), () => {
        try {
          requests.delete(id, rest);
        } catch (error) {
          // Gone already, which is all that was wanted.
          if (
            !(error instanceof Refusal && error.status.details?.name && error.status.code === 404)
          ) {
            throw error;
          }
        }
        return undefined;
      });
    },
  };
}

interface GivenOptions {
  readonly signal?: AbortSignal;
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly force?: boolean;
}

/** An identifier of one object. */
function named(id: ObjectIdentifier): ObjectIdentifier {
  validateQuery(id);
  if (!id.name || id.selector) throw invalidInput('name: must be set, and no selector');
  return copyObjectIdentifier(id);
}

/** A copy of what is to be sent. */
function bodyOf(given: object): AnyObject {
  if (!isJsonObject(given)) throw invalidInput('object, patch: must be an object');
  return copy(given) as AnyObject;
}

/** As `objectIdentifierFrom` of core, for objects whose name may be yet to be made. */
function identify({ apiVersion, kind, metadata }: KubernetesObject): ObjectIdentifier {
  if (!apiVersion) throw invalidInput('apiVersion: must be set, for example "apps/v1"');
  if (!kind) throw invalidInput('kind: must be set, for example "Deployment"');
  const slash = apiVersion.indexOf('/');
  const { namespace, name } = metadata ?? {};
  const id = {
    ...(slash > 0 && { group: apiVersion.slice(0, slash) }),
    version: apiVersion.slice(slash + 1),
    kind,
    ...(namespace && { namespace }),
    ...(name && { name }),
  };
  validateQuery(id);
  return copyObjectIdentifier(id);
}

/** @throws DepwatchError ERR_INVALID_INPUT for what could mean another place in a URL */
function checkTarget(id: ObjectIdentifier): void {
  for (const field of ['group', 'version', 'namespace', 'name'] as const) {
    if (/[/%]/.test(id[field] ?? '')) {
      throw invalidInput(`${field}: ${JSON.stringify(id[field])} names nothing in Kubernetes`);
    }
  }
}

function kindOf(body: unknown): string | undefined {
  return typeof body === 'object' &&
    body !== null &&
    'kind' in body &&
    typeof body.kind === 'string'
    ? body.kind
    : undefined;
}

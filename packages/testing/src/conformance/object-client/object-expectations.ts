import assert from 'node:assert/strict';

import {
  isDepwatchError,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
  objectIdentifierFrom,
  type Transport,
} from '@depwatch/core';

/** The transports of a harness that has a `client` are clients, too. */
export function asClient(transport: Transport): Transport & ObjectClient {
  for (const method of objectMethods) {
    assert.equal(typeof Reflect.get(transport, method), 'function', `${method}() must be there`);
  }
  return transport as Transport & ObjectClient;
}

/** The methods of an ObjectClient. */
export const objectMethods = ['get', 'create', 'update', 'patch', 'apply', 'delete'] as const;

/** What one call of each method would be, for an object. */
export function callsFor(
  client: ObjectClient,
  object: KubernetesObject,
  options: { readonly signal?: AbortSignal } = {},
  id: ObjectIdentifier = objectIdentifierFrom(object),
): readonly (readonly [method: (typeof objectMethods)[number], call: () => Promise<unknown>])[] {
  return [
    ['get', () => client.get(id, options)],
    ['create', () => client.create(object, options)],
    ['update', () => client.update(object, options)],
    ['patch', () => client.patch(id, { metadata: { labels: { patched: 'yes' } } }, options)],
    ['apply', () => client.apply(object, { ...options, fieldManager: 'conformance' })],
    ['delete', () => client.delete(id, options)],
  ];
}

/** Whether a call gave nothing, or was refused as one that cannot be made or that the server takes for wrong. */
export async function givesNothing(call: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await call()) === undefined;
  } catch (error) {
    return isDepwatchError(error, 'ERR_INVALID_INPUT') || isDepwatchError(error, 'ERR_REJECTED');
  }
}

/** An object without what the server fills in, for comparison with what was sent. */
export function bare<T extends KubernetesObject>(object: T | undefined): T | undefined {
  if (!object) return undefined;
  const { name, namespace, labels, annotations, finalizers } = object.metadata ?? {};
  const metadata = { name, namespace, labels, annotations, finalizers };
  return JSON.parse(JSON.stringify({ ...object, metadata })) as T;
}

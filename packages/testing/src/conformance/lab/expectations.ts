import assert from 'node:assert/strict';

import {
  type DepwatchError,
  type ErrorCode,
  formatGroupVersion,
  isDepwatchError,
  type KubernetesObject,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';

/** An event that has an object. */
export type ObjectEvent = Extract<WatchEvent, { object: KubernetesObject }>;

/** What holds for every object that a transport hands out. */
export function checkObject(object: KubernetesObject, query: ResourceQuery): void {
  const { apiVersion, kind, metadata } = object;
  assert.equal(apiVersion, formatGroupVersion(query.gvk), 'apiVersion must be that of the query');
  assert.equal(kind, query.gvk.kind, 'kind must be that of the query');
  assert.ok(metadata?.name, 'every object has a name');
  assert.ok(metadata.uid, `${metadata.name} must have a uid`);
  checkVersion(metadata.resourceVersion);
  assert.ok(!('managedFields' in metadata), `${metadata.name}: managedFields must be dropped`);
  assert.ok(
    !Object.hasOwn(metadata.annotations ?? {}, lastApplied),
    `${metadata.name}: the last-applied annotation must be dropped`,
  );
  if (query.metadataOnly) {
    assert.deepEqual(
      Object.keys(object).sort(),
      ['apiVersion', 'kind', 'metadata'],
      `${metadata.name}: metadataOnly must give apiVersion, kind and metadata alone`,
    );
  }
}

/** The annotation in which kubectl keeps a copy of the whole object. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What holds for every event. */
export function checkEvent(event: WatchEvent, query: ResourceQuery): void {
  if (event.type === 'BOOKMARK') {
    checkVersion(event.resourceVersion);
    assert.ok(!('object' in event), 'a BOOKMARK carries a version, no object');
    if (event.initialEventsEnd !== undefined)
      assert.equal(typeof event.initialEventsEnd, 'boolean');
    return;
  }
  assert.match(event.type, /^(?:ADDED|MODIFIED|DELETED)$/, 'an unknown type of event');
  checkObject(event.object, query);
}

/** A version is what the server says: a decimal number as a string. */
export function checkVersion(version: unknown): asserts version is string {
  assert.equal(typeof version, 'string', 'a resourceVersion is a string');
  assert.match(version as string, /^[0-9]+$/, 'a resourceVersion is a decimal number');
}

/** The versions of successive events must grow. */
export function checkOrder(events: readonly ObjectEvent[]): void {
  let last = 0n;
  for (const { type, object } of events) {
    const version = BigInt(object.metadata!.resourceVersion!);
    assert.ok(version > last, `${type} ${object.metadata?.name}: version ${version} after ${last}`);
    last = version;
  }
}

/** What holds for every error, and its code. */
export function checkError(error: unknown, ...codes: readonly ErrorCode[]): DepwatchError {
  assert.ok(isDepwatchError(error), `expected a DepwatchError, got ${String(error)}`);
  assert.ok(
    codes.includes(error.code),
    `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`,
  );
  assert.equal(typeof error.retryable, 'boolean', 'an error says whether it is retryable');
  assert.ok(Object.hasOwn(error, 'code'), 'the code is an own property');
  assert.ok(error.message, 'an error has a message');
  JSON.stringify(error);
  return error;
}

/** `ADDED a`, `BOOKMARK (end)`: what happened, for comparison. */
export function tell(events: readonly WatchEvent[]): string[] {
  return events.map((event) =>
    event.type === 'BOOKMARK'
      ? `BOOKMARK${event.initialEventsEnd ? ' (end)' : ''}`
      : `${event.type} ${event.object.metadata?.name}`,
  );
}

/** The names of objects, sorted: a list promises no order. */
export function namesOf(objects: readonly KubernetesObject[]): string[] {
  return objects.map(({ metadata }) => metadata?.name ?? '').sort();
}

/** Runs a check for each input; a failure says for which. */
export async function forEach<T>(
  inputs: readonly T[],
  check: (input: T) => Promise<void>,
): Promise<void> {
  for (const input of inputs) {
    try {
      await check(input);
    } catch (error) {
      if (error instanceof Error) error.message = `${JSON.stringify(input)}: ${error.message}`;
      throw error;
    }
  }
}

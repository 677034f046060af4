import {
  type GroupVersionKind,
  type KubernetesObject,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';
import { expect } from 'vitest';

import type { FakeTransport } from '../src/index.ts';
export const configMap: GroupVersionKind = { version: 'v1', kind: 'ConfigMap' };
export const deployment: GroupVersionKind = { group: 'apps', version: 'v1', kind: 'Deployment' };

export interface ConfigMap extends KubernetesObject {
  data?: { [key: string]: string };
}

export function newConfigMap(name: string, rest: Partial<ConfigMap> = {}): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    ...rest,
    metadata: { name, namespace: 'a', ...rest.metadata },
  };
}

export async function queryFor(
  transport: FakeTransport,
  gvk: GroupVersionKind,
  rest: Partial<ResourceQuery> = {},
): Promise<ResourceQuery> {
  const resource = await transport.discover(gvk, {});
  if (!resource) throw new Error(`no ${gvk.kind}`);
  const { verbs: _, ...gvr } = resource;
  return { gvk, gvr, ...rest };
}

export type Options = Parameters<FakeTransport['watch']>[1];

/** A watch that has been accepted, for what happens from now on unless `options` say otherwise. */
export async function openWatch(
  transport: FakeTransport,
  query: ResourceQuery,
  options: Options = {},
) {
  const { resourceVersion } = transport;
  const iterator = transport
    .watch(query, { ...(!options.initialEvents && { resourceVersion }), ...options })
    [Symbol.asyncIterator]();
  expect(await iterator.next()).toEqual({ done: false, value: [] });
  return iterator;
}

export function told(events: readonly WatchEvent[]): string[] {
  return events.map((event) =>
    event.type === 'BOOKMARK'
      ? `BOOKMARK${event.initialEventsEnd ? ' end' : ''}`
      : `${event.type} ${event.object.metadata?.name}`,
  );
}

export async function names(transport: FakeTransport, query: ResourceQuery): Promise<string[]> {
  const { items } = await transport.list(query, {});
  return items.map((item) => item.metadata?.name ?? '');
}

export const code = (expected: string) =>
  expect.objectContaining({ name: 'DepwatchError', code: expected });

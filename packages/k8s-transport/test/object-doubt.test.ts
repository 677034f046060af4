import type { ServerResponse } from 'node:http';

import type { ObjectClient } from '@depwatch/core';
import { describe, expect, it } from 'vitest';

import { answer, configMap, failureOf, plainServer, transportFor } from './helpers.ts';

const id = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const discovery = {
  kind: 'APIResourceList',
  resources: [
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get'] },
    { name: 'bindings', kind: 'Binding', namespaced: true, verbs: ['create'] },
  ],
};
const doubt = 'it may have been done all the same';

/** A client of a server that answers whatever is asked of objects in one way. */
async function clientOf(respond: (response: ServerResponse) => void): Promise<ObjectClient> {
  const { kubeConfig } = await plainServer((request, response) => {
    if (request.url === '/api/v1') return answer(response, 200, discovery);
    return respond(response);
  });
  return transportFor(kubeConfig, { maxLineBytes: 1_000 });
}

function status(code: number, reason: string, more: object = {}) {
  return { kind: 'Status', status: 'Failure', code, reason, message: 'so it is', ...more };
}

function page(response: ServerResponse, code: number): void {
  response.writeHead(code, { 'content-type': 'text/html' }).end('<html>');
}

const writes: [string, (client: ObjectClient) => Promise<unknown>][] = [
  ['create', (client) => client.create(configMap('a'))],
  ['update', (client) => client.update(configMap('a'))],
  ['patch', (client) => client.patch(id, {})],
  ['apply', (client) => client.apply(configMap('a'), { fieldManager: 'me' })],
  ['delete', (client) => client.delete(id)],
];
const harmless: [string, (client: ObjectClient) => Promise<unknown>][] = [
  ['get', (client) => client.get(id)],
  ['dry run', (client) => client.create(configMap('a'), { dryRun: true })],
];
const lost: [string, (response: ServerResponse) => void][] = [
  ['the page of a gateway', (response) => page(response, 502)],
  ['a server that ran out of time', (response) => answer(response, 504, status(504, 'Timeout'))],
  ['a server that failed', (response) => answer(response, 500, status(500, 'InternalError'))],
  ['a success that is HTML', (response) => page(response, 200)],
  ['a success that is cut short', (response) => void response.end('{"kind"')],
  ['a success that is no object', (response) => answer(response, 200, [])],
  ['a success that is too long', (response) => answer(response, 200, { long: 'x'.repeat(1_000) })],
  ['a success of nothing', (response) => void response.writeHead(204).end()],
  ['silence, and an end', (response) => void response.socket?.destroy()],
];

describe.each(lost)('where the answer is %s', (_, respond) => {
  it.each(writes)('a %s says that it may have been done', async (_, write) => {
    const error = await failureOf(write(await clientOf(respond)));
    expect(error.code).toBe('ERR_TRANSPORT');
    expect(error.message.endsWith(`; ${doubt}`)).toBe(true);
  });

  it.each(harmless)('a %s says nothing of it, since it changes nothing', async (_, ask) => {
    const error = await failureOf(ask(await clientOf(respond)));
    expect(error.code).toBe('ERR_TRANSPORT');
    expect(error.message).not.toContain(doubt);
  });
});

it.each([
  ['a server that is busy', (response) => answer(response, 429, status(429, 'TooManyRequests'))],
  [
    'a server that asks to come back later',
    (response) => {
      const later = { details: { retryAfterSeconds: 60 } };
      answer(response, 503, status(503, 'ServiceUnavailable', later));
    },
  ],
  ['a redirect', (response) => page(response, 307)],
  ['a refusal', (response) => answer(response, 422, status(422, 'Invalid'))],
] as [string, (response: ServerResponse) => void][])(
  'a write that %s has certainly not done is in no doubt',
  async (_, respond) => {
    const error = await failureOf((await clientOf(respond)).create(configMap('a')));
    expect(error.message).not.toContain(doubt);
  },
);

describe('an answer about something else', () => {
  const others: [string, object][] = [
    ['another kind', { apiVersion: 'v1', kind: 'Secret', metadata: {}, data: { a: 'hunter2' } }],
    ['a list', { apiVersion: 'v1', kind: 'ConfigMapList', metadata: {}, items: [] }],
    ['a failure', status(409, 'Conflict')],
  ];
  const asking = [...writes, ...harmless].filter(([verb]) => verb !== 'delete');
  it.each(
    others.flatMap(([what, body]) => asking.map(([verb, ask]) => ({ what, verb, body, ask }))),
  )('$what is not taken for the object of a $verb', async ({ body, ask }) => {
    const client = await clientOf((response) => answer(response, 200, body));
    const error = await failureOf(ask(client));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'protocol' });
    expect(error.message).not.toContain('hunter2');
  });

  it('is what a binding and a part with a kind of its own get', async () => {
    const done = { kind: 'Status', apiVersion: 'v1', status: 'Success', code: 201 };
    const bound = await clientOf((response) => answer(response, 201, done));
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: configMap('a').metadata };
    expect(await bound.create(binding)).toEqual(done);

    const scale = { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 1 } };
    const scaled = await clientOf((response) => answer(response, 200, scale));
    expect(await scaled.get(id, { subresource: 'scale' })).toEqual(scale);
    expect(await scaled.patch(id, { spec: {} }, { subresource: 'scale' })).toEqual(scale);
  });
});

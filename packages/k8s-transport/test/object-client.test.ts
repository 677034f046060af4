import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';

import { type JsonPatchOperation, type KubernetesObject, silentLogger } from '@depwatch/core';
import { describe, expect, it } from 'vitest';

import { answer, configMap, failureOf, plainServer, transportFor } from './helpers.ts';

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly type: string | undefined;
  readonly body: unknown;
}

const resources = {
  '/api/v1': [
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get', 'create'] },
    { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get', 'create'] },
    { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs: ['get', 'create'] },
    { name: 'secrets', kind: 'Secret', namespaced: true, verbs: ['get', 'create'] },
  ],
  '/apis/apps/v1': [
    { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get', 'create'] },
  ],
  '/apis/a.dev/v1': [
    { name: 'reviews', kind: 'Review', namespaced: false, verbs: ['create'] },
    { name: 'things', kind: 'Thing', namespaced: true, verbs: ['get'] },
  ],
} as Record<string, unknown[]>;

type Answerer = (request: IncomingMessage, response: ServerResponse, heard: Heard) => void;

/** A server that knows some kinds, and what it has heard beside discovery. */
async function objectServer(
  answerer: Answerer = (request, response, { body }) =>
    answer(
      response,
      request.method === 'POST' ? 201 : 200,
      body === undefined || Array.isArray(body) ? configMap('a') : body,
    ),
) {
  const heard: Heard[] = [];
  const discoveries: string[] = [];
  const server = await plainServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request;
      const found = resources[url];
      if (found) {
        discoveries.push(url);
        return answer(response, 200, { kind: 'APIResourceList', resources: found });
      }
      const sent = await text(request);
      const body: unknown = sent === '' ? undefined : JSON.parse(sent);
      const one = { method, url, type: headers['content-type'], body };
      heard.push(one);
      return answerer(request, response, one);
    })();
  });
  return { ...server, heard, discoveries };
}

const cm = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const deployment = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'n', name: 'd' };
const at = '/api/v1/namespaces/default/configmaps';
const strict = 'fieldValidation=Strict';

describe('an ObjectClient', () => {
  it('asks in the words of the API', async () => {
    const { kubeConfig, heard, discoveries } = await objectServer();
    const client = transportFor(kubeConfig);
    const patch: JsonPatchOperation[] = [{ op: 'remove', path: '/data' }];
    const scale = {
      ...{ apiVersion: 'autoscaling/v1', kind: 'Scale' },
      ...{ metadata: { name: 'd', namespace: 'n' }, spec: { replicas: 3 } },
    };
    await client.get(cm);
    await client.get(deployment, { subresource: 'scale' });
    await client.create(configMap('a'), { dryRun: true, fieldManager: 'me' });
    await client.create({
      ...{ apiVersion: 'v1', kind: 'Namespace' },
      metadata: { generateName: 'x-', namespace: 'ignored' },
    });
    await client.update(configMap('a'), { subresource: 'status' });
    await client.update(scale, { subresource: 'scale', of: deployment });
    await client.patch(cm, { data: { a: 'b' } }, { fieldManager: 'me' });
    await client.patch(cm, patch);
    await client.apply(configMap('a'), { fieldManager: 'me' });
    await client.apply(configMap('a'), { fieldManager: 'me', force: true, subresource: 'status' });
    await client.delete(cm);
    await client.delete(cm, {
      ...{ preconditions: { uid: 'u', resourceVersion: '7' }, propagationPolicy: 'Foreground' },
      ...{ gracePeriodSeconds: 0, dryRun: true },
    });
    const json = 'application/json';
    const deploymentAt = '/apis/apps/v1/namespaces/n/deployments/d';
    expect(heard.map(({ method, url, type }) => [method, url, type])).toEqual([
      ['GET', `${at}/a`, undefined],
      ['GET', `${deploymentAt}/scale`, undefined],
      ['POST', `${at}?dryRun=All&fieldManager=me&${strict}`, json],
      ['POST', `/api/v1/namespaces?${strict}`, json],
      ['PUT', `${at}/a/status?${strict}`, json],
      ['PUT', `${deploymentAt}/scale?${strict}`, json],
      ['PATCH', `${at}/a?fieldManager=me&${strict}`, 'application/merge-patch+json'],
      ['PATCH', `${at}/a?${strict}`, 'application/json-patch+json'],
      ['PATCH', `${at}/a?fieldManager=me&${strict}`, 'application/apply-patch+yaml'],
      [
        'PATCH',
        `${at}/a/status?fieldManager=me&${strict}&force=true`,
        'application/apply-patch+yaml',
      ],
      ['DELETE', `${at}/a`, undefined],
      ['DELETE', `${at}/a`, json],
    ]);
    expect(heard[5]!.body).toEqual(scale);
    expect(heard[7]!.body).toEqual(patch);
    expect(heard[11]!.body).toEqual({
      ...{ apiVersion: 'v1', kind: 'DeleteOptions', dryRun: ['All'], gracePeriodSeconds: 0 },
      ...{ preconditions: { uid: 'u', resourceVersion: '7' }, propagationPolicy: 'Foreground' },
    });
    expect(discoveries).toEqual(['/api/v1', '/apis/apps/v1', '/api/v1']);
  });

  it('gives the whole object, with keys of any name', async () => {
    const object = JSON.parse(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default",' +
        '"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"},"managedFields":[{"manager":"m"}]},' +
        '"data":{"__proto__":"x","constructor":"y"}}',
    ) as KubernetesObject;
    const { kubeConfig, heard } = await objectServer((_, response) =>
      answer(response, 200, object),
    );
    const client = transportFor(kubeConfig);
    const got = await client.get(cm);
    expect(JSON.stringify(got)).toBe(JSON.stringify(object));
    await client.update(got!);
    expect(JSON.stringify(heard[1]!.body)).toBe(JSON.stringify(object));
    expect(await client.get(cm)).not.toBe(got);
  });

  it('asks for what it was given, whatever becomes of that', async () => {
    const { kubeConfig, heard } = await objectServer();
    const client = transportFor(kubeConfig);
    const id = { ...cm };
    const object = configMap('a');
    const of = { ...cm };
    const calls = [
      client.get(id),
      client.patch(id, {}),
      client.delete(id),
      client.update(object),
      client.update(object, { subresource: 'scale', of }),
    ];
    id.name = of.name = object.metadata.name = 'b';
    await Promise.all(calls);
    expect(heard).toHaveLength(5);
    for (const { url } of heard) expect(url).toMatch(/\/configmaps\/a\b/);
  });

  it('creates what has no name only where the kind keeps nothing', async () => {
    const { kubeConfig, heard } = await objectServer();
    const client = transportFor(kubeConfig);
    await client.create({ apiVersion: 'a.dev/v1', kind: 'Review' });
    expect(heard).toHaveLength(1);
    const nameless = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default' } };
    const error = await failureOf(client.create(nameless));
    expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT' });
    expect(error.message).toContain('metadata.name');
    expect(heard).toHaveLength(1);
  });

  it('refuses what can not be asked, and sends nothing', async () => {
    const { kubeConfig, heard } = await objectServer();
    const client = transportFor(kubeConfig);
    const cyclic: { self?: unknown } & KubernetesObject = configMap('a');
    cyclic.self = cyclic;
    const inNone = { ...cm, namespace: '' };
    const calls: [string, () => Promise<unknown>][] = [
      ['selector', () => client.get({ version: 'v1', kind: 'ConfigMap', selector: 'a=b' })],
      ['selector', () => client.delete({ ...cm, selector: 'a=b' })],
      ['name', () => client.get({ version: 'v1', kind: 'ConfigMap', namespace: 'default' })],
      ['namespace', () => client.get(inNone)],
      ['namespace', () => client.create({ ...configMap('a'), metadata: { name: 'a' } })],
      ['version', () => client.get({ ...cm, version: '' })],
      ['object identifier', () => client.get(null as never)],
      ...['.', '..', 'a/b', 'a%2Fb', '../x'].flatMap((bad): [string, () => Promise<unknown>][] => [
        ['name', () => client.get({ ...cm, name: bad })],
        ['namespace', () => client.delete({ ...cm, namespace: bad })],
        ['name', () => client.update(configMap(bad))],
        ['subresource', () => client.get(cm, { subresource: bad })],
      ]),
      ['subresource', () => client.get(cm, { subresource: '' })],
      ['name', () => client.get({ ...cm, name: 'x'.repeat(40_000) })],
      ['apiVersion', () => client.create({ kind: 'ConfigMap', metadata: { name: 'a' } })],
      ['apiVersion', () => client.create({ ...configMap('a'), apiVersion: 1 as never })],
      ['kind', () => client.update({ apiVersion: 'v1', metadata: { name: 'a' } })],
      ['metadata.name', () => client.update({ apiVersion: 'v1', kind: 'ConfigMap' })],
      ['object', () => client.create(null as never)],
      ['object', () => client.update([] as never)],
      ['object', () => client.create(cyclic)],
      ['of', () => client.create(configMap('a'), { of: cm })],
      ['of', () => client.update(configMap('a'), { of: cm })],
      [
        'selector',
        () => client.create(configMap('a'), { subresource: 'x', of: { ...cm, selector: 'a' } }),
      ],
      ['patch', () => client.patch(cm, null as never)],
      ['patch', () => client.patch(cm, 'text' as never)],
      ['patch', () => client.patch(cm, { a: 1n })],
      ['fieldManager', () => client.apply(configMap('a'), {} as never)],
      ['fieldManager', () => client.apply(configMap('a'), undefined as never)],
    ];
    for (const [field, call] of calls) {
      const error = await failureOf(call());
      expect(error, call.toString()).toMatchObject({ code: 'ERR_INVALID_INPUT' });
      expect(error.message, call.toString()).toContain(field);
    }
    expect(heard).toEqual([]);
  });

  it('can not be led elsewhere by a name', async () => {
    const { kubeConfig, heard } = await objectServer();
    await transportFor(kubeConfig).get({ ...cm, name: 'a?b#c d:e' });
    expect(heard[0]!.url).toBe(`${at}/a%3Fb%23c%20d%3Ae`);
  });

  it('knows no object, or deletes none, where there is none', async () => {
    const details = { name: 'a', kind: 'configmaps' };
    const { kubeConfig } = await objectServer((_, response) =>
      answer(response, 404, { kind: 'Status', code: 404, reason: 'NotFound', details }),
    );
    const client = transportFor(kubeConfig);
    expect(await client.get(cm)).toBeUndefined();
    await client.delete(cm);
    expect(await failureOf(client.update(configMap('a')))).toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(await failureOf(client.patch(cm, {}))).toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('says so where the server has no such kind', async () => {
    const { kubeConfig, heard } = await objectServer();
    const error = await failureOf(transportFor(kubeConfig).get({ ...cm, kind: 'Nope' }));
    expect(error).toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE', retryable: false });
    expect(error.message).toContain('v1 Nope');
    expect(heard).toEqual([]);
  });

  it('tells what the server warns of, each text once, and nothing that is said of Secrets', async () => {
    const { kubeConfig } = await objectServer((_, response, { body }) => {
      response.setHeader('warning', [
        '299 - "v1 ConfigMap is \\"old\\"", 299 - "a, b" "Sat, 25 Aug 2012 23:34:45 GMT", 199 - "no word of it"',
        '299 - ""',
        '299 - "c"',
      ]);
      answer(response, 200, body ?? configMap('a'));
    });
    const told: unknown[] = [];
    const warn = (fields: object, message: string) => void told.push([fields, message]);
    const client = transportFor(kubeConfig, { logger: { ...silentLogger, warn } });
    await client.create({ ...configMap('a'), kind: 'Secret' });
    expect(told).toEqual([]);
    await client.create(configMap('a'));
    await client.get(cm);
    const request = 'create of v1 ConfigMap "a" in namespace "default"';
    expect(told).toEqual(
      ['v1 ConfigMap is "old"', 'a, b', 'c'].map((text) => [
        { request },
        `the API server warns: ${text}`,
      ]),
    );
  });

  it('quotes nothing of a Secret that was refused', async () => {
    const { kubeConfig } = await objectServer((_, response, { body }) => {
      const field = 'data[k]';
      const message = `Invalid value: ${JSON.stringify(body)}`;
      const causes = [{ reason: 'FieldValueInvalid', message, field }];
      const status = { kind: 'Status', code: 422, reason: 'Invalid', message, details: { causes } };
      answer(response, 422, status);
    });
    const secret = { ...configMap('a'), kind: 'Secret', data: { k: 'canary' } };
    const error = await failureOf(transportFor(kubeConfig).create(secret));
    expect(error).toMatchObject({ code: 'ERR_REJECTED' });
    expect(error.message).toMatch(/: data\[k\] \(FieldValueInvalid\)$/);
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
  });

  it('takes no answer that is no object, or too long', async () => {
    let sent: unknown = [];
    const { kubeConfig } = await objectServer((_, response) => answer(response, 200, sent));
    const client = transportFor(kubeConfig, { maxLineBytes: 1_000 });
    expect(await failureOf(client.get(cm))).toMatchObject({ reason: 'protocol' });
    sent = configMap('a', { a: 'x'.repeat(1_000) });
    const error = await failureOf(client.update(configMap('a')));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'protocol' });
  });

  it('is ended by signals and by close', async () => {
    const { kubeConfig, heard } = await objectServer(() => {});
    const client = transportFor(kubeConfig);
    expect(await failureOf(client.get(cm, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(heard).toEqual([]);
    const abort = new AbortController();
    const aborted = failureOf(client.update(configMap('a'), { signal: abort.signal }));
    const closed = failureOf(client.create(configMap('b')));
    await expect.poll(() => heard.length).toBe(2);
    abort.abort();
    expect(await aborted).toMatchObject({ code: 'ERR_ABORTED' });
    await client.close();
    for (const error of [await closed, await failureOf(client.get(cm))]) {
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
    }
  });
});

it('a delete tells nothing of what it deleted, and no lone surrogate is a name', async () => {
  const server = await objectServer();
  const client = transportFor(server.kubeConfig);
  const id = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
  expect(await client.delete(id)).toBeUndefined();
  for (const [field, value] of Object.entries({ name: '\ud800', namespace: '\ud800' })) {
    await expect(client.get({ ...id, [field]: value })).rejects.toMatchObject({
      code: 'ERR_INVALID_INPUT',
    });
  }
});

describe('kinds', () => {
  const thing = { group: 'a.dev', version: 'v1', kind: 'Thing', namespace: 'n', name: 't' };
  const gone = (response: ServerResponse) =>
    answer(response, 404, { kind: 'Status', code: 404, reason: 'NotFound', details: {} });

  it('are looked up once for all who ask, whoever of them goes', async () => {
    const { kubeConfig, discoveries } = await objectServer();
    const client = transportFor(kubeConfig);
    const abort = new AbortController();
    const first = failureOf(client.get(cm, { signal: abort.signal }));
    const others = [1, 2, 3].map(() => client.get(cm));
    abort.abort();
    expect(await first).toMatchObject({ code: 'ERR_ABORTED' });
    await Promise.all(others);
    expect(discoveries).toEqual(['/api/v1']);
  });

  it('are looked up anew when their address is gone, and asked where they are now', async () => {
    const { kubeConfig, heard, discoveries } = await objectServer((request, response) =>
      request.url!.includes('/things/') ? gone(response) : answer(response, 200, thing),
    );
    const client = transportFor(kubeConfig);
    expect(await failureOf(client.patch(thing, {}))).toMatchObject({
      code: 'ERR_NO_VERSIONED_RESOURCE',
    });
    expect(discoveries).toEqual(['/apis/a.dev/v1', '/apis/a.dev/v1']);
    expect(heard).toHaveLength(1);
    const before = resources['/apis/a.dev/v1']!;
    resources['/apis/a.dev/v1'] = [
      { name: 'thingies', kind: 'Thing', namespaced: false, verbs: ['get'] },
    ];
    try {
      await client.patch(thing, {});
    } finally {
      resources['/apis/a.dev/v1'] = before;
    }
    expect(heard.map(({ url }) => url.split('?')[0])).toEqual([
      '/apis/a.dev/v1/namespaces/n/things/t',
      '/apis/a.dev/v1/namespaces/n/things/t',
      '/apis/a.dev/v1/thingies/t',
    ]);
  });

  it('are looked up anew where they may have lost their namespaces', async () => {
    const { kubeConfig, heard } = await objectServer((_request, response) =>
      answer(response, 200, thing),
    );
    const client = transportFor(kubeConfig);
    await client.patch(thing, {});
    const { namespace: _, ...nowhere } = thing;
    expect(await failureOf(client.patch(nowhere, {}))).toMatchObject({ code: 'ERR_INVALID_INPUT' });
    const before = resources['/apis/a.dev/v1']!;
    resources['/apis/a.dev/v1'] = before.map((one) => ({ ...(one as object), namespaced: false }));
    try {
      await client.patch(nowhere, {});
    } finally {
      resources['/apis/a.dev/v1'] = before;
    }
    expect(heard.map(({ url }) => url.split('?')[0])).toEqual([
      '/apis/a.dev/v1/namespaces/n/things/t',
      '/apis/a.dev/v1/things/t',
    ]);
  });
});

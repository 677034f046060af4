import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';

import type { KubernetesObject, ObjectMeta } from '@depwatch/core';
import { describe, expect, it, vi } from 'vitest';

import {
  answer,
  configMap,
  configMaps,
  eventsOf,
  failureOf,
  opened,
  plainServer,
  transportFor,
} from './helpers.ts';

const emptyList = { kind: 'ConfigMapList', metadata: { resourceVersion: '1' }, items: [] };
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const bookmark = line('BOOKMARK', { metadata: { resourceVersion: '9' } });

function stream(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  return response;
}

describe('requests', () => {
  it('go below the path of the server, with the credentials of the user', async () => {
    const server = await plainServer(
      (_, response) => answer(response, 200, emptyList),
      '/k8s/clusters/c-1/',
    );
    const transport = transportFor(server.kubeConfig, { userAgent: 'test/1' });
    await transport.list(configMaps, { limit: 5, continue: 'a+b/=', resourceVersion: '' });
    expect(server.requests[0]!.url).toBe(
      '/k8s/clusters/c-1/api/v1/namespaces/default/configmaps?limit=5&continue=a%2Bb%2F%3D',
    );
    expect(server.requests[0]!.headers).toMatchObject({
      accept: 'application/json;drop=metadata.managedFields',
      authorization: 'Bearer secret-token',
      'user-agent': 'test/1',
    });
  });

  it('ask for a watch in the words of the API', async () => {
    const server = await plainServer((_, response) => void stream(response).end());
    const transport = transportFor(server.kubeConfig);
    await eventsOf(transport.watch(configMaps, { resourceVersion: '7', timeoutMs: 1_001 }));
    await eventsOf(
      transport.watch({ ...configMaps, name: 'a' }, { resourceVersion: '7', initialEvents: true }),
    );
    const [first, second] = server.requests.map(({ url }) => url!.split('?')[1]);
    expect(first).toBe('watch=true&allowWatchBookmarks=true&timeoutSeconds=2&resourceVersion=7');
    expect(second).toBe(
      'fieldSelector=metadata.name%3Da&watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
    );
  });

  it('take a connection each with HTTP/1.1, and use it again', async () => {
    const responses: ServerResponse[] = [];
    const server = await plainServer((_, response) => responses.push(stream(response)));
    const transport = transportFor(server.kubeConfig);
    const watches = await Promise.all(
      Array.from({ length: 20 }, () => opened(transport.watch(configMaps, {}))),
    );
    expect(server.connections()).toBe(20);
    for (const response of responses) response.end();
    for (const watch of watches)
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    // A connection is free a moment after its answer has ended.
    await vi.waitFor(async () => {
      const before = server.connections();
      await opened(transport.watch(configMaps, {}));
      expect(server.connections()).toBe(before);
    });
  });

  it('end with their stream with HTTP/1.1, too', async () => {
    const server = await plainServer((_, response) => stream(response));
    const transport = transportFor(server.kubeConfig);
    const watch = await opened(transport.watch(configMaps, {}));
    const closed = once(server.requests[0]!.socket, 'close');
    await watch.return!();
    await closed;
  });
});

describe('metadata alone', () => {
  const query = { ...configMaps, metadataOnly: true };

  it('is asked for, and whole objects after a 406, which is remembered', async () => {
    const server = await plainServer((request, response) => {
      if (request.headers.accept!.includes('as='))
        return answer(response, 406, { kind: 'Status', code: 406 });
      if (request.url!.includes('watch=true'))
        return stream(response).end(line('ADDED', configMap('a', { b: 'c' })));
      return answer(response, 200, { ...emptyList, items: [configMap('a', { b: 'c' })] });
    });
    const transport = transportFor(server.kubeConfig);
    const expected = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
    };
    expect((await transport.list(query, {})).items).toEqual([expected]);
    expect(await eventsOf(transport.watch(query, {}))).toEqual([
      { type: 'ADDED', object: expected },
    ]);
    expect(server.requests.map(({ headers }) => headers.accept)).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1;drop=metadata.managedFields',
      'application/json',
      'application/json',
    ]);
  });

  it('asks a watch for its own kind, and takes a second 406 for an answer', async () => {
    const server = await plainServer((_, response) =>
      answer(response, 406, { kind: 'Status', code: 406 }),
    );
    const transport = transportFor(server.kubeConfig);
    const error = await failureOf(opened(transport.watch(query, {})));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false, status: { code: 406 } });
    expect(server.requests[0]!.headers.accept).toBe(
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1;drop=metadata.managedFields',
    );
    expect(server.requests).toHaveLength(2);
  });
});

describe('whole objects', () => {
  it('that are not wanted come as their metadata alone', async () => {
    const data = { text: 'x'.repeat(4_000) };
    const lines = ['a', 'b'].map((name) => line('ADDED', configMap(name, data)));
    const server = await plainServer((_, response) => stream(response).end(lines.join('')));
    const transport = transportFor(server.kubeConfig);
    const wanted = vi.fn(({ name }: ObjectMeta) => name === 'b');
    const identity = { apiVersion: 'v1', kind: 'ConfigMap' };
    const [a, b] = ['a', 'b'].map((name) => ({ name, namespace: 'default' }));
    const events = await eventsOf(transport.watch(configMaps, { wanted }));
    expect(events).toEqual([
      { type: 'ADDED', object: { ...identity, metadata: a } },
      { type: 'ADDED', object: { ...identity, metadata: b, data } },
    ]);
    expect(wanted.mock.calls).toEqual([[a], [b]]);
    // Who was asked knows by it that there is more.
    expect(wanted.mock.calls[0]![0]).toBe(
      (events[0] as { object: KubernetesObject }).object.metadata,
    );
    await eventsOf(transport.watch({ ...configMaps, metadataOnly: true }, { wanted }));
    expect(wanted).toHaveBeenCalledTimes(2);
  });

  it('are asked for without managedFields, and with what there is after a 406', async () => {
    const server = await plainServer((request, response) =>
      request.headers.accept!.includes(';')
        ? answer(response, 406, { kind: 'Status', code: 406 })
        : answer(response, 200, emptyList),
    );
    const transport = transportFor(server.kubeConfig);
    await transport.list(configMaps, {});
    await transport.list(configMaps, {});
    expect(server.requests.map(({ headers }) => headers.accept)).toEqual([
      'application/json;drop=metadata.managedFields',
      'application/json',
      'application/json',
    ]);
  });
});

describe('answers', () => {
  it('that redirect are not followed', async () => {
    const server = await plainServer(
      (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
    );
    const error = await failureOf(transportFor(server.kubeConfig).list(configMaps, {}));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false, status: { code: 302 } });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'secret', /no JSON/],
    ['no list', '{"kind":"Secret","data":"secret"}', /no list/],
    ['no objects', '{"metadata":{"resourceVersion":"1"},"items":["secret"]}', /no list/],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /no UTF-8/],
    [
      'too long',
      JSON.stringify({ ...emptyList, secret: 'x'.repeat(2_000) }),
      /more than 1000 bytes/,
    ],
  ])('to a list that are %s are an error without content', async (_, body, message) => {
    const server = await plainServer((__, response) => void response.writeHead(200).end(body));
    const transport = transportFor(server.kubeConfig, { maxListBytes: 1_000 });
    const error = await failureOf(transport.list(configMaps, {}));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason: 'protocol' });
    expect(error.status).toBeUndefined();
    expect(error.message).toMatch(message);
    expect(JSON.stringify([error.message, error, String(error.cause)])).not.toContain('secret');
  });

  it('may be lists without items', async () => {
    const server = await plainServer((_, response) =>
      answer(response, 200, { ...emptyList, items: null }),
    );
    expect(await transportFor(server.kubeConfig).list(configMaps, {})).toEqual({
      items: [],
      resourceVersion: '1',
    });
  });

  it('may be lists without a version, or even without metadata', async () => {
    let metadata: object | undefined = {};
    const server = await plainServer((_, response) =>
      answer(response, 200, { kind: 'ConfigMapList', metadata, items: [configMap('a')] }),
    );
    const transport = transportFor(server.kubeConfig);
    for (metadata of [{}, { resourceVersion: '' }, undefined]) {
      expect(await transport.list(configMaps, {})).toEqual({
        items: [configMap('a')],
        resourceVersion: '',
      });
    }
  });

  it('may come slowly, but not with longer pauses than the timeout', async () => {
    const body = JSON.stringify(emptyList);
    let write = (_text: string): void => {};
    const server = await plainServer((_, response) => {
      stream(response);
      write = (text) => void response.write(text);
      let at = 0;
      const next = () => {
        if (at < body.length) write(body[at++]!);
        else return response.end();
        return setTimeout(next, 10);
      };
      next();
    });
    const transport = transportFor(server.kubeConfig, { requestTimeoutMs: 250 });
    expect(await transport.list(configMaps, {})).toMatchObject({ items: [] });
    const stopped = await plainServer((_, response) => void stream(response).write('{'));
    const error = await failureOf(
      transportFor(stopped.kubeConfig, { requestTimeoutMs: 250 }).list(configMaps, {}),
    );
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason: 'timeout' });
    expect(error.message).toContain('250 ms');
  });
});

describe('watch streams', () => {
  it('may be silent, once they are accepted', async () => {
    const responses: ServerResponse[] = [];
    const server = await plainServer((_, response) => responses.push(stream(response)));
    const transport = transportFor(server.kubeConfig, { requestTimeoutMs: 50 });
    const watch = await opened(transport.watch(configMaps, {}));
    // The list is answered with headers alone, and takes as long as the watch may be silent.
    expect(await failureOf(transport.list(configMaps, {}))).toMatchObject({ retryable: true });
    responses[0]!.write(bookmark);
    expect((await watch.next()).value).toHaveLength(1);
  });

  it('may end without a newline', async () => {
    const server = await plainServer(
      (_, response) => void stream(response).end(bookmark.trimEnd()),
    );
    expect(await eventsOf(transportFor(server.kubeConfig).watch(configMaps, {}))).toEqual([
      { type: 'BOOKMARK', resourceVersion: '9' },
    ]);
  });

  it.each([
    ['a line that was cut off', '{"type":"ADDED","object":{"secret'],
    ['a line that is no event of a watch', line('SECRET', {})],
    ['a line that is no JSON', 'secret\n'],
    ['a line of more than 1000 bytes', line('ADDED', { secret: 'x'.repeat(1_000) })],
  ])('give what came before %s, then fail', async (message, text) => {
    const server = await plainServer((_, response) => void stream(response).end(bookmark + text));
    const transport = transportFor(server.kubeConfig, { maxLineBytes: 1_000 });
    const watch = await opened(transport.watch(configMaps, {}));
    expect((await watch.next()).value).toEqual([{ type: 'BOOKMARK', resourceVersion: '9' }]);
    const error = await failureOf(watch.next());
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toContain(message);
    expect(JSON.stringify([error.message, error, String(error.cause)])).not.toContain('secret');
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  it('go on after a bookmark that has no version, and tell of none', async () => {
    const end = { annotations: { 'k8s.io/initial-events-end': 'true' } };
    const lines = [{}, { metadata: {} }, { metadata: { resourceVersion: '' } }, { metadata: end }];
    const text = lines.map((object) => line('BOOKMARK', object)).join('');
    const server = await plainServer((_, response) => void stream(response).end(text + bookmark));
    expect(await eventsOf(transportFor(server.kubeConfig).watch(configMaps, {}))).toEqual([
      { type: 'BOOKMARK', resourceVersion: '', initialEventsEnd: true },
      { type: 'BOOKMARK', resourceVersion: '9' },
    ]);
  });

  it('pass on a DELETED that says no more than which object it was', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    const server = await plainServer(
      (_, response) => void stream(response).end(line('DELETED', object)),
    );
    expect(await eventsOf(transportFor(server.kubeConfig).watch(configMaps, {}))).toEqual([
      { type: 'DELETED', object },
    ]);
  });

  it('take for a protocol error an ERROR event that holds an object', async () => {
    const secret = { kind: 'Secret', message: 'canary', data: { password: 'canary' } };
    const server = await plainServer(
      (_, response) => void stream(response).write(line('ERROR', secret)),
    );
    const watch = await opened(transportFor(server.kubeConfig).watch(configMaps, {}));
    const error = await failureOf(watch.next());
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason: 'protocol' });
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
  });

  it('throw an ERROR event as the error that its Status is', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    const server = await plainServer(
      (_, response) => void stream(response).write(bookmark + line('ERROR', status)),
    );
    const watch = await opened(transportFor(server.kubeConfig).watch(configMaps, {}));
    expect((await watch.next()).value).toHaveLength(1);
    const closed = once(server.requests[0]!.socket, 'close');
    expect(await failureOf(watch.next())).toMatchObject({
      code: 'ERR_EXPIRED',
      status,
      message:
        'watch of v1 ConfigMap in namespace "default": the API server answered 410 Expired: too old',
    });
    await closed;
  });

  it('wait for a consumer that does not ask, and lose nothing', async () => {
    const total = 3_000;
    const text = 'x'.repeat(10_000);
    let written = 0;
    let stalled = () => {};
    const stall = new Promise<void>((resolve) => (stalled = resolve));
    const writeAll = async (response: ServerResponse) => {
      for (; written < total; written++) {
        if (response.write(line('ADDED', configMap(`cm-${written}`, { text })))) continue;
        const late = setTimeout(stalled, 500);
        await once(response, 'drain');
        clearTimeout(late);
      }
      response.end();
    };
    const server = await plainServer((_, response) => void writeAll(stream(response)));
    const watch = transportFor(server.kubeConfig).watch(configMaps, {});
    const iterator = await opened(watch);
    await stall;
    // What the system's buffers take comes on top of what is kept here.
    expect(written).toBeLessThan(total / 2);
    const events = await eventsOf({ [Symbol.asyncIterator]: () => iterator });
    expect(events.map((event) => event.type === 'ADDED' && event.object.metadata!.name)).toEqual(
      Array.from({ length: total }, (_, n) => `cm-${n}`),
    );
  });

  it('give the event loop a turn between bursts', async () => {
    const many = line('ADDED', configMap('a', { text: 'x'.repeat(1_000) })).repeat(10_000);
    const server = await plainServer((_, response) => void stream(response).end(many));
    const iterator = await opened(transportFor(server.kubeConfig).watch(configMaps, {}));
    let bytes = 0;
    let most = 0;
    let turn = setImmediate(function next() {
      bytes = 0;
      turn = setImmediate(next);
    });
    let events = 0;
    for (let burst = await iterator.next(); !burst.done; burst = await iterator.next()) {
      bytes += JSON.stringify(burst.value).length;
      most = Math.max(most, bytes);
      events += burst.value.length;
    }
    clearImmediate(turn);
    expect(events).toBe(10_000);
    expect(most).toBeLessThan(2 * 1024 * 1024);
  });
});

it('asks for the credentials once, however many ask for them', async () => {
  const server = await plainServer((_, response) => answer(response, 200, emptyList));
  const apply = vi.fn(async (options: object) => {
    await new Promise((resolve) => setImmediate(resolve));
    Object.assign(options, { headers: { Authorization: 'Bearer x\n' } });
  });
  const kubeConfig = {
    getCurrentCluster: () => ({ name: 'c', server: server.url }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: apply,
  };
  const transport = transportFor(kubeConfig);
  await Promise.all(Array.from({ length: 20 }, () => transport.list(configMaps, {})));
  await transport.list(configMaps, {});
  expect(apply).toHaveBeenCalledTimes(1);
  expect(server.requests[0]!.headers.authorization).toBe('Bearer x');
});

import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';

import type { ObjectClient } from '@depwatch/core';
import { describe, expect, it } from 'vitest';

import {
  answer,
  configMap,
  failureOf,
  kubeConfigFrom,
  plainServer,
  transportFor,
} from './helpers.ts';
import { secureServer } from './secure-server.ts';

const json = { ':status': 200, 'content-type': 'application/json' };
const cm = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const discovery = {
  kind: 'APIResourceList',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get'] }],
};

/** An HTTP/2 server that answers discovery, and leaves the rest, whose methods it counts, to `onObject`. */
async function http2Server(
  onObject: (stream: ServerHttp2Stream, method: string) => void,
  options: Parameters<typeof secureServer>[0] = {},
) {
  const { server, kubeConfig } = await secureServer(options);
  const methods: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/api/v1') {
      stream.respond(json);
      return stream.end(JSON.stringify(discovery));
    }
    methods.push(headers[':method']!);
    return onObject(stream, headers[':method']!);
  });
  return { kubeConfig, methods, sessions };
}

function succeed(stream: ServerHttp2Stream): void {
  stream.respond(json);
  stream.end(JSON.stringify(configMap('a')));
}

const writes: [string, string, (client: ObjectClient) => Promise<unknown>][] = [
  ['create', 'POST', (client) => client.create(configMap('a'))],
  ['update', 'PUT', (client) => client.update(configMap('a'))],
  ['patch', 'PATCH', (client) => client.patch(cm, {})],
  ['apply', 'PATCH', (client) => client.apply(configMap('a'), { fieldManager: 'me' })],
  ['delete', 'DELETE', (client) => client.delete(cm)],
];
const repeatable: [string, string, (client: ObjectClient) => Promise<unknown>][] = [
  ['get', 'GET', (client) => client.get(cm)],
  ['dry run', 'POST', (client) => client.create(configMap('a'), { dryRun: true })],
  ['delete of one uid', 'DELETE', (client) => client.delete(cm, { preconditions: { uid: 'u' } })],
];

describe('a request whose connection is lost', () => {
  it.each(writes)('is not sent again when it is a %s', async (_, method, write) => {
    const { kubeConfig, methods } = await http2Server((stream) => stream.session!.destroy());
    const error = await failureOf(write(transportFor(kubeConfig)));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason: 'unreachable' });
    expect(error.message).toContain('it may have been done all the same');
    expect(methods).toEqual([method]);
  });

  it.each(repeatable)('is sent again when it is a %s', async (_, method, call) => {
    let first = true;
    const { kubeConfig, methods } = await http2Server((stream) => {
      if (!first) return succeed(stream);
      first = false;
      return stream.session!.destroy();
    });
    await call(transportFor(kubeConfig));
    expect(methods).toEqual([method, method]);
  });

  it('is read from its start when it is sent again', async () => {
    let first = true;
    const { kubeConfig } = await http2Server((stream) => {
      if (!first) return succeed(stream);
      first = false;
      stream.respond(json);
      stream.write('{"half":');
      return setImmediate(() => stream.session!.destroy());
    });
    expect(await transportFor(kubeConfig).get(cm)).toEqual(configMap('a'));
  });

  it('is treated alike with HTTP/1.1', async () => {
    const methods: string[] = [];
    const server = await plainServer((request, response) => {
      if (request.url === '/api/v1') return answer(response, 200, discovery);
      methods.push(request.method!);
      return request.socket.destroy();
    });
    const client = transportFor(server.kubeConfig);
    expect((await failureOf(client.create(configMap('a')))).message).toContain(
      'may have been done',
    );
    expect(methods).toEqual(['POST']);
    await failureOf(client.get(cm));
    expect(methods).toEqual(['POST', 'GET', 'GET', 'GET', 'GET']);
  });
});

describe('a write that the server has not looked at', () => {
  it.each(writes)('is sent again: a %s on a refused stream', async (_, method, write) => {
    let refusals = 3;
    const { kubeConfig, methods } = await http2Server((stream) => {
      if (refusals-- > 0) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return succeed(stream);
    });
    await write(transportFor(kubeConfig));
    expect(methods).toEqual([method, method, method, method]);
  });

  it('is sent again: beyond the last stream of a GOAWAY', async () => {
    let first = true;
    const { kubeConfig, methods, sessions } = await http2Server((stream) => {
      if (!first) return succeed(stream);
      first = false;
      // That it has taken the stream, only this test knows.
      return stream.session!.goaway(constants.NGHTTP2_NO_ERROR, stream.id! - 2);
    });
    await transportFor(kubeConfig).create(configMap('a'));
    expect(methods).toEqual(['POST', 'POST']);
    expect(sessions.size).toBe(2);
  });

  it('is sent again when the server is busy, after the time that it asks for', async () => {
    const times: number[] = [];
    const server = await plainServer((request, response) => {
      if (request.url === '/api/v1') return answer(response, 200, discovery);
      times.push(performance.now());
      if (times.length > 1) return answer(response, 201, configMap('a'));
      response.setHeader('retry-after', '1');
      response.writeHead(429, { 'content-type': 'text/plain' });
      return response.end('Too many requests, please try again later.\n');
    });
    await transportFor(server.kubeConfig).create(configMap('a'));
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  it('fails at once where it would have to wait for too long, and says how long', async () => {
    let requests = 0;
    const server = await plainServer((request, response) => {
      if (request.url === '/api/v1') return answer(response, 200, discovery);
      requests++;
      response.setHeader('retry-after', '60');
      return answer(response, 503, { kind: 'Status', code: 503, reason: 'ServiceUnavailable' });
    });
    expect(await failureOf(transportFor(server.kubeConfig).create(configMap('a')))).toMatchObject({
      ...{ code: 'ERR_TRANSPORT', retryable: true, retryAfterMs: 60_000 },
    });
    expect(requests).toBe(1);
  });

  it('ends with its signal while it waits', async () => {
    let asked = () => {};
    const busy = new Promise<void>((resolve) => (asked = resolve));
    const server = await plainServer((request, response) => {
      if (request.url === '/api/v1') return answer(response, 200, discovery);
      response.setHeader('retry-after', '5');
      answer(response, 429, { kind: 'Status', code: 429 });
      return asked();
    });
    const abort = new AbortController();
    const call = transportFor(server.kubeConfig).create(configMap('a'), { signal: abort.signal });
    const failure = failureOf(call);
    await busy;
    abort.abort();
    expect(await failure).toMatchObject({ code: 'ERR_ABORTED' });
  });
});

it('a budget that forbids an eviction is for the caller to wait for', async () => {
  let requests = 0;
  const server = await plainServer((request, response) => {
    if (request.url === '/api/v1') return answer(response, 200, discovery);
    requests++;
    const details = { causes: [{ reason: 'DisruptionBudget', message: 'one' }] };
    response.setHeader('retry-after', '1');
    return answer(response, 429, { kind: 'Status', code: 429, details });
  });
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } };
  const evict = transportFor(server.kubeConfig).create(eviction, {
    subresource: 'eviction',
    of: cm,
  });
  expect(await failureOf(evict)).toMatchObject({
    ...{ code: 'ERR_REJECTED', retryable: true, retryAfterMs: 1_000 },
  });
  expect(requests).toBe(1);
});

it('a write with a token that is no longer good is sent once more, with a new one', async () => {
  const tokens: (string | undefined)[] = [];
  const server = await plainServer((request, response) => {
    tokens.push(request.headers.authorization);
    if (request.headers.authorization === 'Bearer stale')
      return answer(response, 401, { kind: 'Status', code: 401 });
    return request.url === '/api/v1'
      ? answer(response, 200, discovery)
      : answer(response, 201, configMap('a'));
  });
  let token = 'fresh';
  const kubeConfig = {
    getCurrentCluster: () => ({ name: 'c', server: server.url }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: async (options: object) => {
      Object.assign(options, { headers: { Authorization: `Bearer ${token}` } });
    },
  };
  // A clock that stands still, so that only the refusal makes the transport look.
  let now = 0;
  const clock = {
    now: () => now,
    setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
    random: () => 0,
  };
  token = 'stale';
  const client = transportFor(kubeConfig, { clock });
  const failed = failureOf(client.create(configMap('a')));
  expect(await failed).toMatchObject({ code: 'ERR_UNAUTHORIZED' });
  token = 'fresh';
  now = 2_000;
  await client.create(configMap('a'));
  expect(tokens.slice(-3)).toEqual(['Bearer stale', 'Bearer fresh', 'Bearer fresh']);
});

it('none of 50 writes fails on a server that ends the connection of whoever it refuses', async () => {
  const { server, kubeConfig } = await secureServer();
  let done = 0;
  let refusals = 0;
  // As a kube-apiserver has it since 1.29: one answer, and nothing of what came after that request.
  server.on('session', (session) => {
    let last = Infinity;
    session
      .on('error', () => {})
      .on('stream', (stream, headers) => {
        stream.on('error', () => {});
        if (stream.id! > last) return undefined;
        if (headers[':path'] === '/api/v1') {
          stream.respond(json);
          return stream.end(JSON.stringify(discovery));
        }
        if (headers.authorization === 'Bearer good') {
          done++;
          return succeed(stream);
        }
        refusals++;
        last = stream.id!;
        stream.respond({ ...json, ':status': 401 });
        stream.end('{"kind":"Status","code":401}');
        return session.goaway(constants.NGHTTP2_NO_ERROR, last);
      });
  });
  const { server: url, caData } = kubeConfigFrom(kubeConfig).getCurrentCluster()!;
  let token = 'stale';
  const client = transportFor({
    getCurrentCluster: () => ({ name: 'c', server: url }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: async (options: object) => {
      const headers = { Authorization: `Bearer ${token}` };
      Object.assign(options, { ca: Buffer.from(caData!, 'base64'), headers });
    },
  });
  await client.discover({ version: 'v1', kind: 'ConfigMap' }, {});
  token = 'good';
  await Promise.all(Array.from({ length: 50 }, () => client.update(configMap('a'))));
  expect(refusals).toBeGreaterThan(0);
  expect(done).toBe(50);
});

it('a write that is being done is not sent again when others have to move', async () => {
  const open: ServerHttp2Stream[] = [];
  const { kubeConfig, methods, sessions } = await http2Server((stream) => void open.push(stream), {
    settings: { maxConcurrentStreams: 2 },
  });
  const client = transportFor(kubeConfig);
  const first = client.create(configMap('a'));
  await expect.poll(() => open.length).toBe(1);
  await new Promise<void>((resolve) => {
    for (const session of sessions) session.settings({ maxConcurrentStreams: 1 }, () => resolve());
  });
  const others = [client.create(configMap('b')), client.create(configMap('c'))];
  await expect.poll(() => open.length, { timeout: 3_000 }).toBe(3);
  // Beyond the time after which a request asks whether it is stuck.
  await new Promise((resolve) => setTimeout(resolve, 700));
  open.forEach(succeed);
  await Promise.all([first, ...others]);
  expect(methods).toEqual(['POST', 'POST', 'POST']);
});

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';

import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ApiServer, type ApiServerOptions, startApiServer } from '../../src/index.ts';
import { RawClient } from './raw-client.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const streaming =
  'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

function map(name: string, more: object = {}): any {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more } };
}

let server: ApiServer;
let client: RawClient;

async function start(options?: ApiServerOptions): Promise<void> {
  await client?.[Symbol.asyncDispose]();
  await server?.stop();
  server = await startApiServer(options);
  client = new RawClient(server.kubeConfig);
}

beforeEach(() => start());
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server.stop();
});

describe('a client', () => {
  it('reads and writes through client-node, whose kubeconfig is the server’s text', async () => {
    const config = new KubeConfig();
    config.loadFromString(server.kubeConfig);
    const api = config.makeApiClient(CoreV1Api);
    await api.createNamespacedConfigMap({ namespace: 'default', body: map('a') });
    const { items } = await api.listNamespacedConfigMap({ namespace: 'default' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['a']);
    await expect(
      api.readNamespacedConfigMap({ namespace: 'default', name: 'b' }),
    ).rejects.toMatchObject({ code: 404 });
  });

  it('has what RBAC grants it, and nothing before', async () => {
    await using alice = new RawClient(server.kubeConfigFor('alice'));
    expect((await alice.get(maps)).status).toBe(403);
    server.objects.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'default' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    } as object);
    server.objects.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'reader', namespace: 'default' },
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'alice' }],
    } as object);
    expect((await alice.get(maps)).status).toBe(200);
    expect((await alice.get(`${maps}?watch=1`)).body.message).toBe(
      'configmaps is forbidden: User "alice" cannot watch resource "configmaps" in API group "" in the namespace "default"',
    );
  });

  it('keeps hostile keys and names to themselves', async () => {
    await client.post(
      maps,
      JSON.parse('{"metadata":{"name":"constructor"},"data":{"__proto__":"x"}}'),
    );
    await client.patch(`${maps}/constructor`, '{"data":{"__proto__":"y","constructor":"z"}}');
    const { text } = await client.get(`${maps}/constructor`);
    expect(text).toContain('"data":{"__proto__":"y","constructor":"z"}');
    expect(({} as any).polluted).toBeUndefined();
    expect((await client.get(`${maps}?labelSelector=constructor`)).body.items).toEqual([]);
    expect((await client.get(`${maps}/__proto__`)).status).toBe(404);
    expect((await client.get(`${maps}/a%2F..%2Fb`)).status).toBe(404);
  });

  it('may send 3 MiB and no more', async () => {
    const big = { ...map('big'), data: { a: 'x'.repeat(3 * 1024 * 1024) } };
    expect((await client.post(maps, big)).status).toBe(413);
  });

  it('sends protobuf, as Go clients do', async () => {
    // A ConfigMap {metadata: {name: "p"}, data: {k: "v"}} as client-go writes it.
    const field = (number: number, ...bytes: readonly (number | string | Buffer)[]): Buffer => {
      const content = Buffer.concat(
        bytes.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
      );
      return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
    };
    const object = Buffer.concat([field(1, field(1, 'p')), field(2, field(1, 'k'), field(2, 'v'))]);
    const unknown = Buffer.concat([
      field(1, field(1, 'v1'), field(2, 'ConfigMap')),
      field(2, object),
    ]);
    const stream = client.session().request({
      ':method': 'POST',
      ':path': maps,
      authorization: `Bearer ${JSON.parse(server.kubeConfig).users[0].user.token}`,
      'content-type': 'application/vnd.kubernetes.protobuf',
      accept: 'application/vnd.kubernetes.protobuf,application/json',
    });
    stream.end(Buffer.concat([Buffer.from('k8s\0'), unknown]));
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).toBe(201);
    expect((await client.get(`${maps}/p`)).body.data).toEqual({ k: 'v' });
  });
});

describe('a namespace', () => {
  it('takes its contents along, and waits for their finalizers', async () => {
    await client.post('/api/v1/namespaces', { metadata: { name: 'n' } });
    const path = '/api/v1/namespaces/n/configmaps';
    await client.post(path, map('plain'));
    await client.post(path, map('kept', { finalizers: ['example.com/f'] }));
    const namespaces = await client.watch(
      '/api/v1/namespaces?watch=1&fieldSelector=metadata.name%3Dn',
    );
    const watch = await client.watch(`${path}?watch=1`);
    await client.delete('/api/v1/namespaces/n');
    await watch.until(4);
    expect(watch.lines.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'ADDED kept',
      'ADDED plain',
      'MODIFIED kept',
      'DELETED plain',
    ]);
    expect((await client.post(path, map('late'))).status).toBe(403);
    await client.patch(`${path}/kept`, { metadata: { finalizers: null } });
    const seen = await namespaces.until(4);
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    expect((await client.get('/api/v1/namespaces/n')).status).toBe(404);
  });
});

describe('a watch', () => {
  it('gets bookmarks at the interval, and one before its time is over', async () => {
    await start({ bookmarkIntervalMs: 20 });
    const path = `${maps}?watch=1&allowWatchBookmarks=true&resourceVersion=${server.resourceVersion}`;
    const watch = await client.watch(path);
    const [bookmark] = await watch.until(1);
    expect(bookmark).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { resourceVersion: server.resourceVersion },
      },
    });
  });

  it('from a version that the history no longer reaches ends with an ERROR event', async () => {
    await client.post(maps, map('a'));
    const { resourceVersion } = server;
    await client.post(maps, map('b'));
    server.faults.compact();
    const watch = await client.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
    expect(await watch.untilEnd()).toBe('end');
    expect(watch.lines).toEqual([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: `too old resource version: ${resourceVersion} (${server.resourceVersion})`,
          reason: 'Expired',
          code: 410,
        },
      },
    ]);
  });

  it('loses its oldest versions when there are more changes than are kept', async () => {
    await start({ historyLimit: 100 });
    const { resourceVersion } = server;
    for (let index = 0; index < 200; index += 1)
      server.objects.apply({ ...map('a'), data: { index: `${index}` } });
    const late = await client.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
    await late.untilEnd();
    expect(late.lines[0]?.object.code).toBe(410);
    const recent = Number(server.resourceVersion) - 50;
    const watch = await client.watch(`${maps}?watch=1&resourceVersion=${recent}`);
    expect(await watch.until(50)).toHaveLength(50);
  });

  it('is not told of other names, and all of one kind share a line', async () => {
    const a = await client.watch(`${maps}?${streaming}&fieldSelector=metadata.name%3Da`);
    const b = await client.watch(`${maps}?${streaming}&fieldSelector=metadata.name%3Db`);
    const everywhere = await client.watch(
      `/api/v1/configmaps?watch=1&fieldSelector=metadata.name%3Db`,
    );
    await client.post(maps, map('a'));
    await client.post(maps, map('b'));
    await Promise.all([a.until(2), b.until(2), everywhere.until(1)]);
    expect(a.lines.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['BOOKMARK', undefined],
      ['ADDED', 'a'],
    ]);
    expect(b.lines[1]?.object.metadata.name).toBe('b');
    expect(everywhere.lines[0]?.object.metadata.name).toBe('b');
  });
});

describe('a paged list', () => {
  it('whose version is gone says so, with a token that goes on without it', async () => {
    for (const name of ['a', 'b', 'c']) await client.post(maps, map(name));
    const first = await client.get(`${maps}?limit=1`);
    server.faults.compact();
    await client.post(maps, map('bb'));
    server.faults.compact();
    const expired = await client.get(`${maps}?limit=1&continue=${first.body.metadata.continue}`);
    expect(expired.status).toBe(410);
    expect(expired.body).toMatchObject({
      reason: 'Expired',
      metadata: { continue: expect.any(String) },
    });
    const rest = await client.get(`${maps}?continue=${expired.body.metadata.continue}`);
    expect(rest.body.items.map((item: any) => item.metadata.name)).toEqual(['b', 'bb', 'c']);
    const exact = `${maps}?resourceVersion=${first.body.metadata.resourceVersion}&resourceVersionMatch=Exact`;
    expect((await client.get(exact)).body).toMatchObject({
      code: 410,
      message: 'The resourceVersion for the provided list is too old.',
    });
  });
});

describe('faults', () => {
  it('closeWatches ends streams cleanly', async () => {
    const watch = await client.watch(`${maps}?watch=1`);
    const other = await client.watch('/api/v1/secrets?watch=1');
    expect(server.requests.openWatches()).toBe(2);
    server.faults.closeWatches({ resource: 'configmaps' });
    expect(await watch.untilEnd()).toBe('end');
    expect(server.requests.openWatches()).toBe(1);
    other.close();
  });

  it('cutConnections breaks everything off', async () => {
    const watch = await client.watch(`${maps}?watch=1`);
    server.faults.cutConnections();
    expect(await watch.untilEnd()).not.toBe('end');
    expect((await client.get(maps)).status).toBe(200);
  });

  it('respond answers those requests, so many times, until undone', async () => {
    server.faults.respond({
      status: 429,
      retryAfterSeconds: 7,
      times: 1,
      match: { verb: 'list', resource: 'configmaps' },
    });
    expect((await client.get(`${maps}/a`)).status).toBe(404);
    const refused = await client.get(maps);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('7');
    expect(refused.body).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 7 },
    });
    expect((await client.get(maps)).status).toBe(200);
    const undo = server.faults.respond({ status: 500 });
    expect((await client.get('/version')).status).toBe(500);
    undo();
    undo();
    expect((await client.get('/version')).status).toBe(200);
  });

  it('refuseStreamingLists leaves lists and plain watches alone', async () => {
    const undo = server.faults.refuseStreamingLists(400);
    expect((await client.get(`${maps}?${streaming}`)).status).toBe(400);
    expect((await client.get(maps)).status).toBe(200);
    expect((await client.get(`${maps}?watch=1&timeoutSeconds=1`)).status).toBe(200);
    undo();
    const undoEvent = server.faults.refuseStreamingLists(405, 'event');
    const told = await client.watch(`${maps}?${streaming}`);
    expect(await told.untilEnd()).toBe('end');
    expect(told.lines).toMatchObject([{ type: 'ERROR', object: { code: 405 } }]);
    undoEvent();
    const undoSilence = server.faults.refuseStreamingLists(200, 'silence');
    const silent = await client.watch(`${maps}?${streaming}`);
    undoSilence();
    const watch = await client.watch(`${maps}?${streaming}`);
    await watch.until(1);
    expect([silent.lines, silent.ended]).toEqual([[], undefined]);
    silent.close();
    watch.close();
  });

  it('goAway lets running watches go on, on a connection that takes nothing new', async () => {
    const watch = await client.watch(`${maps}?watch=1`);
    const session = client.session();
    const told = once(session, 'goaway');
    server.faults.goAway();
    await told;
    await using other = new RawClient(server.kubeConfig);
    await other.post(maps, map('a'));
    await watch.until(1);
    expect(watch.lines[0]?.type).toBe('ADDED');
    watch.close();
  });

  it('limitStreams tells connections, old and new, how much they may carry', async () => {
    await client.get(maps);
    const session = client.session();
    const told = once(session, 'remoteSettings');
    const undo = server.faults.limitStreams(3);
    await told;
    expect(session.remoteSettings.maxConcurrentStreams).toBe(3);
    await using other = new RawClient(server.kubeConfig);
    await other.get(maps);
    expect(other.session().remoteSettings.maxConcurrentStreams).toBe(3);
    const again = once(session, 'remoteSettings');
    undo();
    await again;
    expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
  });

  it('blackHole answers nothing, not even a PING, and goes on where it stopped', async () => {
    const watch = await client.watch(`${maps}?watch=1`);
    const session = client.session();
    const undo = server.faults.blackHole();
    let answered = false;
    const ponged = new Promise<void>((resolve) => {
      session.ping(() => {
        answered = true;
        resolve();
      });
    });
    server.objects.create(map('a'));
    const socket = connectTcp(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    // Another server in the same process answers meanwhile, so there was time to.
    await using other = await startApiServer();
    await using prober = new RawClient(other.kubeConfig);
    expect((await prober.get(maps)).status).toBe(200);
    expect(answered).toBe(false);
    expect(watch.lines).toEqual([]);
    undo();
    await ponged;
    await watch.until(1);
    expect(watch.lines[0]?.object.metadata.name).toBe('a');
    socket.destroy();
  });

  it('delay holds back answers and events', async () => {
    const watch = await client.watch(`${maps}?watch=1`);
    const undo = server.faults.delay(50);
    const before = performance.now();
    server.objects.create(map('a'));
    await watch.until(1);
    expect(performance.now() - before).toBeGreaterThan(45);
    undo();
  });

  it('truncateNextLine and corruptNextLine spoil one line of each watch', async () => {
    const cut = await client.watch(`${maps}?watch=1`);
    const undo = server.faults.truncateNextLine();
    server.objects.create(map('a'));
    await cut.untilEnd();
    expect(cut.lines).toEqual([]);
    expect(cut.rest).toMatch(/^\{"type":"ADDED"/);
    undo();
    expect(server.requests.openWatches()).toBe(0);
    const watch = await client.watch(`${maps}?watch=1`);
    await watch.until(1);
    const undoCorrupt = server.faults.corruptNextLine({ resource: 'configmaps' });
    server.objects.create(map('b'));
    server.objects.create(map('c'));
    await watch.until(3);
    expect(watch.lines[1]).toBeTypeOf('string');
    expect(watch.lines[2]?.object.metadata.name).toBe('c');
    undoCorrupt();
  });

  it('splitBytes sends lines in pieces', async () => {
    const stream = client.stream('GET', `${maps}?watch=1`);
    await once(stream, 'response');
    server.faults.splitBytes(3);
    server.objects.create({ ...map('a'), data: { text: 'äöü€😀' } });
    const sizes: number[] = [];
    let text = Buffer.alloc(0);
    while (!text.includes('\n')) {
      const [chunk] = (await once(stream, 'data')) as [Buffer];
      sizes.push(chunk.length);
      text = Buffer.concat([text, chunk]);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
    expect(JSON.parse(text.toString()).object.data.text).toBe('äöü€😀');
    stream.close();
  });

  it('serveStale shows the past to reads, and to what watches start with', async () => {
    await client.post(maps, { ...map('a'), data: { v: '1' } });
    await client.post(maps, map('b'));
    const stale = server.resourceVersion;
    const undo = server.faults.serveStale();
    await client.patch(`${maps}/a`, { data: { v: '2' } });
    await client.delete(`${maps}/b`);
    expect((await client.get(`${maps}/a`)).body.data.v).toBe('1');
    const list = (await client.get(maps)).body;
    expect(list.metadata.resourceVersion).toBe(stale);
    expect(list.items.map((item: any) => item.metadata.name)).toEqual(['a', 'b']);
    const watch = await client.watch(`${maps}?${streaming}`);
    await watch.until(5);
    expect(watch.lines.map(({ type }) => type)).toEqual([
      'ADDED',
      'ADDED',
      'BOOKMARK',
      'MODIFIED',
      'DELETED',
    ]);
    expect(watch.lines[2]?.object.metadata.resourceVersion).toBe(stale);
    undo();
    expect((await client.get(`${maps}/a`)).body.data.v).toBe('2');
  });

  it('down and up keep port and objects, and the history unless it is to be lost', async () => {
    await client.post(maps, map('a'));
    const { resourceVersion } = server;
    await client.post(maps, map('b'));
    const watch = await client.watch(`${maps}?watch=1`);
    await server.faults.down();
    await watch.untilEnd();
    await expect(client.get(maps)).rejects.toThrow();
    await server.faults.up();
    const resumed = await client.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
    await resumed.until(1);
    expect(resumed.lines[0]?.object.metadata.name).toBe('b');
    await server.faults.down();
    await resumed.untilEnd();
    await server.faults.up({ loseHistory: true });
    const late = await client.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
    await late.untilEnd();
    expect(late.lines[0]?.object.code).toBe(410);
  });
});

describe('the server', () => {
  it('counts what it is asked', async () => {
    await client.get(maps);
    await client.get('/api/v1/secrets');
    const watch = await client.watch(`${maps}?watch=1`);
    const { requests } = server;
    expect(requests.count({ verb: 'list' })).toBe(2);
    expect(requests.count({ resource: 'configmaps' })).toBe(2);
    expect(requests.count()).toBe(3);
    expect(requests.openWatches({ resource: 'configmaps' })).toBe(1);
    expect([requests.openConnections, requests.maxOpenConnections]).toEqual([1, 1]);
    requests.reset();
    expect(requests.count()).toBe(0);
    watch.close();
  });

  it('reads and writes its objects within the process as by a request', () => {
    const { objects } = server;
    const created = objects.create(map('a'));
    expect(created.metadata.namespace).toBe('default');
    expect(() => objects.create(map('a'))).toThrow('configmaps "a" already exists');
    const applied = objects.apply({ ...map('a'), data: { x: 'y' } });
    expect(applied.metadata.uid).toBe(created.metadata.uid);
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a' };
    expect(objects.get(reference)).toBe(applied);
    objects.delete(reference);
    expect(objects.get(reference)).toBeUndefined();
    expect(() => objects.delete(reference)).toThrow('configmaps "a" not found');
    expect(() => objects.create({ apiVersion: 'v1', kind: 'Nope' })).toThrow('no kind "Nope"');
  });

  it('ends everything when stopped', async () => {
    const watch = await client.watch(`${maps}?watch=1`);
    const stopped = server.stop();
    expect(server.stop()).toBe(stopped);
    await stopped;
    await watch.untilEnd();
    expect([server.requests.openWatches(), server.requests.openConnections]).toEqual([0, 0]);
    await expect(server.faults.up()).rejects.toThrow('stopped');
  });

  it('listens on the port it is told', async () => {
    const { port } = new URL(server.url);
    await server.stop();
    await using again = await startApiServer({ port: Number(port) });
    expect(new URL(again.url).port).toBe(port);
    await expect(startApiServer({ port: Number(port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

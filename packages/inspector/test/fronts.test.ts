import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keyOf } from '../src/protocol.ts';
import { configMap, configMapId, look, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

/** Listens for the time of the test. @returns the port, or what it was told to listen to */
async function listen(server: Server, at: { path?: string } = {}): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen(at.path ? at : { port: 0, host: '127.0.0.1' }, resolve),
  );
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Over HTTP/2: an answer, and its first bytes where it does not end. */
function sessionTo(port: number, authority = `localhost:${port}`) {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  return (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: object; text: string; leave(): void }>(
      (resolve, reject) => {
        const asked = { ':path': path, ':authority': authority, ...headers };
        const stream = session.request(asked);
        stream.on('error', reject);
        stream.setEncoding('utf8');
        stream.on('response', (answer) => {
          let text = '';
          const isStream = String(answer['content-type']).startsWith('text/event-stream');
          const done = (): void =>
            resolve({
              status: answer[':status']!,
              headers: answer,
              text,
              leave: () => stream.close(),
            });
          stream.on('data', (chunk: string) => {
            text += chunk;
            if (isStream && text.includes('event: update')) done();
          });
          stream.on('end', done);
        });
        stream.end();
      },
    );
}

async function overHttp2(options: Parameters<typeof startBench>[0] = {}) {
  const bench = await startBench(options, [configMap('config')]);
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', warn);
  onTestFinished(async () => {
    process.off('warning', warn);
    await bench[Symbol.asyncDispose]();
  });
  await bench.add(app, config);
  const port = await listen(createHttp2Server(bench.inspector.handler));
  return { bench, port, warnings };
}

test('over HTTP/2 it is the same: the page, JSON, updates and actions', async () => {
  const { bench, port, warnings } = await overHttp2({ actions: true });
  const ask = sessionTo(port);
  expect((await ask('/')).text).toContain('<!doctype html>');
  expect(JSON.parse((await ask('/?format=json')).text)).toMatchObject({
    watchers: [{ key: keyOf(app) }],
  });
  const { clock } = bench.fake;
  const before = clock.pending;
  const events = await ask('/?format=events');
  expect(events.text).toContain(`"watched":[{"key":${JSON.stringify(keyOf(config))}`);
  const { token } = JSON.parse(/^event: greeting\ndata: (.*)$/m.exec(events.text)![1]!);
  const post = {
    ':method': 'POST',
    'x-depwatch-token': token,
    origin: `http://localhost:${port}`,
  };
  const path = `/?action=enqueue&id=${encodeURIComponent(keyOf(app))}`;
  expect((await ask(path, post)).status).toBe(204);
  expect((await ask(path, { ...post, origin: 'http://evil.example' })).status).toBe(403);
  expect((await ask('/', { ':method': 'HEAD' })).text).toBe('');
  expect((await ask('/?format=events', { ':method': 'HEAD' })).status).toBe(200);
  // What HTTP/2 has no such header for, Node warns of.
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
  events.leave();
  // Nothing is kept for one who left, of which the server hears a moment later.
  await vi.waitFor(() => expect(clock.pending).toBe(before));
});

test('over HTTP/2, too, it answers by loopback to localhost alone', async () => {
  const { port } = await overHttp2();
  expect((await sessionTo(port, 'evil.example')('/')).status).toBe(403);
});

test('over HTTP/2, too, its end ends the streams', async () => {
  const { bench, port } = await overHttp2();
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':path': '/?format=events', ':authority': 'localhost' });
  stream.resume();
  await new Promise((resolve) => stream.once('response', resolve));
  const ended = new Promise((resolve) => stream.on('end', resolve));
  bench.inspector.close();
  await ended;
  session.close();
});

test('over HTTP/2, too, nothing is kept or made for one who leaves while they take nothing', async () => {
  const { bench, port } = await overHttp2();
  const before = bench.fake.clock.pending;
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':path': '/?format=events', ':authority': 'localhost' });
  await new Promise((resolve) => stream.once('response', resolve));
  for (let index = 0; index < 3000; index += 1)
    bench.watcher.enqueue(configMapId('x'.repeat(200) + String(index)));
  await bench.fake.clock.advance(1000);
  session.destroy();
  await vi.waitFor(() => expect(bench.fake.clock.pending).toBe(before));
});

test('over HTTP/2, too, nothing is kept or made for one who leaves while JSON is written', async () => {
  const { bench, port } = await overHttp2();
  for (let index = 0; index < 3000; index += 1)
    bench.watcher.enqueue(configMapId('x'.repeat(200) + String(index)), { afterMs: 1e6 });
  const before = bench.fake.clock.pending;
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':path': '/?format=json', ':authority': 'localhost' });
  await new Promise((resolve) => stream.once('response', resolve));
  session.destroy();
  await vi.waitFor(() => expect(bench.fake.clock.pending).toBe(before));
});

test('over HTTP/2, too, nothing is kept for one who had left before it was answered', async () => {
  const { bench } = await overHttp2();
  const before = bench.fake.clock.pending;
  const answered = Promise.withResolvers<void>();
  // What stands in front of the page takes its time.
  const front = createHttp2Server((request, response) => {
    response.once('close', () => {
      bench.inspector.handler(request, response);
      answered.resolve();
    });
    response.stream.destroy();
  });
  const session = connect(`http://127.0.0.1:${await listen(front)}`);
  onTestFinished(() => session.destroy());
  session.request({ ':path': '/?format=events', ':authority': 'localhost' }).on('error', () => {});
  await answered.promise;
  expect(bench.fake.clock.pending).toBe(before);
});

test('by a unix socket it answers, whatever it is called by', async () => {
  await using bench = await startBench({}, [configMap('config')]);
  const folder = await mkdtemp(join(tmpdir(), 'depwatch-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, 'inspector.sock');
  await listen(createServer(bench.inspector.handler), { path: socketPath });
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'inspector' };
    httpRequest({ socketPath, path: '/?format=json', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

test('a stream asks what is between not to hold it back, and not to press it', async () => {
  await using bench = await startBench();
  const { response } = await bench.look();
  expect(response.headers).toMatchObject({
    'x-accel-buffering': 'no',
    'cache-control': 'no-store, no-transform',
  });
  // All else may be held back.
  const { headers } = await bench.ask('/?format=json');
  expect(headers['x-accel-buffering']).toBeUndefined();
});

test('behind a proxy of the same machine, which calls it by its own name, all goes as without', async () => {
  await using bench = await startBench({ actions: true, path: '/depwatch' });
  const port = await listen(proxyTo(bench.port));
  const { greeting } = await look(port, '/depwatch?format=events');
  const post = (headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      const path = `/depwatch?action=enqueue&id=${encodeURIComponent(keyOf(app))}`;
      const host = 'tools.example';
      const options = {
        port,
        path,
        method: 'POST',
        headers: { host, 'x-depwatch-token': greeting.token!, ...headers },
      };
      httpRequest(options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  const origin = 'https://tools.example';
  expect(await post({ origin, 'sec-fetch-site': 'same-origin' })).toBe(204);
  expect(await post({ origin, 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(await post({ origin, 'sec-fetch-site': 'none' })).toBe(403);
  expect(await post({ origin })).toBe(403);
});

/** As nginx's `proxy_pass http://127.0.0.1:…` does: the host is the one of that address. */
function proxyTo(port: number): Server {
  return createServer((request, response) => {
    const { method, url, headers } = request;
    const options = {
      port,
      method,
      path: url,
      headers: { ...headers, host: `127.0.0.1:${port}` },
    };
    const passed = httpRequest(options, (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
    response.on('close', () => passed.destroy());
    passed.on('error', () => response.destroy());
  });
}

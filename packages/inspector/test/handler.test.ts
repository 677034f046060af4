import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createController } from '@depwatch/controller';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { createInspector } from '../src/index.ts';
import { keyOf } from '../src/protocol.ts';
import { configMap, configMapId, look, serve, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

describe('the page', () => {
  test('is one file below 40 kB that runs nothing but itself, and loads nothing', async () => {
    await using bench = await startBench();
    const { status, headers, text } = await bench.ask('/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(gzipSync(text).length).toBeLessThan(40_000);
    const inlined = (tag: string): string =>
      new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`).exec(text)![1]!;
    const policy = String(headers['content-security-policy']);
    for (const tag of ['script', 'style']) {
      const hash = createHash('sha256').update(inlined(tag)).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(policy).not.toContain('unsafe');
    expect(text.match(/<script|<link|<style/g)).toEqual(['<link', '<style', '<script']);
    expect(text.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"']);
  });

  test('is at its path alone, with a slash at the end or without', async () => {
    await using bench = await startBench({ path: '/debug/depwatch' });
    expect((await bench.ask('/debug/depwatch')).status).toBe(200);
    expect((await bench.ask('/debug/depwatch/')).status).toBe(200);
    expect((await bench.ask('/')).status).toBe(404);
    expect((await bench.ask('/debug/depwatch/more')).status).toBe(404);
  });

  test('is at no path that means another one to who checks paths in front of it', async () => {
    await using bench = await startBench({ path: '/debug/depwatch/' });
    expect((await bench.ask('/debug/depwatch?format=json')).status).toBe(200);
    for (const path of [
      '//elsewhere/debug/depwatch',
      '/open/../debug/depwatch',
      '/open/%2e%2e/debug/depwatch',
      '/debug\\depwatch',
      '/debug/depwatch//',
      '/%64ebug/depwatch',
    ]) {
      expect([path, (await bench.ask(path)).status]).toEqual([path, 404]);
    }
  });

  test('what makes no sense is refused, and nothing falls by it', async () => {
    await using bench = await startBench();
    expect((await bench.ask('/?format=xml')).status).toBe(400);
    expect((await bench.ask('/', { method: 'DELETE' })).status).toBe(405);
    expect((await bench.ask('//[')).status).toBeGreaterThanOrEqual(400);
    expect((await bench.ask('/', { method: 'HEAD' })).text).toBe('');
    bench.inspector.close();
    expect((await bench.ask('/')).status).toBe(503);
  });
});

test.each([
  ['nothing', undefined],
  ['none', {}],
  ['something else', { one: 1 }],
])('%s to inspect is refused', (_, inspected) => {
  const make = () => createInspector(inspected as never);
  expect(make).toThrow('inspected: expected a dynamic watcher');
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }));
});

test('a path that no request can have is refused', async () => {
  await using bench = await startBench();
  expect(() => createInspector(bench.watcher, { path: 'depwatch' })).toThrow('path: expected');
});

describe('as JSON', () => {
  test('has watchers, what they watch, and why each reconcile ran, and nothing of what is in objects', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    bench.reconciler.reconcile = () => {
      throw new Error('not today');
    };
    await bench.add(app, config);
    const { text, headers } = await bench.ask('/?format=json');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const all = JSON.parse(text) as Record<string, Record<string, unknown>[]>;
    expect(all['watchers']).toMatchObject([
      { key: keyOf(app), watches: [keyOf(config)], failure: { error: { message: 'not today' } } },
    ]);
    expect(all['watched']).toMatchObject([
      {
        key: keyOf(config),
        state: 'live',
        servedBy: 'object',
        resourceVersion: expect.any(String),
      },
    ]);
    expect(all['reconciles']?.[0]).toMatchObject({
      watcher: keyOf(app),
      result: 'error',
      attempt: 1,
      durationMs: 0,
      causes: [{ type: 'initial', watched: keyOf(config) }],
    });
    expect(text).not.toContain('hunter2');
  });

  test('of one thing that is watched, it has the version up to which it was seen by now', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    await bench.add(app, config);
    const looker = await bench.look();
    const { watched } = await looker.until(({ more }) => !more);
    const row = async (key: string) =>
      bench.ask(`/?format=json&watched=${encodeURIComponent(key)}`);
    const { text } = await row(keyOf(config));
    expect(JSON.parse(text)).toEqual(watched[0]);
    bench.fake.put({ ...configMap('config'), data: { changed: 'yes' } });
    await bench.fake.clock.advance(1000);
    const { resourceVersion } = bench.watcher.statusOf(config)!;
    expect(resourceVersion).not.toBe(watched[0]!.resourceVersion);
    expect(JSON.parse((await row(keyOf(config))).text)).toEqual({ ...watched[0], resourceVersion });
    expect((await row(keyOf(configMapId('other')))).status).toBe(404);
    expect((await row('no key')).status).toBe(400);
    await bench.watcher.stop();
    expect((await row(keyOf(config))).status).toBe(404);
  });

  test('keeps the last 1,000 reconciles, however many there were', async () => {
    await using bench = await startBench();
    for (let turn = 0; turn < 12; turn += 1) {
      for (let name = 0; name < 100; name += 1) bench.watcher.enqueue(configMapId(`c${name}`));
      await bench.fake.clock.advance(1);
    }
    const { reconciles } = JSON.parse((await bench.ask('/?format=json')).text);
    expect(reconciles).toHaveLength(1000);
    expect(reconciles[0].id).toBe(201);
    expect(reconciles.at(-1).id).toBe(1200);
  });

  test('of a controller it is what its dynamic watcher does, also before it starts', async () => {
    const fake = createFakeTransport({ objects: [configMap('config')] });
    await using controller = createController({
      transport: fake,
      clock: fake.clock,
      kind: { version: 'v1', kind: 'ConfigMap' },
      reconcile() {},
    });
    const { handler, close } = createInspector(controller, { clock: fake.clock });
    await using server = await serve(handler);
    const shown = async () => JSON.parse((await server.ask('/?format=json')).text);
    expect(await shown()).toMatchObject({ watchers: [], watched: [], reconciles: [] });
    await Promise.all([controller.start(), fake.clock.advance(1000)]);
    const { watchers, reconciles } = await shown();
    expect(watchers).toHaveLength(1);
    expect(reconciles.map(({ watcher }: { watcher: string }) => watcher)).toContain(keyOf(config));
    close();
  });
});

describe('of several', () => {
  test('each has a page, and is asked for by its name', async () => {
    const fake = createFakeTransport();
    const make = () =>
      createDynamicWatcher({ transport: fake, clock: fake.clock, reconciler() {} });
    await using one = make();
    await using other = make();
    await Promise.all([one.start(), other.start()]);
    const inspector = createInspector(
      { one, watcher: other },
      { clock: fake.clock, actions: true },
    );
    await using server = await serve(inspector.handler);
    const { greeting } = await look(server.port, '/?format=events&of=watcher');
    expect(greeting).toMatchObject({ names: ['one', 'watcher'], name: 'watcher' });
    const headers = { 'x-depwatch-token': greeting.token! };
    const path = `/?of=watcher&action=enqueue&id=${encodeURIComponent(keyOf(app))}`;
    expect((await server.ask(path, { method: 'POST', headers })).status).toBe(204);
    await fake.clock.advance(1);
    const shown = async (of: string) => JSON.parse((await server.ask(`/?format=json${of}`)).text);
    expect((await shown('&of=watcher')).reconciles).toHaveLength(1);
    expect((await shown('')).reconciles).toHaveLength(0);
    expect((await server.ask('/?of=toString')).status).toBe(404);
    inspector.close();
  });
});

describe('what a browser must not be made to do', () => {
  test('by loopback it answers to localhost alone, so that no name can be made to mean it', async () => {
    await using bench = await startBench();
    const asked = async (host: string): Promise<number> =>
      (await bench.ask('/', { headers: { host } })).status;
    for (const host of ['localhost', 'localhost:80', '127.0.0.1:8080', '[::1]:1', 'a.localhost'])
      expect([host, await asked(host)]).toEqual([host, 200]);
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect([host, await asked(host)]).toEqual([host, 403]);
  });

  test('another site is told nothing', async () => {
    await using bench = await startBench();
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site };
      expect((await bench.ask('/?format=json', { headers })).status).toBe(403);
      expect((await bench.ask('/?format=events', { headers })).status).toBe(403);
    }
    const { headers } = await bench.ask('/?format=json');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  test('it is for reading alone unless actions are wanted', async () => {
    await using bench = await startBench();
    const { greeting } = await bench.look();
    expect(greeting).toEqual({ actions: false, names: [''], name: '' });
    const path = `/?action=enqueue&id=${encodeURIComponent(keyOf(app))}`;
    expect((await bench.ask(path, { method: 'POST' })).status).toBe(403);
  });

  test('actions need the page’s token and its origin, and do what they say', async () => {
    await using bench = await startBench({ actions: true }, [configMap('config')]);
    const causes: string[][] = [];
    bench.reconciler.reconcile = (_id, context) =>
      void causes.push(context.causes.map(({ type }) => type));
    await bench.add(app, config);
    const { greeting } = await bench.look();
    const token = greeting.token!;
    const post = async (query: string, headers: Record<string, string>): Promise<number> =>
      (await bench.ask(`/?${query}`, { method: 'POST', headers })).status;
    const enqueue = `action=enqueue&id=${encodeURIComponent(keyOf(app))}`;
    const relist = `action=relist&id=${encodeURIComponent(keyOf(config))}`;
    const own = { 'x-depwatch-token': token };
    expect(await post(enqueue, {})).toBe(403);
    expect(await post(enqueue, { 'x-depwatch-token': 'x'.repeat(token.length) })).toBe(403);
    expect(await post(enqueue, { ...own, origin: 'http://evil.example' })).toBe(403);
    expect(await post(enqueue, { ...own, origin: 'null' })).toBe(403);
    expect(await post(enqueue, { ...own, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect((await bench.ask(`/?${enqueue}`, { headers: own })).status).toBe(200); // a GET is the page
    await bench.fake.clock.advance(1);
    expect(causes).toEqual([['initial']]);
    expect(await post(enqueue, { ...own, origin: `http://localhost:${bench.port}` })).toBe(204);
    await bench.fake.clock.advance(1);
    expect(causes).toEqual([['initial'], ['enqueued']]);
    const before = bench.fake.requests.streaming;
    expect(await post(relist, own)).toBe(204);
    await bench.fake.clock.advance(1000);
    expect(bench.fake.requests.streaming).toBe(before + 1);
    expect(await post('action=relist&id=%5B%5D', own)).toBe(400);
    expect(await post('action=drop&id=%5B%22%22%5D', own)).toBe(400);
    expect(await post(relist.replace('config', 'other'), own)).toBe(409);
  });
});

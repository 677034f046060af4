import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { AppModule } from '../src/app.module.ts';
import { DEPWATCH_OPTIONS, type DepwatchModuleOptions } from '../src/depwatch.module.ts';
import { GreetingReconciler } from '../src/greeting.reconciler.ts';

let fake: FakeTransport;
let app: INestApplication;

beforeEach(() => {
  fake = createFakeTransport();
});

afterEach(() => app.close());

/** Boots the whole application, HTTP server included, on the fake. */
async function boot(): Promise<void> {
  const options: DepwatchModuleOptions = {
    transport: fake,
    clock: fake.clock,
    enableCache: true,
    reconciler: GreetingReconciler,
  };
  const testing = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(DEPWATCH_OPTIONS)
    .useValue(options)
    .compile();
  app = testing.createNestApplication({ logger: false });
  await app.init();
  await app.listen(0, '127.0.0.1');
  await settle();
}

test('a change reaches the injected service, by way of the injected reconciler', async () => {
  await boot();
  expect(await (await get('/greeting')).text()).toBe('Hello');
  say('Good morning');
  await settle();
  expect(await (await get('/greeting')).text()).toBe('Good morning');
  fake.remove({ version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'greeting' });
  await settle();
  expect(await (await get('/greeting')).text()).toBe('Hello');
});

test('health goes down in an outage, and up again', async () => {
  await boot();
  const healthy = await get('/health');
  expect(healthy.status).toBe(200);
  expect(await healthy.json()).toMatchObject({
    details: { depwatch: { status: 'up', watches: 1 } },
  });

  fake.down();
  await settle();
  const broken = await get('/health');
  expect(broken.status).toBe(503);
  expect(await broken.json()).toMatchObject({
    error: { depwatch: { outOfDate: [{ state: 'retrying', error: 'ERR_TRANSPORT' }] } },
  });
  // The application goes on with what it knows.
  expect(await (await get('/greeting')).text()).toBe('Hello');

  fake.up();
  say('Back again');
  await settle(10_000);
  expect((await get('/health')).status).toBe(200);
  expect(await (await get('/greeting')).text()).toBe('Back again');
});

test('an API server that is away when the application starts holds nothing up', async () => {
  fake.down();
  await boot();
  expect((await get('/health')).status).toBe(503);
  await settle(60_000);
  expect((await get('/health')).status).toBe(503);
  fake.up();
  say('At last');
  await settle(60_000);
  expect((await get('/health')).status).toBe(200);
  expect(await (await get('/greeting')).text()).toBe('At last');
});

test('closing the application ends everything', async () => {
  await boot();
  const url = await app.getUrl();
  await app.close();
  expect(fake.openWatches).toEqual([]);
  expect(fake.clock.pending).toBe(0);
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
});

async function get(path: string): Promise<Response> {
  return fetch((await app.getUrl()) + path);
}

function say(text: string): void {
  const metadata = { name: 'greeting', namespace: 'default' };
  fake.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text } });
}

function settle(ms = 1): Promise<void> {
  return fake.clock.advance(ms);
}

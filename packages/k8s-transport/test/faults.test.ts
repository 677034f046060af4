import { getEventListeners, once } from 'node:events';

import type { Logger } from '@depwatch/core';
import { startApiServer, type ApiServer } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import {
  changedKubeConfig,
  configMap,
  configMaps,
  eventsOf,
  failureOf,
  opened,
  relayTo,
  transportFor,
} from './helpers.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  for (let n = 0; n < 10; n++) server.objects.apply(configMap(`cm-${n}`));
});
afterAll(() => server.stop());

const retryable = { code: 'ERR_TRANSPORT', retryable: true };
/** Changes from now on, and nothing before. */
const fromNow = () => ({ resourceVersion: server.resourceVersion });
const noWatches = () => vi.waitFor(() => expect(server.requests.openWatches()).toBe(0));

describe('connections', () => {
  it('shares them: 1,000 watches take 10', { timeout: 60_000 }, async () => {
    server.requests.reset();
    const transport = transportFor(server.kubeConfig);
    const watches = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        opened(transport.watch({ ...configMaps, name: `cm-${n}` }, fromNow())),
      ),
    );
    expect(server.requests.openWatches()).toBe(1_000);
    expect(server.requests.maxOpenConnections).toBe(10);
    await Promise.all(watches.map((watch) => watch.return!()));
    await noWatches();
    expect(server.requests.count({ verb: 'watch' })).toBe(1_000);
  });

  it('learns how many streams a server allows', async () => {
    onTestFinished(server.faults.limitStreams(3));
    const transport = transportFor(server.kubeConfig);
    server.requests.reset();
    await Promise.all(
      Array.from({ length: 10 }, () => opened(transport.watch(configMaps, fromNow()))),
    );
    expect(server.requests.openWatches()).toBe(10);
    expect(server.requests.maxOpenConnections).toBeLessThanOrEqual(5);
    await transport.list(configMaps, {});
  });

  it('leaves one whose server lowers the limit', async () => {
    const transport = transportFor(server.kubeConfig);
    await Promise.all(
      Array.from({ length: 10 }, () => opened(transport.watch(configMaps, fromNow()))),
    );
    onTestFinished(server.faults.limitStreams(5));
    server.requests.reset();
    await Promise.all(
      Array.from({ length: 10 }, () => opened(transport.watch(configMaps, fromNow()))),
    );
    expect(server.requests.openWatches()).toBe(20);
    expect(server.requests.maxOpenConnections).toBeLessThanOrEqual(5);
  });

  it('moves to a new one on GOAWAY, and lets what runs run', async () => {
    const transport = transportFor(server.kubeConfig);
    const watch = await opened(transport.watch({ ...configMaps, name: 'new' }, fromNow()));
    const lists = Array.from({ length: 20 }, () => transport.list(configMaps, {}));
    server.faults.goAway();
    await Promise.all([
      ...lists,
      ...Array.from({ length: 20 }, () => transport.list(configMaps, {})),
    ]);
    server.objects.apply(configMap('new'));
    expect((await watch.next()).value).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'new' } } },
    ]);
    server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: 'new' });
  });

  it('fails what a cut connection carried, and goes on with the next', async () => {
    const transport = transportFor(server.kubeConfig);
    const watches = await Promise.all(
      [1, 2, 3].map(() => opened(transport.watch(configMaps, fromNow()))),
    );
    const failures = watches.map((watch) => failureOf(watch.next()));
    server.faults.cutConnections();
    for (const failure of await Promise.all(failures)) {
      expect(failure).toMatchObject(retryable);
      expect(failure.status).toBeUndefined();
      expect(failure.message).toContain(server.url.replace('https://', ''));
      expect(failure.message).toContain('watch of v1 ConfigMap');
    }
    expect((await transport.list(configMaps, {})).items).toHaveLength(10);
  });

  it('says so when there is nobody', async () => {
    const gone = await startApiServer();
    const transport = transportFor(gone.kubeConfig);
    await gone.stop();
    const failures = await Promise.all(
      Array.from({ length: 150 }, () => failureOf(transport.list(configMaps, {}))),
    );
    for (const failure of failures)
      expect(failure).toMatchObject({ ...retryable, cause: { code: 'ECONNREFUSED' } });
  });

  it('finds a silent one by its pings', async () => {
    const warnings: string[] = [];
    const ignore = () => {};
    const logger: Logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (_, text) => void warnings.push(text),
    };
    const relay = await relayTo(Number(new URL(server.url).port));
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { server: `https://127.0.0.1:${relay.port}` },
    });
    const transport = transportFor(kubeConfig, { pingIntervalMs: 200, pingTimeoutMs: 200, logger });
    const watches = await Promise.all(
      [1, 2].map(() => opened(transport.watch(configMaps, fromNow()))),
    );
    const failures = watches.map((watch) => failureOf(watch.next()));
    relay.swallow();
    for (const failure of await Promise.all(failures)) {
      expect(failure).toMatchObject(retryable);
      expect(failure.message).toContain('pings');
    }
    expect(warnings).toEqual(['connections to the API server do not answer pings; closing them']);
  });

  it('keeps one that is idle but answers', async () => {
    const transport = transportFor(server.kubeConfig, { pingIntervalMs: 20, pingTimeoutMs: 400 });
    const watch = await opened(transport.watch({ ...configMaps, name: 'later' }, fromNow()));
    const next = watch.next();
    await new Promise((resolve) => setTimeout(resolve, 900));
    server.objects.apply(configMap('later'));
    expect((await next).value).toMatchObject([{ type: 'ADDED' }]);
    server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: 'later' });
  });

  it('does not wait for ever, and avoids a connection on which it did', async () => {
    const transport = transportFor(server.kubeConfig, { requestTimeoutMs: 300 });
    await transport.list(configMaps, {});
    server.requests.reset();
    const undo = server.faults.blackHole();
    onTestFinished(undo);
    const calls = [
      transport.list(configMaps, {}),
      transport.discover(configMaps.gvk, {}),
      transport.watch(configMaps, {})[Symbol.asyncIterator]().next(),
    ];
    for (const failure of await Promise.all(calls.map(failureOf))) {
      expect(failure).toMatchObject(retryable);
      expect(failure.status).toBeUndefined();
      expect(failure.message).toContain('300 ms');
    }
    const before = server.requests.maxOpenConnections;
    const again = failureOf(transport.list(configMaps, {}));
    await vi.waitFor(() => expect(server.requests.maxOpenConnections).toBeGreaterThan(before));
    await again;
  });
});

describe('answers', () => {
  it.each([429, 503])('passes on what a %i says about waiting', async (status) => {
    onTestFinished(server.faults.respond({ status, retryAfterSeconds: 7 }));
    const transport = transportFor(server.kubeConfig);
    const calls = [
      transport.list(configMaps, {}),
      transport.discover(configMaps.gvk, {}),
      transport.watch(configMaps, {})[Symbol.asyncIterator]().next(),
    ];
    for (const failure of await Promise.all(calls.map(failureOf))) {
      expect(failure).toMatchObject({
        ...retryable,
        retryAfterMs: 7_000,
        status: { code: status },
      });
    }
  });

  it('tries once more after a 401', async () => {
    const transport = transportFor(server.kubeConfig);
    server.faults.respond({ status: 401, times: 1 });
    expect((await transport.list(configMaps, {})).items).toHaveLength(10);
    const undo = server.faults.respond({ status: 401 });
    onTestFinished(undo);
    server.requests.reset();
    expect(await failureOf(opened(transport.watch(configMaps, fromNow())))).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
    });
    expect(server.requests.count()).toBeLessThanOrEqual(2);
  });

  it('names verb and query of what is forbidden', async () => {
    const transport = transportFor(server.kubeConfigFor('nobody'));
    const query = { ...configMaps, name: 'a' };
    const list = await failureOf(transport.list(query, {}));
    const watch = await failureOf(opened(transport.watch(query, {})));
    expect([list.code, watch.code]).toEqual(['ERR_FORBIDDEN', 'ERR_FORBIDDEN']);
    expect(list.message).toContain('list of v1 ConfigMap "a" in namespace "default"');
    expect(watch.message).toContain('watch of v1 ConfigMap "a" in namespace "default"');
  });
});

describe('watch streams', () => {
  it('puts characters together, however they are split', async () => {
    onTestFinished(server.faults.splitBytes(1));
    const transport = transportFor(server.kubeConfig);
    server.objects.apply(configMap('split', { text: 'ü€😀' }));
    const events = await eventsOf(
      transport.watch({ ...configMaps, name: 'split' }, { initialEvents: true }),
      2,
    );
    expect(events).toMatchObject([
      { type: 'ADDED', object: { data: { text: 'ü€😀' } } },
      { type: 'BOOKMARK', initialEventsEnd: true },
    ]);
    server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: 'split' });
  });

  it.each(['truncateNextLine', 'corruptNextLine'] as const)(
    'breaks on %s, and quotes nothing',
    async (fault) => {
      const transport = transportFor(server.kubeConfig);
      const watch = await opened(
        transport.watch({ ...configMaps, name: fault.toLowerCase() }, fromNow()),
      );
      const failure = failureOf(watch.next());
      onTestFinished(server.faults[fault]());
      server.objects.apply(configMap(fault.toLowerCase(), { password: 'secret' }));
      const error = await failure;
      expect(error).toMatchObject(retryable);
      expect(JSON.stringify([error, error.message, String(error.cause)])).not.toContain('secret');
      expect(await watch.next()).toEqual({ done: true, value: undefined });
      await noWatches();
      server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: fault.toLowerCase() });
    },
  );

  it('ends a pending next() by return(), and the stream with it', async () => {
    const transport = transportFor(server.kubeConfig);
    const watch = await opened(transport.watch(configMaps, fromNow()));
    const pending = watch.next();
    expect(await watch.return!()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    await noWatches();
  });

  it('leaves nothing behind when it is ended in the turn it was sent in', async () => {
    const transport = transportFor(server.kubeConfig);
    await transport.list(configMaps, {});
    server.requests.reset();
    const watches = Array.from({ length: 20 }, () =>
      transport.watch(configMaps, {})[Symbol.asyncIterator](),
    );
    const pending = watches.map((watch) => watch.next());
    await Promise.all(watches.map((watch) => watch.return!()));
    for (const next of await Promise.all(pending)) expect(next.done).toBe(true);
    await transport.list(configMaps, {});
    await noWatches();
    // Streams that undici forgot would now throw where nobody catches.
    const failure = failureOf((await opened(transport.watch(configMaps, fromNow()))).next());
    server.faults.cutConnections();
    await failure;
    await transport.list(configMaps, {});
  });

  it('sends nothing before the first next()', async () => {
    const transport = transportFor(server.kubeConfig);
    server.requests.reset();
    const watch = transport.watch(configMaps, {})[Symbol.asyncIterator]();
    await transport.list(configMaps, {});
    await watch.return!();
    expect(server.requests.count()).toBe(1);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  it('has a single consumer', async () => {
    const transport = transportFor(server.kubeConfig);
    const watch = await opened(transport.watch({ ...configMaps, name: 'none' }, fromNow()));
    const pending = watch.next();
    expect(await failureOf(watch.next())).toMatchObject({ code: 'ERR_INVALID_INPUT' });
    await watch.return!();
    await pending;
  });

  it('refuses a query that can be none', async () => {
    const transport = transportFor(server.kubeConfig);
    const watch = transport.watch({ ...configMaps, namespace: '..' }, {})[Symbol.asyncIterator]();
    expect(await failureOf(watch.next())).toMatchObject({ code: 'ERR_INVALID_INPUT' });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });
});

describe('signals', () => {
  it('reject what is pending, and are left without listeners', async () => {
    const transport = transportFor(server.kubeConfig);
    const controller = new AbortController();
    const { signal } = controller;
    for (let n = 0; n < 20; n++) {
      await transport.list(configMaps, { signal });
      await transport.discover(configMaps.gvk, { signal });
      await (
        await opened(transport.watch(configMaps, { signal }))
      ).return!();
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const watch = await opened(transport.watch(configMaps, { signal }));
    const calls = [
      watch.next(),
      transport.list(configMaps, { signal }),
      transport.discover(configMaps.gvk, { signal }),
    ];
    controller.abort(new Error('mine'));
    for (const failure of await Promise.all(calls.map(failureOf))) {
      expect(failure).toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'mine' } });
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    server.requests.reset();
    expect(await failureOf(opened(transport.watch(configMaps, { signal })))).toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(await failureOf(transport.list(configMaps, { signal }))).toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(server.requests.count()).toBe(0);
    await noWatches();
  });

  it('reject a watch also when events wait to be taken', async () => {
    const transport = transportFor(server.kubeConfig);
    const controller = new AbortController();
    const watch = await opened(
      transport.watch(configMaps, { signal: controller.signal, initialEvents: true }),
    );
    controller.abort();
    expect(await failureOf(watch.next())).toMatchObject({ code: 'ERR_ABORTED' });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });
});

describe('close', () => {
  it('ends every call and every connection', async () => {
    const own = await startApiServer();
    onTestFinished(() => own.stop());
    const transport = transportFor(own.kubeConfig);
    const options = { resourceVersion: own.resourceVersion };
    const watches = await Promise.all(
      Array.from({ length: 150 }, () => opened(transport.watch(configMaps, options))),
    );
    own.faults.goAway();
    const late = await opened(transport.watch(configMaps, options));
    const calls = [...watches, late].map((watch) => watch.next());
    calls.push(transport.watch(configMaps, {})[Symbol.asyncIterator]().next());
    const failures = Promise.all(calls.map(failureOf));
    await transport.close();
    for (const failure of await failures) {
      expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
      expect(failure.message).toContain('closed');
    }
    await vi.waitFor(() => expect(own.requests.openConnections).toBe(0));
  });

  it('does not wait for a connection that comes never', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const transport = transportFor(
      server.kubeConfig.replace(/https:[^"]+/, `https://127.0.0.1:${port}`),
    );
    const accepted = once(silent, 'connection');
    const failure = failureOf(transport.list(configMaps, {}));
    const [socket] = (await accepted) as [NodeJS.ReadableStream];
    const gone = once(socket.resume(), 'close');
    await transport.close();
    expect(await failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
    await gone;
  });
});

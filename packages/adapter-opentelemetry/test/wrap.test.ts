import { runInNewContext } from 'node:vm';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport } from '@depwatch/testing';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { ObjectIdentifier, ReconcileContext, Reconciler } from '../src/index.ts';
import { startTracing, textOf, useContext } from './harness.ts';

useContext();

type Reconcile = Reconciler['reconcile'];

const id = (name: string, kind = 'ConfigMap'): ObjectIdentifier => {
  return { version: 'v1', kind, namespace: 'shop', name };
};
const contextWith = (more: Partial<ReconcileContext> = {}): ReconcileContext => {
  return { signal: new AbortController().signal, causes: [], attempt: 1, ...more };
};

it('makes a span of each reconcile, with its kind, its causes, its attempt and its result', async () => {
  const { telemetry, spans } = startTracing();
  const reconcile = telemetry.wrap<Reconcile>(async () => {
    return { requeueAfterMs: 500 };
  });
  const causes = [
    { type: 'modified', watched: id('a') },
    { type: 'modified', watched: id('b') },
    { type: 'added', watched: id('c', 'Secret'), cluster: 'east' },
  ] as const;
  const result = await reconcile(id('app'), contextWith({ causes, attempt: 3, epoch: 7 }));
  expect(result).toEqual({ requeueAfterMs: 500 });
  const [span] = spans();
  expect(span).toMatchObject({
    name: 'reconcile ConfigMap',
    kind: SpanKind.CONSUMER,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      'depwatch.kind': 'ConfigMap',
      'depwatch.api_version': 'v1',
      'depwatch.causes': ['modified ConfigMap', 'added Secret in east'],
      'depwatch.attempt': 3,
      'depwatch.epoch': 7,
      'depwatch.result': 'requeue_after',
      'depwatch.requeue_after_ms': 500,
    },
  });
  expect(span!.parentSpanContext).toBeUndefined();
});

it.each([
  ['throws', () => Promise.reject(new TypeError('no shop/app'))],
  [
    'throws at once',
    () => {
      throw new TypeError('no shop/app');
    },
  ],
])('tells an error by its type alone when a reconcile %s, and throws it on', async (_, fail) => {
  const { telemetry, spans } = startTracing();
  const reconcile = telemetry.wrap<Reconcile>(fail);
  await expect((async () => reconcile(id('app'), contextWith()))()).rejects.toThrow('no shop/app');
  expect(spans()[0]).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': 'TypeError', 'depwatch.result': 'error' },
  });
  expect(textOf(spans())).not.toContain('shop');
});

it('names no object unless it may', async () => {
  for (const objectNames of [false, true]) {
    const { telemetry, spans } = startTracing({ objectNames });
    const client = telemetry.trace({
      get: (of: ObjectIdentifier) => Promise.reject(new Error(`no shop/${of.name}`)),
    });
    const reconcile = telemetry.wrap<Reconcile>(async (of) => client.get(of));
    const watched = { version: 'v1', kind: 'Secret', namespace: 'shop', selector: 'app=shop' };
    const causes = [
      { type: 'modified', watched, object: { namespace: 'shop', name: 'one' } },
    ] as const;
    await expect(reconcile(id('app'), contextWith({ causes }))).rejects.toThrow();
    expect(spans()).toHaveLength(2);
    expect(textOf(spans()).includes('shop')).toBe(objectNames);
    if (!objectNames) continue;
    expect(spans()[1]).toMatchObject({
      status: { message: 'no shop/app' },
      attributes: {
        'k8s.namespace.name': 'shop',
        'depwatch.name': 'app',
        'depwatch.causes': ['modified Secret shop/one'],
      },
      events: [{ name: 'exception' }],
    });
  }
});

it('keeps a reconciler what it is, and tells it of the end', async () => {
  const { telemetry, spans } = startTracing();
  class Own implements Reconciler {
    readonly #seen: string[] = [];
    reconcile({ name }: ObjectIdentifier) {
      this.#seen.push(name!);
    }
    stopped() {
      this.#seen.push('stopped');
    }
    get seen() {
      return this.#seen;
    }
  }
  const own = new Own();
  const wrapped = telemetry.wrap(own);
  await wrapped.reconcile(id('app'), contextWith());
  wrapped.stopped!();
  expect(own.seen).toEqual(['app', 'stopped']);
  expect(spans()).toHaveLength(1);
  expect(telemetry.wrap({ reconcile() {} }).stopped).toBeUndefined();
});

it('links a retry to the attempt before, and what was enqueued to the span that did so', async () => {
  const { telemetry, tracer, named } = startTracing();
  const fake = createFakeTransport();
  let failures = 1;
  await using watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    reconciler: telemetry.wrap<Reconcile>(() => {
      if (failures-- > 0) throw new Error('once');
    }),
  });
  await watcher.start();
  const request = tracer.startActiveSpan('POST /apps', (span) => {
    telemetry.enqueue(watcher, id('app'));
    watcher.enqueue(id('other'));
    span.end();
    return span;
  });
  await fake.clock.advance(1000);
  const [first, other, retry] = named('reconcile ConfigMap');
  expect(first!.links.map(({ context, attributes }) => [context.spanId, attributes])).toEqual([
    [request.spanContext().spanId, { 'depwatch.link': 'enqueue' }],
  ]);
  expect(first!.parentSpanContext).toBeUndefined();
  expect(other!.links).toEqual([]);
  expect(retry!.attributes['depwatch.causes']).toEqual(['retry']);
  expect(retry!.links.map(({ context, attributes }) => [context.spanId, attributes])).toEqual([
    [first!.spanContext().spanId, { 'depwatch.link': 'attempt' }],
  ]);
});

it('makes children of the calls of a dynamic watcher, which go on to do what they do', async () => {
  const { telemetry, spans, named } = startTracing();
  const fake = createFakeTransport();
  const watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    enableCache: true,
    reconciler: telemetry.wrap<Reconcile>(async (app) => {
      await traced.queryBatch(app, (batch) => batch.get(id('config')));
    }),
  });
  const traced = telemetry.trace(watcher);
  await using _ = watcher;
  await traced.start();
  traced.enqueue(id('app'));
  await fake.clock.advance(1000);
  const [batch] = named('queryBatch ConfigMap');
  const [reconcile] = named('reconcile ConfigMap');
  expect(batch!.parentSpanContext!.spanId).toBe(reconcile!.spanContext().spanId);
  expect(spans()).toHaveLength(2);
  expect(traced.getWatchCount()).toBe(1);
});

it.each([
  ['nothing can be read of', Object.create(null) as unknown],
  [
    'throws when it is read',
    {
      toString() {
        throw new Error('not this');
      },
    },
  ],
  ['has a name that is no text', Object.assign(new Error('no'), { name: 7 })],
  ['is a symbol', Symbol('no')],
  ['is nothing', undefined],
  [
    'throws whatever is asked of it',
    new Proxy(new Error('no'), {
      get() {
        throw new Error('not this');
      },
      getPrototypeOf() {
        throw new Error('not this');
      },
    }),
  ],
  [
    'has a stack that cannot be read',
    Object.defineProperty(new Error('no'), 'stack', {
      get() {
        throw new Error('not this');
      },
    }),
  ],
])('throws on what a reconcile has thrown which %s, and ends its span', (_, thrown) => {
  for (const objectNames of [false, true]) {
    const { telemetry, spans } = startTracing({ objectNames });
    const reconcile = telemetry.wrap<Reconcile>(() => {
      throw thrown;
    });
    let caught: unknown;
    try {
      void reconcile(id('app'), contextWith());
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
    expect(spans()).toMatchObject([{ attributes: { 'error.type': expect.any(String) } }]);
  }
});

it('traces what is frozen, and what has private parts', async () => {
  class Client {
    #calls = 0;
    get = async (of: ObjectIdentifier) => `${of.name} ${(this.#calls += 1)}`;
    readonly kind = 'client';
    get calls(): number {
      return this.#calls;
    }
  }
  const { telemetry, named } = startTracing();
  const client = telemetry.trace(Object.freeze(new Client()));
  expect(await client.get(id('app'))).toBe('app 1');
  expect([client.calls, client.kind, client instanceof Client]).toEqual([1, 'client', true]);
  expect(Object.keys(client)).toEqual(['get', 'kind']);
  expect(named('get ConfigMap')).toHaveLength(1);
});

it('calls what a method was replaced by', async () => {
  const { telemetry } = startTracing();
  const client = telemetry.trace({ get: async () => 'one' });
  expect(await client.get()).toBe('one');
  client.get = async () => 'other';
  expect(await client.get()).toBe('other');
});

describe('a reconcile has come to', () => {
  const refusing = {
    get requeueAfterMs(): number {
      throw new TypeError('not this');
    },
  };
  it.each([
    ['nothing', undefined, 'success', undefined],
    ['nothing, said as null', null, 'success', undefined],
    ['an object without a time', {}, 'success', undefined],
    ['a time', { requeueAfterMs: 0 }, 'requeue_after', undefined],
    ['a time that is none', { requeueAfterMs: -1 }, 'error', 'ERR_INVALID_INPUT'],
    ['a time that is a text', { requeueAfterMs: '5s' }, 'error', 'ERR_INVALID_INPUT'],
    ['what is no result', 'done', 'error', 'ERR_INVALID_INPUT'],
    ['what cannot be read', refusing, 'error', 'TypeError'],
  ])('%s, as the loop and its metrics take it', async (_, value, result, type) => {
    const counted = new Map<string, number>();
    const metrics = {
      count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1) {
        if (name === 'controller_runtime_reconcile_total')
          counted.set(labels['result']!, (counted.get(labels['result']!) ?? 0) + by);
      },
      gauge() {},
      observe() {},
    };
    for (const returned of [value, Promise.resolve(value)]) {
      const { telemetry, spans } = startTracing();
      const fake = createFakeTransport();
      const { clock } = fake;
      counted.clear();
      const reconciler = telemetry.wrap<Reconcile>(() => returned as never);
      await using watcher = createDynamicWatcher({ transport: fake, clock, metrics, reconciler });
      await watcher.start();
      watcher.enqueue(id('app'));
      await clock.advance(0);
      expect(spans()[0]!.attributes).toMatchObject({ 'depwatch.result': result });
      expect(spans()[0]!.attributes['error.type']).toBe(type);
      expect(counted.get(result)).toBeGreaterThan(0);
    }
  });

  it('an error where it took longer than it may, whatever it returns then', async () => {
    const { telemetry, spans } = startTracing();
    const fake = createFakeTransport();
    const { clock } = fake;
    const reconciler = telemetry.wrap<Reconcile>(
      (_id, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    );
    const watcher = createDynamicWatcher({
      transport: fake,
      clock,
      reconciler,
      reconcileTimeoutMs: 50,
    });
    await watcher.start();
    watcher.enqueue(id('app'));
    await clock.advance(52);
    expect(spans()).toMatchObject([
      {
        attributes: { 'depwatch.result': 'error', 'error.type': 'ERR_ABORTED' },
        status: { code: SpanStatusCode.ERROR },
      },
    ]);
    await clock.advance(10);
    // At a stop what it returns stands.
    await Promise.all([watcher[Symbol.asyncDispose](), clock.advance(1)]);
    expect(spans()[1]!.attributes).toMatchObject({ 'depwatch.result': 'success' });
  });

  it('what another library’s promise comes to, or one of another realm', async () => {
    const { telemetry, tracer, spans, named } = startTracing();
    const { promise, resolve } = Promise.withResolvers<void>();
    // oxlint-disable-next-line unicorn/no-thenable -- what a library gives that has promises of its own.
    const foreign = { then: promise.then.bind(promise) };
    const other = runInNewContext('Promise.reject(new TypeError("no"))') as Promise<void>;
    const reconcile = telemetry.wrap<Reconcile>(() => foreign as Promise<void>);
    const reconciled = reconcile(id('app'), contextWith());
    await Promise.resolve();
    expect(spans()).toEqual([]);
    tracer.startSpan('meanwhile').end();
    resolve();
    await reconciled;
    expect(spans().map(({ name }) => name)).toEqual(['meanwhile', 'reconcile ConfigMap']);
    const client = telemetry.trace({ get: (_id: ObjectIdentifier) => other });
    await expect(client.get(id('app'))).rejects.toThrow('no');
    expect(named('get ConfigMap')).toMatchObject([{ status: { code: SpanStatusCode.ERROR } }]);
  });
});

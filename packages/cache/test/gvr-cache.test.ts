import { describe, expect, it } from 'vitest';

import { createGvrCache, type GvrCacheOptions } from '@depwatch/cache';
import { DepwatchError, type ApiResource } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';

import { configMap, configMapResource, discovery, node, nodeResource } from './discovery.ts';

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

/** A cache whose server knows `resources`, by kind; change them and it is another server. */
function newCache(
  resources: { [kind: string]: ApiResource | undefined } = {
    ConfigMap: configMapResource,
    Node: nodeResource,
  },
  options: Partial<GvrCacheOptions> = {},
) {
  const clock = createVirtualClock();
  const { asked, transport } = discovery(({ kind }) => resources[kind]);
  return { clock, asked, resources, cache: createGvrCache({ transport, clock, ...options }) };
}

describe('resolve', () => {
  it('returns a plain object with exactly four fields', async () => {
    const { cache, asked } = newCache();
    const gvr = await cache.resolve(configMap);
    expect(gvr).toStrictEqual({
      group: '',
      version: 'v1',
      resource: 'configmaps',
      namespaced: true,
    });
    expect(Object.getPrototypeOf(gvr)).toBe(Object.prototype);
    expect(Object.isFrozen(gvr)).toBe(true);
    expect(asked.map(({ gvk }) => gvk)).toEqual([configMap]);
  });

  it('asks once for a kind, whatever else an identifier says', async () => {
    const { cache, asked } = newCache();
    const first = await cache.resolve({ ...configMap, group: '' });
    const identifier = { ...configMap, namespace: 'a', name: 'b' };
    expect(await cache.resolve(identifier)).toBe(first);
    expect(asked).toHaveLength(1);
  });

  it('passes on only what names the kind', async () => {
    const { cache, asked } = newCache();
    const identifier = { ...configMap, namespace: 'a', name: 'b' };
    await cache.resolve(identifier);
    expect(asked[0]!.gvk).toEqual(configMap);
  });

  it('keeps an answer for ten minutes from its arrival', async () => {
    const clock = createVirtualClock();
    const { asked, transport } = discovery();
    const cache = createGvrCache({ transport, clock });
    const first = cache.resolve(configMap);
    await clock.advance(5_000);
    asked[0]!.answer(configMapResource);
    await first;
    await clock.advance(600_000);
    await cache.resolve(configMap);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    void cache.resolve(configMap);
    await clock.advance(0);
    expect(asked).toHaveLength(2);
  });

  it.each([
    [0, 1, 2],
    [10.5, 10, 1],
    [10.5, 12, 2],
    [Infinity, 1e12, 1],
  ])('with a TTL of %s ms, after %s ms has asked %s times', async (gvkToGvrTtlMs, ms, times) => {
    let now = 0;
    const { asked, transport } = discovery(() => configMapResource);
    const cache = createGvrCache({ transport, clock: { now: () => now }, gvkToGvrTtlMs });
    await cache.resolve(configMap);
    now += ms;
    await cache.resolve(configMap);
    expect(asked).toHaveLength(times);
  });

  it.each([0, -1_000_000])('counts rightly on a clock that starts at %s', async (startMs) => {
    let now = startMs;
    const { asked, transport } = discovery(() => configMapResource);
    const cache = createGvrCache({ transport, clock: { now: () => now } });
    await cache.resolve(configMap);
    now += 600_001;
    await cache.resolve(configMap);
    expect(asked).toHaveLength(2);
  });

  it('sets no timer', async () => {
    const { cache, clock } = newCache();
    await cache.resolve(configMap);
    expect(clock.pending).toBe(0);
  });

  it('works without a clock, by that of the process', async () => {
    const { asked, transport } = discovery(() => configMapResource);
    const cache = createGvrCache({ transport });
    await cache.resolve(configMap);
    await cache.resolve(configMap);
    expect(asked).toHaveLength(1);
  });

  it('forgets the kind used longest ago beyond max', async () => {
    const { cache, asked } = newCache(undefined, { max: 2 });
    const third = { version: 'v1', kind: 'Third' };
    await cache.resolve(configMap);
    await cache.resolve(node);
    cache.peek(configMap);
    await expect(cache.resolve(third)).rejects.toThrow(code('ERR_NO_VERSIONED_RESOURCE'));
    expect([cache.peek(configMap), cache.peek(node)].every(Boolean)).toBe(true);
    const { cache: one } = newCache(undefined, { max: 1 });
    await one.resolve(configMap);
    await one.resolve(node);
    expect(one.peek(configMap)).toBeUndefined();
    expect(one.scopeOf(configMap)).toBe(true);
    expect(asked).toHaveLength(3);
  });

  it.each([
    { version: '', kind: 'A' },
    { version: 'v1', kind: '' },
    { version: '..', kind: 'A' },
    undefined,
  ])('rejects %j and asks nobody', async (gvk) => {
    const { cache, asked } = newCache();
    const resolved = cache.resolve(gvk as typeof configMap);
    await expect(resolved).rejects.toThrow(code('ERR_INVALID_INPUT'));
    expect(asked).toHaveLength(0);
  });

  it('takes hostile kinds for what they are', async () => {
    const { cache } = newCache({});
    const kinds = ['__proto__', 'constructor'].map((kind) => ({ version: 'v1', kind }));
    for (const gvk of kinds) {
      expect([cache.peek(gvk), cache.scopeOf(gvk)]).toEqual([undefined, undefined]);
    }
  });
});

describe('one discovery for concurrent callers', () => {
  it('serves all of one kind, and no other kind', async () => {
    const { asked, transport } = discovery();
    const cache = createGvrCache({ transport });
    const waiting = [
      cache.resolve(configMap),
      cache.resolve(node),
      cache.resolve({ ...configMap }),
    ];
    expect(asked.map(({ gvk }) => gvk.kind)).toEqual(['ConfigMap', 'Node']);
    asked[0]!.answer(configMapResource);
    asked[1]!.answer(nodeResource);
    const [first, second, third] = await Promise.all(waiting);
    expect(first).toBe(third);
    expect(second!.resource).toBe('nodes');
  });

  it('tells all of a failure, and none of them later', async () => {
    const { asked, transport } = discovery();
    const cache = createGvrCache({ transport });
    const waiting = [cache.resolve(configMap), cache.resolve(configMap)];
    asked[0]!.fail(new DepwatchError('ERR_TRANSPORT', 'down', { retryable: true }));
    for (const resolved of await Promise.allSettled(waiting)) {
      expect(resolved).toMatchObject({
        status: 'rejected',
        reason: { code: 'ERR_TRANSPORT', retryable: true },
      });
    }
    const again = cache.resolve(configMap);
    asked[1]!.answer(configMapResource);
    expect((await again).resource).toBe('configmaps');
  });

  it('lets one caller leave by its signal while the others stay', async () => {
    const { asked, transport } = discovery();
    const cache = createGvrCache({ transport });
    const impatient = new AbortController();
    const left = cache.resolve(configMap, { signal: impatient.signal });
    const stayed = cache.resolve(configMap, { signal: new AbortController().signal });
    impatient.abort(new Error('enough'));
    await expect(left).rejects.toThrow(code('ERR_ABORTED'));
    expect(asked[0]!.signal!.aborted).toBe(false);
    asked[0]!.answer(configMapResource);
    expect((await stayed).resource).toBe('configmaps');
  });

  it('aborts when the last caller has left, and asks anew for the next one', async () => {
    const { asked, transport } = discovery();
    const cache = createGvrCache({ transport });
    const controllers = [new AbortController(), new AbortController()];
    const left = controllers.map(({ signal }) => cache.resolve(configMap, { signal }));
    controllers[0]!.abort();
    expect(asked[0]!.signal!.aborted).toBe(false);
    controllers[1]!.abort();
    expect(asked[0]!.signal!.aborted).toBe(true);
    const next = cache.resolve(configMap);
    expect(asked).toHaveLength(2);
    // A late answer to the aborted call is nobody's.
    asked[0]!.answer(nodeResource);
    asked[1]!.answer(configMapResource);
    expect((await next).resource).toBe('configmaps');
    for (const { status } of await Promise.allSettled(left)) expect(status).toBe('rejected');
    expect(cache.peek(configMap)!.resource).toBe('configmaps');
  });

  it('rejects at once when the signal is aborted already', async () => {
    const { cache, asked } = newCache();
    const aborted = cache.resolve(configMap, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow(code('ERR_ABORTED'));
    expect(asked).toHaveLength(0);
  });

  it('leaves no listener on the signal of a caller that was served', async () => {
    const { cache } = newCache();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => ((listeners += 1), add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (
      (listeners -= 1),
      remove(...args)
    );
    await cache.resolve(configMap, { signal });
    expect(listeners).toBe(0);
  });
});

describe('what the server lacks', () => {
  it('is an error that names group, version and kind, and says what to do', async () => {
    const { cache, asked } = newCache({});
    const gvk = { group: 'example.com', version: 'v1beta1', kind: 'Widget' };
    await expect(cache.resolve(gvk)).rejects.toThrow(
      /group "example.com", version "v1beta1", kind "Widget".*install its CRD/,
    );
    await expect(cache.resolve(gvk)).rejects.toThrow(code('ERR_NO_VERSIONED_RESOURCE'));
    expect(asked).toHaveLength(2);
  });

  it('is remembered as long as missingApiResourceTtlMs says', async () => {
    const { cache, clock, asked, resources } = newCache({}, { missingApiResourceTtlMs: 1_000 });
    const missing = async (): Promise<void> =>
      expect(cache.resolve(configMap)).rejects.toThrow(code('ERR_NO_VERSIONED_RESOURCE'));
    await missing();
    resources['ConfigMap'] = configMapResource;
    await clock.advance(1_000);
    await missing();
    expect([asked.length, cache.peek(configMap)]).toEqual([1, undefined]);
    await clock.advance(1);
    expect((await cache.resolve(configMap)).resource).toBe('configmaps');
    expect(asked).toHaveLength(2);
  });

  it('is an ERR_TRANSPORT with its cause when a transport throws what is no DepwatchError', async () => {
    const cause = new TypeError('fetch failed');
    const transport = {
      discover: () => {
        throw cause;
      },
    };
    const resolved = createGvrCache({ transport }).resolve(configMap);
    await expect(resolved).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      cause,
      retryable: false,
    });
  });
});

describe('peek, scopeOf and forget', () => {
  it('peek finds what is fresh, and nothing else', async () => {
    const { cache, clock } = newCache();
    expect(cache.peek(configMap)).toBeUndefined();
    const gvr = await cache.resolve(configMap);
    expect(cache.peek(configMap)).toBe(gvr);
    await clock.advance(600_001);
    expect(cache.peek(configMap)).toBeUndefined();
  });

  it('scopeOf knows the scope beyond the TTL, and what the server says last', async () => {
    const { cache, clock, resources } = newCache();
    expect([cache.scopeOf(node), cache.scopeRevision]).toEqual([undefined, 0]);
    await cache.resolve(node);
    await cache.resolve(configMap);
    expect(cache.scopeRevision).toBe(1);
    await clock.advance(3_600_000);
    expect([cache.scopeOf(node), cache.scopeOf(configMap)]).toEqual([false, true]);
    cache.clear();
    expect(cache.scopeOf(node)).toBe(false);
    resources['Node'] = { ...nodeResource, namespaced: true };
    await cache.resolve(node);
    expect([cache.scopeOf(node), cache.scopeRevision]).toEqual([true, 2]);
  });

  it('forget makes the next caller ask again, of one kind only', async () => {
    const { cache, asked } = newCache();
    await cache.resolve(configMap);
    await cache.resolve(node);
    cache.forget(configMap);
    expect([cache.peek(configMap), cache.peek(node)?.resource]).toEqual([undefined, 'nodes']);
    await cache.resolve(configMap);
    expect(asked).toHaveLength(3);
  });

  it('forget while one is asking keeps that answer from being remembered', async () => {
    const { asked, transport } = discovery();
    const cache = createGvrCache({ transport });
    const before = cache.resolve(configMap);
    cache.forget(configMap);
    const after = cache.resolve(configMap);
    expect(asked).toHaveLength(2);
    asked[1]!.answer(configMapResource);
    expect((await after).resource).toBe('configmaps');
    asked[0]!.answer({ ...configMapResource, resource: 'stale' });
    expect((await before).resource).toBe('stale');
    expect(cache.peek(configMap)!.resource).toBe('configmaps');
  });
});

describe('options', () => {
  it.each([
    ['gvkToGvrTtlMs', -1],
    ['gvkToGvrTtlMs', Number.NaN],
    ['missingApiResourceTtlMs', -1],
    ['missingApiResourceTtlMs', Number.NaN],
    ['max', 0],
    ['max', 1.5],
    ['max', Infinity],
  ])('refuse %s: %s', (field, value) => {
    const message = expect.stringMatching(new RegExp(`^${field}: `)) as string;
    expect(() => newCache({}, { [field]: value })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_INPUT', message }) as Error,
    );
  });
});

describe('defects of KDW', () => {
  it('3: the expiry is renewed by each new discovery', async () => {
    const { cache, clock, asked } = newCache();
    for (let period = 1; period <= 5; period++) {
      for (let lookup = 0; lookup < 10; lookup++) await cache.resolve(configMap);
      expect(asked).toHaveLength(period);
      await clock.advance(600_001);
    }
  });

  it('4: one 503 from discovery is not remembered, with a missing-resource TTL or without', async () => {
    for (const missingApiResourceTtlMs of [0, 600_000]) {
      const { asked, transport } = discovery();
      const cache = createGvrCache({
        transport,
        clock: createVirtualClock(),
        missingApiResourceTtlMs,
      });
      const first = cache.resolve(configMap);
      asked[0]!.fail(new DepwatchError('ERR_TRANSPORT', '503', { retryable: true }));
      await expect(first).rejects.toThrow(code('ERR_TRANSPORT'));
      const second = cache.resolve(configMap);
      asked[1]!.answer(configMapResource);
      expect((await second).resource).toBe('configmaps');
    }
  });

  it('5: a removed type yields an error, never its stale GVR', async () => {
    const { cache, clock, resources, asked } = newCache(undefined, {
      missingApiResourceTtlMs: 60_000,
    });
    await cache.resolve(configMap);
    resources['ConfigMap'] = undefined;
    await clock.advance(600_001);
    for (let lookup = 0; lookup < 3; lookup++) {
      await expect(cache.resolve(configMap)).rejects.toThrow(code('ERR_NO_VERSIONED_RESOURCE'));
      expect(cache.peek(configMap)).toBeUndefined();
      await clock.advance(10_000);
    }
    expect(asked).toHaveLength(2);
  });

  it('6: a resource that cannot be watched is an error on a cache hit, too', async () => {
    const verbs = ['create', 'watchlist'];
    const { cache, asked } = newCache({ ConfigMap: { ...configMapResource, verbs } });
    for (let lookup = 0; lookup < 3; lookup++) {
      await expect(cache.resolve(configMap)).rejects.toThrow(code('ERR_RESOURCE_UNWATCHABLE'));
      expect(cache.peek(configMap)).toBeUndefined();
    }
    expect(asked).toHaveLength(1);
  });
});

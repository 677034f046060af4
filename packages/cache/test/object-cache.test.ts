import { describe, expect, it } from 'vitest';

import { createGvrCache, createObjectCache, type ObjectCacheOptions } from '@depwatch/cache';
import type { KubernetesObject, ObjectIdentifier, WatchEvent } from '@depwatch/core';

import { configMap, configMapResource, discovery, node, nodeResource } from './discovery.ts';

interface ConfigMap extends KubernetesObject {
  data?: { [key: string]: string };
}

const code = (expected: string, message = '') =>
  expect.objectContaining({
    code: expected,
    message: expect.stringContaining(message) as string,
  }) as Error;

const named: ObjectIdentifier = { ...configMap, namespace: 'ns', name: 'a' };
const all: ObjectIdentifier = { ...configMap, namespace: 'ns' };

function newCache(options: Pick<ObjectCacheOptions, 'unsafeDisableDeepCopy'> = {}) {
  const { asked, transport } = discovery(({ kind }) =>
    kind === 'Node' ? nodeResource : configMapResource,
  );
  return { asked, cache: createObjectCache({ transport, ...options }) };
}

function object(
  name: string,
  resourceVersion = '1',
  data: ConfigMap['data'] = { key: 'value' },
): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion },
    data,
  };
}

const modified = (changed: ConfigMap): WatchEvent => ({ type: 'MODIFIED', object: changed });

describe('one object', () => {
  it('is cached under its query, replaced and dropped', () => {
    const { cache } = newCache();
    expect(() => cache.get(named)).toThrow(
      code('ERR_NO_CACHE_ENTRY', 'Kind=ConfigMap, Namespace=ns, Name=a'),
    );
    cache.cacheObject(named, object('a'));
    expect(cache.get<ConfigMap>(named)).toEqual(object('a'));
    expect(cache.fromObjectIdentifier(named)).toEqual([object('a')]);
    cache.cacheObject(named, object('a', '2'));
    expect(cache.get(named)?.metadata?.resourceVersion).toBe('2');
    cache.uncacheObject(named);
    expect(() => cache.get(named)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    cache.uncacheObject(named);
  });

  it('has an entry for exactly its query', () => {
    const { cache } = newCache();
    cache.cacheObject(named, object('a'));
    for (const other of [
      { ...named, name: 'b' },
      { ...named, namespace: 'other' },
      { ...named, version: 'v2' },
    ]) {
      expect(() => cache.get(other)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    }
    expect(() => cache.list(all)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    expect(cache.get({ ...named, group: '', selector: '' })).toEqual(object('a'));
  });

  it('defect 7 of KDW: a "not found" is cached, and no error', () => {
    const { cache } = newCache();
    cache.cacheObject(named, undefined);
    expect(cache.get(named)).toBeUndefined();
    expect(cache.fromObjectIdentifier(named)).toEqual([]);
    cache.cacheFromObjectIdentifier({ ...named, name: 'b' }, []);
    expect(cache.get({ ...named, name: 'b' })).toBeUndefined();
  });
});

describe('a list', () => {
  it('is cached under its query, in its order, replaced and dropped', () => {
    const { cache } = newCache();
    expect(() => cache.list(all)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    cache.cacheList(all, [object('c'), object('a'), object('b')]);
    expect(cache.list(all).map(({ metadata }) => metadata?.name)).toEqual(['c', 'a', 'b']);
    cache.cacheList(all, []);
    expect(cache.list(all)).toEqual([]);
    cache.uncacheList(all);
    expect(() => cache.list(all)).toThrow(code('ERR_NO_CACHE_ENTRY'));
  });

  it('shares its entry among all spellings of a selector, and with no other selector', () => {
    const { cache } = newCache();
    cache.cacheFromObjectIdentifier({ ...all, selector: 'a in (b),c' }, [object('a')]);
    expect(cache.list({ ...all, group: '', selector: ' c , a==b' })).toEqual([object('a')]);
    expect(cache.fromObjectIdentifier({ ...all, selector: 'c,a=b,c' })).toHaveLength(1);
    expect(() => cache.list(all)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    cache.uncacheFromObjectIdentifier({ ...all, selector: 'a=b,c' });
    expect(() => cache.list({ ...all, selector: 'a in (b),c' })).toThrow(
      code('ERR_NO_CACHE_ENTRY'),
    );
  });

  it('keeps objects of several namespaces apart', () => {
    const { cache } = newCache();
    const other = { ...object('a'), metadata: { name: 'a', namespace: 'other' } };
    cache.cacheList(configMap, [object('a'), other]);
    expect(cache.list(configMap)).toEqual([object('a'), other]);
  });

  it('takes hostile names for what they are', () => {
    const { cache } = newCache();
    const names = ['__proto__', 'constructor', 'a,b=c:d'];
    cache.cacheList(
      all,
      names.map((name) => object(name)),
    );
    expect(cache.list(all).map(({ metadata }) => metadata?.name)).toEqual(names);
    const hostile: ObjectIdentifier = { ...named, name: '__proto__', namespace: 'constructor' };
    expect(() => cache.get(hostile)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    cache.cacheObject(
      hostile,
      JSON.parse('{"metadata":{"name":"__proto__"},"__proto__":{"x":1}}') as KubernetesObject,
    );
    expect(Object.hasOwn(cache.get(hostile)!, '__proto__')).toBe(true);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('bad queries', () => {
  const { cache } = newCache();
  const selected = { ...all, selector: 'a' };
  it.each([
    ['get with a selector', () => cache.get(selected), 'name: '],
    ['get with both', () => cache.get({ ...named, selector: 'a' }), 'selector: '],
    ['get with neither', () => cache.get(all), 'name: '],
    ['list with a name', () => cache.list(named), 'name: '],
    ['list with a bad selector', () => cache.list({ ...all, selector: 'a in' }), 'selector: '],
    [
      'fromObjectIdentifier with both',
      () => cache.fromObjectIdentifier({ ...named, selector: 'a' }),
      'name, selector: ',
    ],
    ['a query without a kind', () => cache.list({ ...all, kind: '' }), 'kind: '],
    ['a name that climbs', () => cache.get({ ...named, name: '..' }), 'name: '],
    ['nothing', () => cache.get(undefined as unknown as ObjectIdentifier), 'object identifier: '],
    ['cacheObject with a selector', () => cache.cacheObject(selected, undefined), 'name: '],
    ['cacheList with a name', () => cache.cacheList(named, []), 'name: '],
    [
      'two objects of one name',
      () => cache.cacheFromObjectIdentifier(named, [object('a'), object('b')]),
      'name: ',
    ],
    [
      'an object without a name',
      () => cache.cacheList(all, [object('a'), {}]),
      'metadata.name: object 1 ',
    ],
    [
      'what is no JSON',
      () => cache.cacheObject(named, { ...object('a'), big: 1n } as KubernetesObject),
      'object: ',
    ],
    ['uncacheObject with a selector', () => cache.uncacheObject(selected), 'name: '],
    ['uncacheList with a name', () => cache.uncacheList(named), 'name: '],
    [
      'attach with both',
      () => cache.attach({ ...named, selector: 'a' }, cache.createStore()),
      'name, selector: ',
    ],
  ])('%s is ERR_INVALID_INPUT', (_what, call, message) => {
    expect(call).toThrow(code('ERR_INVALID_INPUT', message));
  });
});

describe('the scope of a kind', () => {
  it('lets a cluster-scoped kind ignore the namespace, also of what was cached before it was known', async () => {
    const { cache } = newCache();
    const spelled = { ...node, namespace: 'whatever', name: 'n' };
    cache.cacheObject(spelled, { metadata: { name: 'n' } });
    cache.cacheObject(named, object('a'));
    expect(() => cache.get({ ...node, name: 'n' })).toThrow(code('ERR_NO_CACHE_ENTRY'));
    await cache.gvkToGvr(node);
    for (const namespace of ['', 'whatever', 'other']) {
      expect(cache.get({ ...node, namespace, name: 'n' })).toEqual({ metadata: { name: 'n' } });
    }
    expect(cache.get(named)).toEqual(object('a'));
    cache.uncacheObject({ ...node, name: 'n' });
    expect(() => cache.get(spelled)).toThrow(code('ERR_NO_CACHE_ENTRY'));
  });

  it('makes a namespaced kind named without a namespace an error, once it is known', async () => {
    const { cache } = newCache();
    const nowhere = { ...configMap, name: 'a' };
    expect(() => cache.get(nowhere)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    await cache.gvkToGvr(configMap);
    expect(() => cache.get(nowhere)).toThrow(code('ERR_INVALID_INPUT', 'namespace: '));
    cache.cacheList(configMap, []);
    expect(cache.list(configMap)).toEqual([]);
  });

  it('is that of a GVK→GVR cache which may be shared', async () => {
    const { asked, transport } = discovery(() => nodeResource);
    const gvrs = createGvrCache({ transport });
    const cache = createObjectCache({ gvrs });
    expect(cache.gvrs).toBe(gvrs);
    await gvrs.resolve(node);
    expect(await cache.gvkToGvr(node)).toBe(gvrs.peek(node));
    expect(asked).toHaveLength(1);
    cache.cacheObject({ ...node, namespace: 'x', name: 'n' }, undefined);
    expect(cache.get({ ...node, name: 'n' })).toBeUndefined();
  });
});

describe('clear', () => {
  it('drops objects, attached stores and resources of kinds', async () => {
    const { cache, asked } = newCache();
    cache.cacheObject(named, object('a'));
    cache.attach(all, cache.createStore());
    await cache.gvkToGvr(configMap);
    cache.clear();
    expect(() => cache.get(named)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    expect(() => cache.list(all)).toThrow(code('ERR_NO_CACHE_ENTRY'));
    await cache.gvkToGvr(configMap);
    expect(asked).toHaveLength(2);
  });
});

describe('what goes in', () => {
  it('is copied: the objects and arrays of the caller stay theirs', () => {
    const { cache } = newCache();
    const mine = object('a');
    const list = [mine];
    cache.cacheObject(named, mine);
    cache.cacheList(all, list);
    expect([Object.isFrozen(mine), Object.isFrozen(mine.data), Object.isFrozen(list)]).toEqual([
      false,
      false,
      false,
    ]);
    mine.data!['key'] = 'changed';
    list.length = 0;
    expect(cache.get<ConfigMap>(named)?.data).toEqual({ key: 'value' });
    expect(cache.list(all)).toHaveLength(1);
  });

  it('is kept as a transport would have decoded it', () => {
    const { cache } = newCache();
    const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
    const mine = {
      metadata: {
        name: 'a',
        namespace: undefined,
        creationTimestamp: new Date(0),
        managedFields: [{ manager: 'kubectl' }],
        annotations: { [lastApplied]: '{"data":{"password":"secret"}}', kept: 'yes' },
      },
    } as unknown as KubernetesObject;
    const before = structuredClone(mine);
    cache.cacheObject(named, mine);
    expect(cache.get(named)).toStrictEqual({
      metadata: {
        name: 'a',
        creationTimestamp: '1970-01-01T00:00:00.000Z',
        annotations: { kept: 'yes' },
      },
    });
    expect(mine).toEqual(before);
  });
});

describe('what comes out', () => {
  it('is deeply frozen and shared', () => {
    const { cache } = newCache();
    cache.cacheObject(named, object('a'));
    cache.cacheList(all, [object('a'), object('b')]);
    const got = cache.get<ConfigMap>(named)!;
    const list = cache.list<ConfigMap>(all);
    expect(
      [got, got.data, got.metadata, list, list[1]!.data].every((part) => Object.isFrozen(part)),
    ).toBe(true);
    expect(cache.get(named)).toBe(got);
    expect(cache.list(all)).toBe(list);
    expect(() => (list as unknown[]).push(1)).toThrow(TypeError);
  });

  it('is neither copied nor frozen with unsafeDisableDeepCopy', () => {
    const { cache } = newCache({ unsafeDisableDeepCopy: true });
    const mine = object('a');
    cache.cacheObject(named, mine);
    expect(cache.get(named)).toBe(mine);
    expect([Object.isFrozen(mine), Object.isFrozen(mine.data)]).toEqual([false, false]);
  });

  it.each([false, true])(
    'defect 16 of KDW: a list in a reader’s hands stays as it is (unsafeDisableDeepCopy: %s)',
    (unsafeDisableDeepCopy) => {
      const { cache } = newCache({ unsafeDisableDeepCopy });
      const store = cache.createStore();
      store.stage([object('a'), object('b')]);
      store.commit();
      cache.attach(all, store);
      const before = cache.list<ConfigMap>(all);
      const copy = structuredClone(before);
      store.apply([modified(object('a', '2', {}))]);
      store.apply([
        { type: 'DELETED', object: object('b') },
        { type: 'ADDED', object: object('c') },
      ]);
      store.stage([]);
      store.commit();
      cache.cacheList(all, [object('d')]);
      expect(before).toEqual(copy);
      expect(cache.list(all)).toEqual([object('d')]);
    },
  );
});

describe('an attached store', () => {
  it('shows readers what it holds, from event to event', () => {
    const { cache } = newCache();
    const store = cache.createStore();
    cache.attach(named, store);
    expect(cache.get(named)).toBeUndefined();
    store.stage([object('a')]);
    expect(cache.get(named)).toBeUndefined();
    store.commit();
    expect(cache.get(named)).toEqual(object('a'));
    store.apply([modified(object('a', '2', { key: 'new' }))]);
    expect(cache.get<ConfigMap>(named)?.data).toEqual({ key: 'new' });
    store.apply([{ type: 'DELETED', object: object('a', '3') }]);
    expect(cache.get(named)).toBeUndefined();
  });

  it('freezes what it is given and copies nothing', () => {
    const { cache } = newCache();
    const store = cache.createStore();
    const decoded = object('a');
    store.apply([{ type: 'ADDED', object: decoded }]);
    cache.attach(named, store);
    expect(cache.get(named)).toBe(decoded);
    expect([Object.isFrozen(decoded), Object.isFrozen(decoded.data)]).toEqual([true, true]);
  });

  it('is detached by its query', () => {
    const { cache } = newCache();
    cache.attach({ ...all, selector: 'a=b' }, cache.createStore());
    cache.uncacheFromObjectIdentifier({ ...all, selector: 'a in (b)' });
    expect(() => cache.list({ ...all, selector: 'a=b' })).toThrow(code('ERR_NO_CACHE_ENTRY'));
  });

  it('is detached by what attach returned, but never the one that took its place', async () => {
    const { cache } = newCache();
    const spelled = { ...node, namespace: 'x', name: 'n' };
    const detachOld = cache.attach(spelled, cache.createStore());
    const fresh = cache.createStore();
    fresh.apply([{ type: 'ADDED', object: { metadata: { name: 'n' } } }]);
    const detachNew = cache.attach(spelled, fresh);
    await cache.gvkToGvr(node);
    detachOld();
    expect(cache.get({ ...node, name: 'n' })).toEqual({ metadata: { name: 'n' } });
    detachNew();
    detachNew();
    expect(() => cache.get(spelled)).toThrow(code('ERR_NO_CACHE_ENTRY'));
  });

  it('defect 18 of KDW: an event on a list of 10,000 neither reads nor copies the others', () => {
    const { cache } = newCache();
    let touched = 0;
    const count = (): void => void (touched += 1);
    const counted = (name: string): ConfigMap =>
      new Proxy(object(name), {
        get: (target, key, receiver) => (count(), Reflect.get(target, key, receiver)),
        has: (target, key) => (count(), Reflect.has(target, key)),
        ownKeys: (target) => (count(), Reflect.ownKeys(target)),
        getOwnPropertyDescriptor: (target, key) => (
          count(),
          Reflect.getOwnPropertyDescriptor(target, key)
        ),
        preventExtensions: (target) => (count(), Reflect.preventExtensions(target)),
        isExtensible: (target) => (count(), Reflect.isExtensible(target)),
        defineProperty: (target, key, to) => (count(), Reflect.defineProperty(target, key, to)),
      });
    const store = cache.createStore();
    store.stage(Array.from({ length: 10_000 }, (_, index) => counted(`object-${index}`)));
    store.commit();
    cache.attach(all, store);
    const before = cache.list(all);
    expect(touched).toBeGreaterThan(0);

    touched = 0;
    const names = ['added', 'object-10000', 'object-10001'];
    store.apply(names.map((name) => ({ type: 'ADDED', object: object(name) })));
    store.apply([modified(object('added', '2'))]);
    store.apply([{ type: 'DELETED', object: object('added', '3') }]);
    const after = cache.list(all);
    expect(touched).toBe(0);
    expect(after).toHaveLength(10_002);
    expect(before.every((each, index) => after[index] === each)).toBe(true);

    store.apply([modified(object('object-5000', '2'))]);
    expect(touched, 'only the version that was known is read').toBeLessThan(10);
    expect(cache.list(all)[5_000]?.metadata?.resourceVersion).toBe('2');
  });
});

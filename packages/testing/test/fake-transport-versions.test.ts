import { describe, expect, test } from 'vitest';

import { createFakeTransport } from '../src/index.ts';
import {
  configMap,
  newConfigMap,
  queryFor,
  openWatch,
  told,
  names,
  code,
} from './fake-transport-kit.ts';

describe('versions', () => {
  test('a list in pages stays at its version; compaction ends it', async () => {
    const transport = createFakeTransport();
    for (const name of ['c', 'a', 'b']) transport.put(newConfigMap(name));
    const query = await queryFor(transport, configMap);
    const first = await transport.list(query, { limit: 2 });
    transport.remove(newConfigMap('c'));
    transport.put(newConfigMap('bb'));
    const second = await transport.list(query, { limit: 2, continue: first.continue! });
    expect([...first.items, ...second.items].map((item) => item.metadata?.name)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(second.resourceVersion).toBe(first.resourceVersion);
    expect(second.continue).toBeUndefined();
    transport.compact();
    await expect(
      transport.list(query, { limit: 2, continue: first.continue! }),
    ).rejects.toMatchObject({ code: 'ERR_EXPIRED', status: { code: 410 } });
  });

  test('a version given to a list is a lower bound, with a limit the exact one', async () => {
    const transport = createFakeTransport();
    const { metadata } = transport.put(newConfigMap('a'));
    const resourceVersion = metadata.resourceVersion;
    transport.put(newConfigMap('b'));
    const query = await queryFor(transport, configMap);
    const count = async (options: object) => (await transport.list(query, options)).items.length;
    expect(await count({ resourceVersion })).toBe(2);
    expect(await count({ resourceVersion, limit: 5 })).toBe(1);
    expect(await count({ resourceVersion: '0', limit: 5 })).toBe(2);
    transport.compact();
    await expect(count({ resourceVersion, limit: 5 })).rejects.toEqual(code('ERR_EXPIRED'));
    await expect(count({ resourceVersion: '1000' })).rejects.toMatchObject({
      code: 'ERR_EXPIRED',
      status: { code: 504 },
    });
    await expect(count({ resourceVersion: 'x' })).rejects.toMatchObject({ status: { code: 400 } });
    await expect(count({ continue: 'x' })).rejects.toMatchObject({ status: { code: 400 } });
  });

  test('compact makes every version so far too old, and leaves open watches alone', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const { resourceVersion } = await transport.list(query, {});
    const watch = await openWatch(transport, query, { resourceVersion });
    transport.compact();
    await expect(
      transport.watch(query, { resourceVersion })[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'ERR_EXPIRED', status: { code: 410 } });
    transport.put(newConfigMap('a'));
    expect(told((await watch.next()).value!)).toEqual(['ADDED a']);
    await openWatch(transport, query, {
      resourceVersion: (await transport.list(query, {})).resourceVersion,
    });
  });

  test('a bookmark is a version to resume from', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap, { namespace: 'a', name: 'x' });
    const watch = await openWatch(transport, query, { initialEvents: true });
    expect(told((await watch.next()).value!)).toEqual(['BOOKMARK end']);
    transport.compact();
    transport.sendBookmarks();
    const [bookmark] = (await watch.next()).value!;
    expect(bookmark).toEqual({ type: 'BOOKMARK', resourceVersion: transport.resourceVersion });
    await openWatch(transport, query, { resourceVersion: transport.resourceVersion });
  });

  test('serveStale shows the past until it is undone or compacted', async () => {
    const transport = createFakeTransport();
    const past = transport.put(newConfigMap('a')).metadata.resourceVersion;
    transport.put(newConfigMap('b'));
    transport.remove(newConfigMap('a'));
    const query = await queryFor(transport, configMap);
    const undo = transport.serveStale(past);
    expect(await names(transport, query)).toEqual(['a']);
    expect((await transport.list(query, {})).resourceVersion).toBe(past);
    const watch = await openWatch(transport, query, { initialEvents: true });
    expect(told((await watch.next()).value!)).toEqual([
      'ADDED a',
      'BOOKMARK end',
      'ADDED b',
      'DELETED a',
    ]);
    undo();
    expect(await names(transport, query)).toEqual(['b']);
    transport.serveStale(past);
    transport.compact();
    expect(await names(transport, query)).toEqual(['b']);
    expect(() => transport.serveStale(past)).toThrow(code('ERR_INVALID_INPUT'));
    expect(() => transport.serveStale('99999')).toThrow(code('ERR_INVALID_INPUT'));
  });

  test('a watch from a version to come is silent until then', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const next = String(Number(transport.resourceVersion) + 1);
    const watch = await openWatch(transport, query, { resourceVersion: next });
    transport.put(newConfigMap('a'));
    transport.put(newConfigMap('b'));
    expect(told((await watch.next()).value!)).toEqual(['ADDED b']);
  });
});

import type { ListPage, WatchEvent } from '@depwatch/core';
import { describe, expect, test } from 'vitest';

import { createFakeTransport, type FakeTransport } from '../src/index.ts';
import {
  configMap,
  deployment,
  newConfigMap,
  openWatch,
  queryFor,
  told,
} from './fake-transport-kit.ts';

/** The versions of a page, its own first. */
function versionsOf({ resourceVersion, items }: ListPage) {
  return [resourceVersion, ...items.map(({ metadata }) => metadata?.resourceVersion)];
}

/** The versions of events. */
function versionsTold(events: readonly WatchEvent[]) {
  return events.map((event) =>
    event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata?.resourceVersion,
  );
}

async function initialEvents(transport: FakeTransport) {
  const query = await queryFor(transport, configMap);
  const watch = await openWatch(transport, query, { initialEvents: true });
  return { watch, events: (await watch.next()).value! };
}

describe('what arrives spoilt', () => {
  test.each([
    ['missing', '', undefined],
    ['empty', '', ''],
    ['frozen', '1', '1'],
  ] as const)('versions that are %s', async (versions, ofPage, ofObject) => {
    const objects = [newConfigMap('a')];
    const transport = createFakeTransport({ objects });
    const query = await queryFor(transport, configMap);
    const undo = transport.spoil({ resource: 'configmaps', versions });
    expect(versionsOf(await transport.list(query, {}))).toEqual([ofPage, ofObject]);
    const { watch, events } = await initialEvents(transport);
    expect(versionsTold(events)).toEqual([ofObject, ofPage]);
    transport.put(newConfigMap('a', { data: { a: '1' } }));
    transport.remove(newConfigMap('a'));
    transport.sendBookmarks();
    expect(versionsTold((await watch.next()).value!)).toEqual([ofObject, ofObject, ofPage]);
    // Who resumes is told of nothing that was.
    const resumed = await openWatch(transport, query, { resourceVersion: '1' });
    transport.put(newConfigMap('b'));
    expect(told((await resumed.next()).value!)).toEqual(['ADDED b']);
    const other = await queryFor(transport, deployment);
    expect(versionsOf(await transport.list(other, {}))).toEqual([transport.resourceVersion]);
    undo();
    expect((await transport.list(query, {})).resourceVersion).toBe(transport.resourceVersion);
    expect(transport.stored(newConfigMap('b'))?.metadata?.resourceVersion).toMatch(/[0-9]/);
  });

  test('a DELETED without uid', async () => {
    const transport = createFakeTransport({ objects: [newConfigMap('a')] });
    transport.spoil({ deletedUids: 'missing' });
    const { watch, events } = await initialEvents(transport);
    expect(events[0]).toHaveProperty('object.metadata.uid');
    transport.remove(newConfigMap('a'));
    const [event] = (await watch.next()).value!;
    expect(event).toHaveProperty('object.metadata.resourceVersion');
    expect(event).not.toHaveProperty('object.metadata.uid');
  });

  test('bookmarks, all of them or the one that ends the initial events', async () => {
    const transport = createFakeTransport({ objects: [newConfigMap('a')] });
    const undo = transport.spoil({ bookmarks: 'missing' });
    const none = await initialEvents(transport);
    expect(told(none.events)).toEqual(['ADDED a']);
    transport.sendBookmarks();
    transport.put(newConfigMap('b'));
    expect(told((await none.watch.next()).value!)).toEqual(['ADDED b']);
    undo();
    transport.spoil({ bookmarks: 'no-initial-events-end' });
    const some = await initialEvents(transport);
    expect(told(some.events)).toEqual(['ADDED a', 'ADDED b']);
    transport.sendBookmarks();
    expect(told((await some.watch.next()).value!)).toEqual(['BOOKMARK']);
  });

  test('a continue token that leads back to the first page', async () => {
    const transport = createFakeTransport({ objects: [newConfigMap('a'), newConfigMap('b')] });
    const query = await queryFor(transport, configMap);
    transport.spoil({ tokens: 'constant' });
    for (const from of [{}, { continue: 'again' }]) {
      const page = await transport.list(query, { limit: 1, ...from });
      expect(page).toMatchObject({ items: [{ metadata: { name: 'a' } }], continue: 'again' });
    }
    expect(await transport.list(query, {})).not.toHaveProperty('continue');
  });

  test('several rules add up', async () => {
    const transport = createFakeTransport({ objects: [newConfigMap('a')] });
    transport.spoil({ bookmarks: 'missing' });
    transport.spoil({ versions: 'empty' });
    const { events } = await initialEvents(transport);
    expect(told(events)).toEqual(['ADDED a']);
    expect(versionsTold(events)).toEqual(['']);
  });
});

import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';

import { ReconcileReadable } from '../src/index.ts';

test('a stream that two dynamic watchers feed ends with the last of them', async () => {
  const readable = new ReconcileReadable();
  const read: (string | undefined)[] = [];
  const reading = (async () => {
    for await (const { watcher, attempt } of readable) read.push(`${watcher.name} ${attempt}`);
  })();
  const app = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'app' };
  const transport = createFakeTransport();
  const { clock } = transport;
  const first = createDynamicWatcher({ transport, clock, reconciler: readable });
  const second = createDynamicWatcher({ transport, clock, reconciler: readable });
  await Promise.all([first.start(), second.start()]);
  await first.stop();
  second.enqueue(app);
  await clock.advance(1);
  expect(read).toEqual(['app 1']);
  await second.stop();
  await reading;
  await Promise.all([first.stopped, second.stopped]);
});

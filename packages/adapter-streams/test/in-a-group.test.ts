import { expect, test } from 'vitest';

import { ReconcileReadable, type ReconcileItem } from '../src/index.ts';
import { inAGroup } from '../../../tools/adapter-bench/in-a-group.ts';

test('in a group it goes on when one of the dynamic watchers stops, and ends with the group', async () => {
  const readable = new ReconcileReadable();
  const seen = await inAGroup(readable, (told, ended) => {
    readable.on('data', ({ watcher }: ReconcileItem) => told(watcher.name!));
    readable.on('end', ended);
  });
  expect(seen).toEqual({ told: ['b', 'c'], endedWithMember: 0, ended: 1 });
});

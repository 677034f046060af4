import { expect, test } from 'vitest';

import { ReconcileEmitter } from '../src/index.ts';
import { inAGroup } from '../../../tools/adapter-bench/in-a-group.ts';

test('in a group it goes on when one of the dynamic watchers stops, and ends with the group', async () => {
  const emitter = new ReconcileEmitter();
  const seen = await inAGroup(emitter, (told, ended) => {
    emitter.on('reconcile', ({ watcher }) => told(watcher.name!));
    emitter.on('stopped', ended);
  });
  expect(seen).toEqual({ told: ['b', 'c'], endedWithMember: 0, ended: 1 });
});

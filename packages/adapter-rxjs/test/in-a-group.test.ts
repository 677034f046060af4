import { expect, test } from 'vitest';

import { ReconcileObservable } from '../src/index.ts';
import { inAGroup } from '../../../tools/adapter-bench/in-a-group.ts';

test('in a group it goes on when one of the dynamic watchers stops, and completes with the group', async () => {
  const observable = new ReconcileObservable();
  const seen = await inAGroup(observable, (told, ended) => {
    observable.subscribe({ next: ({ watcher }) => told(watcher.name!), complete: ended });
  });
  expect(seen).toEqual({ told: ['b', 'c'], endedWithMember: 0, ended: 1 });
});

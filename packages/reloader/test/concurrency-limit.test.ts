import { expect, test } from 'vitest';

import { createConcurrencyLimit } from '../src/concurrency-limit.ts';

test('no more than so many run at once, in order, and a failure makes room, too', async () => {
  const limit = createConcurrencyLimit(2);
  const started: number[] = [];
  const tasks = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const results = tasks.map(({ promise }, index) =>
    limit(() => {
      started.push(index);
      return promise;
    }),
  );
  expect(started).toStrictEqual([0, 1]);
  tasks[1]!.reject(new Error('no'));
  await expect(results[1]).rejects.toThrow('no');
  expect(started).toStrictEqual([0, 1, 2]);
  tasks[0]!.resolve();
  tasks[2]!.resolve();
  await results[2];
  expect(started).toStrictEqual([0, 1, 2, 3, 4]);
  tasks[3]!.resolve();
  tasks[4]!.resolve();
  await results[4];
});

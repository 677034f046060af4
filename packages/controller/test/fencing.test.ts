import { isDepwatchError } from '@depwatch/core';
import { expect, test } from 'vitest';
import { configMapId, startBench, widget } from './harness.ts';
import { Owned } from './owned.ts';

/** An ownership of a process that may have stood still: it finds out when it is asked. */
class StoodStill extends Owned {
  isLate = false;

  override owns(key: string): boolean {
    if (this.isLate) {
      this.isLate = false;
      this.overdue.abort();
      void this.give();
    }
    return super.owns(key);
  }
}

test('a reconcile of a controller whose process stood still sends no write', async () => {
  const owned = new StoodStill('a');
  const goOn = Promise.withResolvers<void>();
  const outcomes: unknown[] = [];
  await using bench = await startBench(
    {
      ownership: owned,
      reconcile: async (_, { apply, patchStatus, client, signal }) => {
        await goOn.promise;
        expect(signal.aborted).toBe(false);
        const config = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'of-a', namespace: 'default' },
        };
        for (const write of [
          () => apply(config, { owned: true }),
          () => patchStatus({ ready: true }),
          () => client.delete(configMapId('other')),
        ]) {
          outcomes.push(
            await write().then(
              () => 'written',
              (error: unknown) => isDepwatchError(error, 'ERR_ABORTED'),
            ),
          );
        }
      },
    },
    [widget('a')],
  );
  const count = () => {
    const { create, patch, apply, delete: deleted } = bench.fake.requests;
    return create + patch + apply + deleted;
  };
  const before = count();
  owned.isLate = true;
  goOn.resolve();
  await bench.settle(1000);
  expect(outcomes).toEqual([true, true, true]);
  expect(count()).toBe(before);
});

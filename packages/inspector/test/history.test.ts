import type { Observation } from '@depwatch/dynamic-watcher';
import { expect, test } from 'vitest';
import { History } from '../src/history.ts';
import { configMapId } from './harness.ts';

const app = configMapId('app');

function ended(error: unknown): Extract<Observation, { type: 'reconcile-ended' }> {
  const told = { type: 'reconcile-ended', at: 1, watcher: app, causes: [], attempt: 1 } as const;
  return { ...told, durationMs: 1, result: 'error', error };
}

test('an error is kept as it is shown, and nothing else of what was thrown', () => {
  const history = new History();
  let reads = 0;
  const error = Object.defineProperty(new Error('no'), 'code', {
    get() {
      reads += 1;
      return 'E_SHOP';
    },
  });
  history.hear(ended(error));
  error.message = 'changed since';
  const before = reads;
  expect(history.reconciles(0)).toMatchObject([{ error: { code: 'E_SHOP', message: 'no' } }]);
  expect(reads).toBe(before);
});

test('of a long message no more is kept than is shown', () => {
  const history = new History();
  const kibi = 1024;
  const before = process.memoryUsage().heapUsed;
  // Of 250 MiB all would be kept, had the beginnings anything to do with the whole.
  for (let index = 0; index < 250; index += 1)
    history.hear(ended(new Error(Buffer.alloc(kibi * kibi, `${index}`).toString('latin1'))));
  expect(history.reconciles(0)[0]!.error!.message).toHaveLength(501);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * kibi * kibi);
});

test('nothing is left of what is forgotten', () => {
  const history = new History();
  history.hear(ended(new Error('no')));
  history.clear();
  expect([history.reconciles(0), history.plans(0)]).toEqual([[], []]);
  history.hear(ended(new Error('again')));
  expect(history.reconciles(0)).toHaveLength(1);
});

test('a change of plan is told with its reason in words', () => {
  const history = new History();
  const watched = { version: 'v1', kind: 'ConfigMap', namespace: 'shop' };
  const told = { watched, change: 'share', reason: 'demand', demanded: 20 } as const;
  history.hear({ type: 'plan', at: 1, ...told });
  const reason = 'so many are demanded that one watch costs less';
  expect(history.plans(0)).toMatchObject([{ reason, demanded: 20 }]);
});

import { expect } from 'vitest';
import type { FaultCase } from './fault-case.ts';
import type { Stage } from './stage.ts';

/** Cuts the watch, changes something while it is refused, and heals once the server has asked to wait. */
async function refusedFor(stage: Stage, heal: () => Promise<void>, code: number) {
  stage.ground.cut();
  const refused = () => stage.retries.filter(({ error }) => error.status?.code === code);
  await stage.until(() => expect(refused()).not.toEqual([]));
  expect(stage.status()).toMatchObject({
    state: 'retrying',
    lastError: { code: 'ERR_TRANSPORT', status: { code } },
  });
  await stage.put('config', 'meanwhile');
  await heal();
  await stage.wakes(1, 'meanwhile');
  for (const retry of refused()) {
    expect(retry).toMatchObject({ state: 'retrying', error: { retryAfterMs: 2000 } });
    // More than the back-off alone would be by now.
    expect(retry.retryAfterMs).toBeGreaterThanOrEqual(2000);
  }
  // Each retry was one watch, but the first connection may have been lost before it had an answer.
  expect(stage.counts).toMatchObject({ lists: 1, expired: 0, discover: 1 });
  expect(stage.counts.resumes).toBe(refused().length + 1 + stage.counts.unanswered);
}

export const answerCases: readonly FaultCase[] = [
  {
    fault: '429 with Retry-After',
    inject: {
      fake: (fake) =>
        fake.fail({
          operation: 'watch',
          error: { code: 429, details: { retryAfterSeconds: 2 } },
        }),
      inProcess: ({ faults }) =>
        faults.respond({ status: 429, retryAfterSeconds: 2, match: { verb: 'watch' } }),
      real: 'its flow control lets one request through at all times, even where it grants no share',
    },
    async expect(stage, inject) {
      await stage.watch();
      await refusedFor(stage, await inject(), 429);
    },
  },
  {
    fault: '503 with Retry-After',
    inject: {
      fake: (fake) =>
        fake.fail({
          operation: 'watch',
          error: { code: 503, details: { retryAfterSeconds: 2 } },
        }),
      inProcess: ({ faults }) =>
        faults.respond({ status: 503, retryAfterSeconds: 2, match: { verb: 'watch' } }),
      real: 'it can be made to say so only by stopping what it depends on',
    },
    async expect(stage, inject) {
      await stage.watch();
      await refusedFor(stage, await inject(), 503);
    },
  },
  ...(['an ERROR event', 'the HTTP status'] as const).map((form): FaultCase => ({
    fault: `410 as ${form}`,
    inject: {
      fake: (fake) =>
        form === 'an ERROR event'
          ? fake.compact()
          : fake.fail({ operation: 'watch', error: { code: 410 }, times: 1 }),
      inProcess: ({ faults }) =>
        form === 'an ERROR event'
          ? faults.compact()
          : faults.respond({ status: 410, times: 1, match: { verb: 'watch' } }),
      real: 'it forgets versions after minutes, or in a restart: see there',
    },
    async expect(stage, inject) {
      await stage.watch();
      const reconnect = stage.ground.disconnect();
      await stage.put('config', 'meanwhile');
      await inject();
      reconnect();
      await stage.wakes(1, 'meanwhile');
      expect(stage.retries.at(-1)).toMatchObject({
        state: 'retrying',
        error: { code: 'ERR_EXPIRED' },
      });
      // It is said why it was away, also now that it is back.
      expect(stage.status()?.lastError?.code).toBe('ERR_EXPIRED');
      expect(stage.recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
      expect(stage.counts).toMatchObject({ lists: 2, expired: 1 });
      // The kind is asked for anew where what is known of it is a second old, as on a busy machine.
      expect(stage.counts.discover).toBeLessThanOrEqual(2);
      await stage.delivers('after');
    },
  })),
];

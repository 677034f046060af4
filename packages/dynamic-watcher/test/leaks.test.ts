import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Churn, nothing } from './leaks/churn.ts';

const timeout = 60_000;

/** What a script says that runs in a process of its own, on the sources; rejects when the process does not end. */
async function run(script: string, ...flags: string[]) {
  const path = join(import.meta.dirname, 'leaks', script);
  const args = [...flags, '--conditions=@depwatch/source', path];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout });
  return JSON.parse(stdout);
}

test('10,000 adds and removes of all sorts leave nothing behind', { timeout }, async () => {
  await using churn = new Churn();
  await churn.watcher.start();
  await churn.run(0, 10_000);
  const { rejected, reconciled, fake } = churn;
  console.log(
    `10,000 cycles: ${fake.requests.watch} watches asked for, ${reconciled} reconciles, ${rejected} rejections; held: ${JSON.stringify(churn.held())}`,
  );
  expect(rejected).toBeGreaterThan(5_000);
  expect(reconciled).toBeGreaterThan(1_000);
  expect(churn.held()).toEqual(nothing);
  await churn.watcher.stop();
  await churn.watcher.stopped;
  expect(fake.openWatches).toEqual([]);
  expect(fake.clock.pending).toBe(0);
});

test(
  '2,000 adds and removes over HTTP/2 leave no watch, no socket, and the process ends',
  { timeout },
  async () => {
    const { cycles, asked, held, sockets, before, after } = await run('http-script.ts');
    console.log(
      `${cycles} cycles over HTTP/2: ${asked} watches asked for; held ${JSON.stringify(held)}; sockets ${JSON.stringify(sockets)}; active resources before ${JSON.stringify(before)}, after the stop ${JSON.stringify(after)}`,
    );
    expect(asked).toBeGreaterThanOrEqual(cycles * 0.8);
    expect(held).toEqual({ openWatches: 0, graph: 0, statusEntries: 0 });
    expect(sockets.last).toBeLessThanOrEqual(sockets.first);
    expect(after).toEqual(before);
  },
);

test('the heap after 10,000 cycles is that after 1,000, within 5 %', { timeout }, async () => {
  const { after1000, after10000, held } = await run('heap-script.ts', '--expose-gc');
  const growth = after10000 / after1000 - 1;
  console.log(
    `heap after 1,000 cycles ${after1000} bytes, after 10,000 ${after10000}: ${(growth * 100).toFixed(1)} %`,
  );
  expect(held).toEqual(nothing);
  expect(growth).toBeLessThan(0.05);
});

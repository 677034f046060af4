import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { slowConsumer, type Figures } from './slow-consumer.ts';

test.each([1, 4])(
  '1,000 changes to 10 watchers while %i items are slept over',
  async (concurrency) => {
    const figures = await slowConsumer(1_000, concurrency);
    console.log('slow consumer', figures);
    // Those slept over, and one more for each watcher.
    expect(figures).toEqual({
      eventsWritten: 1_000,
      reconcilesRun: 10 + concurrency,
      itemsHeld: concurrency,
      lastChangesSeen: 10,
    });
  },
);

const inProcesses = { timeout: 120_000 };

test('memory does not grow with the changes', inProcesses, async () => {
  const measure = async (changes: number) =>
    JSON.parse(await run('slow-consumer.process.ts', changes)) as Figures & { peakRssMb: number };
  const [few, many] = [await measure(1_000), await measure(5_000)];
  console.log('slow consumer in a process of its own', few, many);
  expect(many).toMatchObject({ reconcilesRun: 11, itemsHeld: 1, lastChangesSeen: 10 });
  // 4,000 items that were kept would be on top; the allowance is for what a heap grows by before it is collected.
  expect(many.peakRssMb).toBeLessThan(1.5 * few.peakRssMb);
});

test('nothing remains of an item that is done', inProcesses, async () => {
  const reconciles = 10_000;
  const growth = Number(await run('many-items.process.ts', reconciles));
  // An item that is kept takes about 1,000 bytes.
  expect(growth / reconciles).toBeLessThan(100);
});

async function run(program: string, argument: number): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@depwatch/source',
    '--expose-gc',
    join(import.meta.dirname, program),
    `${argument}`,
  ]);
  return stdout;
}

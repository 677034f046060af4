import { join } from 'node:path';

import { expect, test } from 'vitest';

import { startProcess } from '../remote.ts';
import type { InProcessHandlers } from '../servers/in-process.process.ts';

const nodeFlags = ['--conditions=@depwatch/source'];
const folder = join(import.meta.dirname, '..');

test('calls go to another process, and so do what it throws and its end', async () => {
  const process = await startProcess<InProcessHandlers & { missing(): void }>(
    join(folder, 'servers/in-process.process.ts'),
    { nodeFlags },
  );
  const { handlers } = process;
  await handlers.create(3);
  const writes = await handlers.write({ count: 4, among: 3, perSecond: 1_000 });
  expect(writes.map(({ index }) => index)).toEqual([0, 1, 2, 0]);
  const versions = writes.map(({ version }) => version);
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  expect(writes.every(({ sentMs, doneMs }) => doneMs >= sentMs)).toBe(true);
  await expect(handlers.missing()).rejects.toThrow('is not a function');

  const pending = handlers.write({ count: 1_000, among: 3, perSecond: 1 });
  const refused = expect(pending).rejects.toThrow('in-process.process.ts ended with');
  await process[Symbol.asyncDispose]();
  await refused;
  await expect(handlers.openWatches()).rejects.toThrow('has ended');
});

test('a process that ends before it is ready says why', async () => {
  const start = startProcess(join(folder, 'contestant.process.ts'), {
    args: ['B0', 'nobody', '{}'],
  });
  await expect(start).rejects.toThrow(/contestant\.process\.ts ended with 1\n[^]*nobody/);
});

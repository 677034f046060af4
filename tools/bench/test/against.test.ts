import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { entryOf } from '../checkout.ts';
import { runOnce } from '../runner.ts';
import { b1 } from '../scenarios/b1-add-watches.ts';
import { startInProcessServer } from '../servers/server.ts';

const nodeFlags = ['--conditions=@depwatch/source'];

test('`before` is the depwatch of the other checkout', async () => {
  const against = await mkdtemp(join(tmpdir(), 'depwatch-before-'));
  const entry = entryOf(against);
  await mkdir(dirname(entry), { recursive: true });
  await writeFile(join(against, 'package.json'), '{ "type": "module" }');
  await writeFile(
    entry,
    'export function createDynamicWatcher(): never { throw new Error("the other one"); }',
  );
  await using server = await startInProcessServer(nodeFlags);
  const run = (contestant: 'depwatch' | 'before') =>
    runOnce(b1, { params: { watches: 1 }, server, contestant, against, nodeFlags });
  await expect(run('before')).rejects.toThrow('the other one');
  expect(await run('depwatch')).toMatchObject({ connections: 1 });
  await rm(against, { recursive: true });
});

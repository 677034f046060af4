import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { entryOf } from '../checkout.ts';
import { runOnce } from '../runner.ts';
import { b1 } from '../scenarios/b1-add-watches.ts';
import { b14 } from '../scenarios/b14-own-objects.ts';
import { startInProcessServer } from '../servers/server.ts';

const nodeFlags = ['--conditions=@depwatch/source'];

const fake = (name: string): string =>
  `export function ${name}() { throw new Error("the other one's ${name}"); }`;

/** A checkout whose packages fail, and say which one it was. */
async function otherCheckout(): Promise<string> {
  const against = await mkdtemp(join(tmpdir(), 'depwatch-before-'));
  await writeFile(join(against, 'package.json'), '{ "type": "module" }');
  const modules = [
    ['dynamic-watcher', fake('createDynamicWatcher')],
    ['controller', fake('createController')],
    ['k8s-transport', fake('createK8sTransport')],
  ] as const;
  for (const [name, text] of modules) {
    const entry = entryOf(against, name);
    await mkdir(dirname(entry), { recursive: true });
    await writeFile(entry, text);
  }
  return against;
}

test('`before` is the depwatch of the other checkout', async () => {
  const against = await otherCheckout();
  await using server = await startInProcessServer(nodeFlags);
  const run = (contestant: 'depwatch' | 'before') =>
    runOnce(b1, { params: { watches: 1 }, server, contestant, against, nodeFlags });
  await expect(run('before')).rejects.toThrow("the other one's createDynamicWatcher");
  expect(await run('depwatch')).toMatchObject({ connections: 1 });
  await rm(against, { recursive: true });
});

test('`before` has the other packages of that checkout, too', async () => {
  const against = await otherCheckout();
  await using server = await startInProcessServer(nodeFlags);
  const params = { objects: 1, place: { namespace: 'default' } };
  const run = (contestant: 'depwatch' | 'before') =>
    runOnce(b14, { params, server, contestant, against, nodeFlags });
  await expect(run('before')).rejects.toThrow("the other one's createK8sTransport");
  expect(await run('depwatch')).toMatchObject({ watches: 1 });
  await rm(against, { recursive: true });
});

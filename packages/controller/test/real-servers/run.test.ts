import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startApiServer } from '@depwatch/testing';
import { expect, test, vi } from 'vitest';

/** Starts a process with a controller, and waits until it reconciles. */
async function start(kubeConfig: string, ...args: string[]) {
  const program = join(import.meta.dirname, 'running-program.mjs');
  const child = spawn(process.execPath, ['--conditions=@depwatch/source', program, ...args], {
    env: { ...process.env, KUBECONFIG_TEXT: kubeConfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await vi.waitFor(() => expect(lines).toEqual(['reconciling']), { timeout: 20_000 });
  return { child, lines };
}

test('a process ends by itself after SIGTERM, with exit code 0, when its reconciles have ended', async () => {
  await using server = await startApiServer();
  const { child, lines } = await start(server.kubeConfig);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(lines).toEqual(['reconciling', 'ended', 'done']);
});

test('a second signal ends it at once, though a reconcile hangs', async () => {
  await using server = await startApiServer();
  const { child } = await start(server.kubeConfig, 'hangs');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  // The first one is taken in some turn of its event loop; until then they are one.
  const again = setInterval(() => child.kill('SIGINT'), 200);
  expect(await exited).toEqual([null, 'SIGINT']);
  clearInterval(again);
});

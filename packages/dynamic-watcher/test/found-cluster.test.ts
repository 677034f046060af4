import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServer } from '@depwatch/testing';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { configMapId } from './harness.ts';

afterEach(() => vi.unstubAllEnvs());

test('with neither kubeConfig nor transport it finds its cluster at the start, and says what it missed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-found-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config');
  vi.stubEnv('KUBECONFIG', file);
  const { promise: reconciled, resolve } = Promise.withResolvers<void>();
  await using watcher = createDynamicWatcher({ reconciler: () => resolve() });
  await expect(watcher.start()).rejects.toMatchObject({
    code: 'ERR_INVALID_INPUT',
    message: expect.stringContaining(file) as string,
  });

  // As with any other start that failed.
  await using server = await startApiServer();
  writeFileSync(file, server.kubeConfig);
  await watcher.start();
  const config = configMapId('config');
  await watcher.addWatcher(config, config);
  server.objects.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config', namespace: config.namespace! },
  } as object);
  await reconciled;
});

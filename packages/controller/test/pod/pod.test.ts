import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runInPod } from '../../../dynamic-watcher/test/pod/run-in-pod.ts';

test('in a pod it needs no configuration, loads no client-node, and reads a hundred objects by few watches', async () => {
  const program = join(import.meta.dirname, 'program.mjs');
  const { data, watches, modules } = await runInPod(program, '--conditions=@depwatch/source');
  expect(data).toBe(100);
  expect(watches).toBe(2);
  expect(Object.keys(modules).toSorted()).toEqual([
    '@depwatch/cache',
    '@depwatch/controller',
    '@depwatch/core',
    '@depwatch/dynamic-watcher',
    '@depwatch/k8s-transport',
    '@depwatch/queue',
    'lru-cache',
    'node',
    'the program',
    'undici',
  ]);
});

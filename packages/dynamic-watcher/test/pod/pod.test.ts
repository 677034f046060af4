import { expect, test } from 'vitest';

import { runInPod } from './run-in-pod.ts';

test('in a pod it needs no configuration, and loads no client-node', async () => {
  const { data, modules } = await runInPod('program.mjs', '--conditions=@depwatch/source');
  expect(data).toEqual({ color: 'blue' });
  expect(Object.keys(modules).toSorted()).toEqual([
    '@depwatch/cache',
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

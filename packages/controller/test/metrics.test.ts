import { noMetrics } from '@depwatch/core';
import { expect, it } from 'vitest';
import { startBench } from './harness.ts';

it.each([
  [undefined, 'widget'],
  ['my-widgets', 'my-widgets'],
])('metrics call a controller that is named %s %s', async (name, label) => {
  const seen = new Set<string | undefined>();
  const metrics = {
    ...noMetrics,
    count: (_: string, labels: Record<string, string> = {}) => void seen.add(labels['controller']),
  };
  await using bench = await startBench({ metrics, ...(name && { name }) });
  await bench.settle();
  expect([...seen]).toEqual([label]);
});

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { startTour } from '../src/embedded/tour.ts';
import type { DecisionEvent, Outcome } from '../src/events.ts';

function decision(name: string, outcome: Outcome): DecisionEvent {
  return {
    type: 'decision',
    changes: [],
    workload: { kind: 'Deployment', namespace: 'demo', name },
    outcome,
    reason: '',
    differing: [],
    durationMs: 1,
  };
}

test('the kubeconfig is for this user alone, and gone when the tour is over', async () => {
  const tour = await startTour('{"kind":"Config"}');
  const file = /KUBECONFIG=(\S+)/.exec(tour.intro.join('\n'))![1]!;
  expect(await readFile(file, 'utf8')).toBe('{"kind":"Config"}');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await tour.end();
  expect(existsSync(file)).toBe(false);
});

test('the farewell says what has happened, and where to go on', async () => {
  const tour = await startTour('{}');
  const [nothing] = tour.farewell(1_400);
  expect(nothing).toBe('1 s: 0 decisions, 0 rolls');

  for (const [name, outcome] of [
    ['web', 'recorded'],
    ['web', 'rolled'],
    ['api', 'rolled'],
    ['web', 'rolled'],
  ] as const)
    tour.observe(decision(name, outcome));
  tour.observe({ type: 'failed', message: 'no' });
  const [summary, ...rest] = tour.farewell(61_000);
  expect(summary).toBe(
    '61 s: 4 decisions, 3 rolls (deployment web 2, deployment api 1), 1 trouble',
  );
  expect(rest.join('\n')).toContain('first-controller.md');
  await tour.end();
});

import { describe } from 'vitest';

import { followingScenarios } from './scenarios/following.ts';
import { guardingScenarios } from './scenarios/guarding.ts';
import { rollingScenarios } from './scenarios/rolling.ts';
import type { TestServer } from './support/cluster.ts';
import { useScenarioContext } from './support/scenario-context.ts';

/** What a reloader does, on any API server. */
export function reloaderScenarios(server: string, start: () => Promise<TestServer>): void {
  describe(`the reloader on ${server}`, { timeout: 30_000 }, () => {
    const context = useScenarioContext(start);
    rollingScenarios(context);
    followingScenarios(context);
    guardingScenarios(context);
  });
}

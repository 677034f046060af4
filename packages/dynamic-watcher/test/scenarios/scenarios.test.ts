import { afterAll, beforeAll, describe, test } from 'vitest';
import { cachedReads } from './cached-reads.ts';
import { changing } from './changing.ts';
import { Lab } from './lab.ts';
import { plans } from './plans.ts';
import { queryBatches } from './query-batches.ts';
import { reconciling } from './reconciling.ts';
import { scenarioServers, type ScenarioServer } from './scenario-servers.ts';
import { watching } from './watching.ts';

const scenarios = { watching, changing, queryBatches, cachedReads, reconciling, plans };

describe.each(scenarioServers)('on $name', ({ start }) => {
  let server: ScenarioServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describe.each(Object.entries(scenarios))('%s', (_group, group) => {
    test.each(group)('$name', async ({ run }) => {
      await using lab = new Lab(server);
      await run(lab);
    });
  });
});

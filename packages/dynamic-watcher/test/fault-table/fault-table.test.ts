import { afterAll, beforeAll, describe, test } from 'vitest';
import type { ControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';
import { binaries } from '../servers.ts';
import { accessCases } from './access-cases.ts';
import { answerCases } from './answer-cases.ts';
import { connectionCases } from './connection-cases.ts';
import { fakeGround } from './fake-ground.ts';
import type { FaultCase } from './fault-case.ts';
import type { Ground, ServerName } from './ground.ts';
import { healthCases } from './health-cases.ts';
import { kindCases } from './kind-cases.ts';
import { objectCases } from './object-cases.ts';
import { reconcileCases } from './reconcile-cases.ts';
import { restartCases } from './restart-cases.ts';
import { inProcessGround, realGround, startRealServer } from './server-ground.ts';
import { Stage } from './stage.ts';
import { streamingCases } from './streaming-cases.ts';
import { formatTable, type Outcomes } from './table.ts';
import { wireCases } from './wire-cases.ts';

// Restarts come last, since the real server is one for all.
const cases: readonly FaultCase[] = [
  ...accessCases,
  ...answerCases,
  ...connectionCases,
  ...wireCases,
  ...streamingCases,
  ...kindCases,
  ...healthCases,
  ...reconcileCases,
  ...objectCases,
  ...restartCases,
];

const names: Readonly<Record<ServerName, string>> = {
  fake: 'fake transport',
  inProcess: 'in-process API server',
  real: 'kube-apiserver',
};
const shared = 'one watch for several';
const columns = (Object.keys(names) as ServerName[]).flatMap((server) =>
  [false, true].map((isShared) => ({
    server,
    isShared,
    column: isShared ? `${names[server]}, ${shared}` : names[server],
  })),
);
const outcomes: Outcomes = new Map(cases.map(({ fault }) => [fault, {}]));
let real: ControlPlane | undefined;
let realWithoutStreamingLists: ControlPlane | undefined;

beforeAll(async () => {
  [real, realWithoutStreamingLists] = await Promise.all([
    startRealServer({ streamingLists: true }),
    startRealServer({ streamingLists: false }),
  ]);
}, 120_000);
afterAll(async () => {
  const titles = columns.map(({ column }) => column);
  console.log(formatTable(titles, outcomes));
  await Promise.all([real?.stop(), realWithoutStreamingLists?.stop()]);
});

const grounds: {
  readonly [Name in ServerName]: (faultCase: FaultCase) => Ground<Name> | Promise<Ground<Name>>;
} = {
  fake: () => fakeGround(),
  inProcess: ({ user = 'admin', transport = {} }) => inProcessGround(user, transport),
  real: ({ user = 'admin', realUser = user, transport = {}, streamingLists = true }) =>
    realGround(streamingLists ? real! : realWithoutStreamingLists!, realUser, transport),
};

/** Runs a case on a server. */
async function run<Name extends ServerName>(
  name: Name,
  faultCase: FaultCase,
  isShared: boolean,
): Promise<void> {
  const inject = faultCase.inject[name];
  if (typeof inject === 'string') return;
  const ground = await grounds[name](faultCase);
  await using stage = new Stage(ground, faultCase.settings ?? {}, isShared);
  await stage.watcher.start();
  await faultCase.expect(stage, async () => {
    const heal = await inject(ground.control, stage);
    return async () => void (await heal?.());
  });
}

describe.each(columns)('on $column', ({ server: name, isShared, column }) => {
  // Each case has an in-process server of its own, and mostly waits.
  const concurrent = name === 'inProcess';
  for (const faultCase of cases) {
    const inject = faultCase.inject[name];
    const missing = name === 'real' && !binaries && 'there is no kube-apiserver here';
    const impossible = typeof inject === 'string' ? inject : missing;
    const reason = impossible || (isShared && faultCase.notShared);
    const row = outcomes.get(faultCase.fault)!;
    if (reason) {
      row[column] = reason;
      test.skip(`${faultCase.fault}: ${reason}`);
      continue;
    }
    test(faultCase.fault, { timeout: 60_000, concurrent }, async () => {
      row[column] = 'FAILED';
      await run(name, faultCase, isShared);
      row[column] = 'passed';
    });
  }
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { selectorTable } from '../../core/test/selector-table.ts';
import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { SelectorAsker } from './selector-asker.ts';

const binaries = await findKubeApiServer({ log: (line) => console.warn(`skipped: ${line}`) });
if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1' && !binaries)
  throw new Error('DEPWATCH_REQUIRE_KUBE_APISERVER is set, and there is no kube-apiserver');
const startTimeoutMs = 120_000;

describe.runIf(binaries)('a real kube-apiserver', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ binaries: binaries! });
  }, startTimeoutMs);
  afterAll(() => controlPlane.stop(), startTimeoutMs);

  it(`takes and refuses ${selectorTable.length} selectors as the table says`, async () => {
    using asker = new SelectorAsker(controlPlane.kubeConfig);
    const isOlder = (await asker.status('a in (,,)')) === 400;
    const answers = await Promise.all(
      selectorTable.map(async ({ text }) => ({ text, status: await asker.status(text) })),
    );
    const expected = selectorTable.map(
      ({ text, valid, onlyCoreRefuses, refusedByOlderServers }) => {
        const isTaken = refusedByOlderServers ? !isOlder : valid || onlyCoreRefuses;
        return { text, status: isTaken ? 200 : 400 };
      },
    );
    expect(answers).toEqual(expected);
  });
});

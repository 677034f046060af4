import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../../../../tools/kube-apiserver/control-plane.ts';
import { type ApiServer, startApiServer } from '../../src/index.ts';
import {
  definitionsOfCases,
  type FieldManagementCase,
  fieldManagementCases,
} from './field-management-cases.ts';
import { FieldManagementRun } from './field-management-run.ts';

let reason = '';
const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
if (!binaries) {
  if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') throw new Error(reason);
  console.log(`skipped: field management as a real kube-apiserver has it (${reason})`);
}

describe.skipIf(!binaries)('fields are managed as a real kube-apiserver does it', () => {
  let real: ControlPlane;
  let own: ApiServer;

  beforeAll(async () => {
    [real, own] = await Promise.all([
      startControlPlane({ binaries: binaries! }),
      // The real one runs without kube-controller-manager: what has lost its owner stays.
      startApiServer({ garbageCollector: false }),
    ]);
    for (const { kubeConfig } of [real, own]) {
      await using run = new FieldManagementRun(kubeConfig);
      await run.define(definitionsOfCases);
    }
  });
  afterAll(async () => {
    await Promise.all([real?.stop(), own?.stop()]);
  });

  async function ask(
    kubeConfig: string,
    { steps }: FieldManagementCase,
    namespace: string,
  ): Promise<string> {
    await using run = new FieldManagementRun(kubeConfig);
    return await run.answers(steps, namespace);
  }

  for (const [index, compared] of fieldManagementCases.entries()) {
    it(compared.name, async () => {
      const [expected, actual] = await Promise.all(
        [real, own].map(({ kubeConfig }) => ask(kubeConfig, compared, `managed-${index}`)),
      );
      expect(actual).toBe(expected);
    });
  }
});

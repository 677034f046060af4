import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../../../../tools/kube-apiserver/control-plane.ts';
import { type ApiServer, startApiServer } from '../../src/index.ts';
import { comparisonCases, type ComparisonCase } from './comparison-cases.ts';
import { accessCases } from './comparison-access-cases.ts';
import { mask } from './masking.ts';
import { RawClient } from './raw-client.ts';

let reason = '';
const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
if (!binaries) {
  if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') throw new Error(reason);
  console.log(`skipped: comparison with a real kube-apiserver (${reason})`);
}

describe.skipIf(!binaries)('the in-process server answers as a real kube-apiserver', () => {
  let real: ControlPlane;
  let own: ApiServer;

  beforeAll(async () => {
    [real, own] = await Promise.all([
      startControlPlane({ binaries: binaries!, users: ['nobody'] }),
      startApiServer(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([real?.stop(), own?.stop()]);
  });

  async function ask(
    { kubeConfig, kubeConfigFor }: Pick<ApiServer, 'kubeConfig' | 'kubeConfigFor'>,
    { run }: ComparisonCase,
    namespace: string,
  ): Promise<string> {
    await using client = new RawClient(kubeConfig);
    await using nobody = new RawClient(kubeConfigFor('nobody'));
    await client.post('/api/v1/namespaces', { metadata: { name: namespace } });
    return mask(await run({ client, nobody, namespace }), namespace);
  }

  for (const [index, compared] of [...comparisonCases, ...accessCases].entries()) {
    it(compared.name, async () => {
      const namespace = `case-${index}`;
      const [expected, actual] = await Promise.all([
        ask(real, compared, namespace),
        ask(own, compared, namespace),
      ]);
      expect(actual).toBe(expected);
    });
  }
});

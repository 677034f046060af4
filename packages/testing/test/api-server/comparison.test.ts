import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../../../../tools/kube-apiserver/control-plane.ts';
import { type ApiServer, startApiServer } from '../../src/index.ts';
import { comparisonCases, type ComparisonCase } from './comparison-cases.ts';
import { accessCases } from './comparison-access-cases.ts';
import { customObjectCases } from './comparison-of-custom-objects.ts';
import { definitionCases } from './comparison-of-definitions.ts';
import { kindCases } from './comparison-of-kinds.ts';
import { subresourceCases } from './comparison-of-subresources.ts';
import { ruleCases } from './comparison-of-rules.ts';
import { typeCases } from './comparison-of-types.ts';
import { validationCases } from './comparison-of-validation.ts';
import { workloadCases } from './comparison-of-workloads.ts';
import { valueCases } from './comparison-of-values.ts';
import { versionCases } from './comparison-of-versions.ts';
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

  const allCases = [
    ...comparisonCases,
    ...accessCases,
    ...typeCases,
    ...validationCases,
    ...kindCases,
    ...subresourceCases,
    ...workloadCases,
    ...definitionCases,
    ...versionCases,
    ...customObjectCases,
    ...valueCases,
    ...ruleCases,
  ];
  for (const [index, compared] of allCases.entries()) {
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

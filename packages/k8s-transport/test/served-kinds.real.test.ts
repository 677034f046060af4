import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { groupVersionKindKey } from '@depwatch/core';
import { KubeConfig } from '@kubernetes/client-node';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { createK8sTransport } from '../src/index.ts';

const binaries = await findKubeApiServer({ log: (line) => console.log(`skipped: ${line}`) });

describe.skipIf(!binaries)('the kinds of all groups, of a real kube-apiserver', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ binaries: binaries! });
  }, 60_000);
  afterAll(() => plane?.[Symbol.asyncDispose]());

  test('come in one answer, and in none as long as nothing has changed', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(plane.kubeConfig);
    await using transport = createK8sTransport({ kubeConfig });
    const served = (await transport.servedKinds!({}))!;
    const has = (group: string, version: string, kind: string): boolean =>
      served.kinds.has(groupVersionKindKey({ group, version, kind }));
    expect(has('apps', 'v1', 'Deployment')).toBe(true);
    expect(has('apps', 'v1', 'Widget')).toBe(false);
    const { version } = served;
    expect(version).toMatch(/./);
    expect(await transport.servedKinds!({ known: version! })).toBeUndefined();
    expect(await transport.servedKinds!({ known: '"other"' })).toEqual(served);
  });
});

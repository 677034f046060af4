import { groupVersionKindKey } from '@depwatch/core';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import { createK8sTransport } from '../src/index.ts';

const binaries = await findKubeApiServer({ log: (line) => console.log(`skipped: ${line}`) });
const servers = [
  { name: 'the in-process API server', start: () => startApiServer() },
  ...(binaries
    ? [{ name: 'a real kube-apiserver', start: () => startControlPlane({ binaries }) }]
    : []),
];

describe.each(servers)('the kinds of all groups, of $name', ({ start }) => {
  let server: AsyncDisposable & { readonly kubeConfig: string };
  beforeAll(async () => {
    server = await start();
  }, 60_000);
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('come in one answer, and in none as long as nothing has changed', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
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

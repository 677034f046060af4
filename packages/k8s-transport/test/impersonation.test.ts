import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startApiServer } from '@depwatch/testing';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import { loadKubeConfig } from '../src/index.ts';
import { answer, configMaps, plainServer, transportFor } from './helpers.ts';

const binaries = await findKubeApiServer();
const inProcess = startApiServer();
afterAll(async () => (await inProcess).stop());

const as = {
  as: 'alice',
  'as-uid': 'an id',
  'as-groups': ['readers', 'writers, and others', 'readers of other things'],
  'as-user-extra': { 'example.com/Scopes': ['one', 'two'], other: ['three'] },
};

/** What `loadKubeConfig` makes of a kubeconfig whose user asks so. */
async function asking(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-impersonation-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const parsed = JSON.parse(text) as { users: [{ user: object }] };
  Object.assign(parsed.users[0].user, as);
  const file = join(folder, 'config');
  writeFileSync(file, JSON.stringify(parsed));
  return loadKubeConfig({ file });
}

describe('whom a kubeconfig asks as', () => {
  it.each([
    ['in-process', true, async () => (await inProcess).kubeConfig],
    [
      'real',
      binaries !== undefined,
      async () => {
        const controlPlane = await startControlPlane({ binaries: binaries! });
        onTestFinished(() => controlPlane.stop());
        return controlPlane.kubeConfig;
      },
    ],
  ])(
    'is whom the server takes it for, groups and all: %s',
    { timeout: 120_000 },
    async (_, isThere, start) => {
      if (!isThere) return;
      const transport = transportFor(await asking(await start()));
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      expect(await transport.create(review)).toMatchObject({
        status: {
          userInfo: {
            username: 'alice',
            uid: 'an id',
            groups: [...as['as-groups'], 'system:authenticated'],
            // Servers know keys in lower case only.
            extra: { 'example.com/scopes': ['one', 'two'], other: ['three'] },
          },
        },
      });
    },
  );

  it('goes into as many fields over HTTP/1.1', async () => {
    const server = await plainServer((_, response) => answer(response, 200, { items: [] }));
    const text = server.kubeConfig.exportConfig();
    await transportFor(await asking(text)).list(configMaps, {});
    expect(server.requests[0]!.headersDistinct).toMatchObject({
      'impersonate-user': ['alice'],
      'impersonate-group': as['as-groups'],
      'impersonate-extra-example.com%2fscopes': ['one', 'two'],
    });
  });
});

import { expect, test } from 'vitest';

import { startApiServer } from '../../src/index.ts';
import { RawClient } from './raw-client.ts';

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

test('what is served comes once to who keeps its ETag, until it changes', async () => {
  await using server = await startApiServer();
  await using client = new RawClient(server.kubeConfig);
  const ask = (etag?: string | string[]) =>
    client.get('/apis', { accept, ...(etag && { headers: { 'if-none-match': etag } }) });
  const first = await ask();
  const { etag } = first.headers;
  expect(first).toMatchObject({ status: 200, body: { kind: 'APIGroupDiscoveryList' } });
  expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
  const again = await ask(etag);
  expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
  expect(again.headers).not.toHaveProperty('content-length');
  expect((await ask('"other"')).status).toBe(200);
  server.objects.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  } as object);
  const changed = await ask(etag);
  expect(changed.status).toBe(200);
  expect(changed.headers.etag).not.toBe(etag);
});

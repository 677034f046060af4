import { describe, expect, it } from 'vitest';

import { findResource } from '../src/discovery.ts';
import { answer, failureOf, plainServer, transportFor } from './helpers.ts';

const resources = [
  { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
  {
    name: 'pods/eviction',
    kind: 'Eviction',
    group: 'policy',
    version: 'v1',
    namespaced: true,
    verbs: ['create'],
  },
  { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list', 'watch', 7] },
  { name: 'nodes', kind: 'Node', namespaced: false, verbs: null },
  { kind: 'Nameless' },
  null,
];

it('finds a kind, and takes no subresource for it', () => {
  expect(findResource(resources, { version: 'v1', kind: 'Pod' })).toEqual({
    group: '',
    version: 'v1',
    resource: 'pods',
    namespaced: true,
    verbs: ['list', 'watch'],
  });
  expect(findResource(resources, { version: 'v1', kind: 'Eviction' })).toBeUndefined();
  expect(findResource(resources, { version: 'v1', kind: 'Nameless' })).toBeUndefined();
});

it('takes group and version of the list where an entry has none', () => {
  expect(findResource(resources, { group: 'g', version: 'v2', kind: 'Node' })).toEqual({
    group: 'g',
    version: 'v2',
    resource: 'nodes',
    namespaced: false,
    verbs: [],
  });
  const entry = { name: 'a', kind: 'A', group: 'own', version: 'v9', namespaced: true, verbs: [] };
  expect(findResource([entry], { group: 'g', version: 'v2', kind: 'A' })).toMatchObject({
    group: 'own',
    version: 'v9',
  });
});

// As OpenShift's Template, of which "processedtemplates" comes first and can only be created.
it('finds of several resources of a kind the one that can be watched, else listed, else the first', () => {
  const gvk = { group: 'g', version: 'v1', kind: 'Template' };
  const entry = (name: string, ...verbs: string[]) => ({
    name,
    kind: 'Template',
    namespaced: true,
    verbs,
  });
  const processed = entry('processedtemplates', 'create');
  const listed = entry('oldtemplates', 'get', 'list');
  const templates = entry('templates', 'create', 'get', 'list', 'watch');
  const found = (...entries: object[]) => findResource(entries, gvk)?.resource;
  expect(found(processed, listed, templates)).toBe('templates');
  expect(found(templates, listed, processed)).toBe('templates');
  expect(found(processed, listed)).toBe('oldtemplates');
  expect(found(processed, entry('others', 'create'))).toBe('processedtemplates');
});

describe('discovery', () => {
  const gvk = { group: 'a.b', version: 'v1', kind: 'C' };
  const core = { version: 'v1', kind: 'ConfigMap' };
  const notFound = { kind: 'Status', code: 404, reason: 'NotFound' };

  it('takes for a denial a list without the kind, and a Status 404 for its group and version', async () => {
    let list = true;
    const server = await plainServer((_, response) =>
      list
        ? answer(response, 200, { kind: 'APIResourceList', resources: null })
        : answer(response, 404, notFound),
    );
    const transport = transportFor(server.kubeConfig);
    expect(await transport.discover(gvk, {})).toBeUndefined();
    expect(await transport.discover(core, {})).toBeUndefined();
    list = false;
    expect(await transport.discover(gvk, {})).toBeUndefined();
    expect(await transport.discover({ version: 'v9', kind: 'C' }, {})).toBeUndefined();
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/apis/a.b/v1',
      '/api/v1',
      '/apis/a.b/v1',
      '/api/v9',
    ]);
  });

  it('never believes that there is no /api/v1', async () => {
    const server = await plainServer((_, response) => answer(response, 404, notFound));
    const error = await failureOf(transportFor(server.kubeConfig).discover(core, {}));
    expect(error).toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: true,
      reason: 'not-kubernetes',
    });
    expect(error.status).toBeUndefined();
  });

  it.each([
    ['a page of a front', 404, 'text/html', '<html>', 'not-kubernetes'],
    ['the page of any Go program', 404, 'text/plain', '404 page not found\n', 'not-kubernetes'],
    ['JSON that is no Status', 404, 'application/json', '{"error":"no"}', 'not-kubernetes'],
    ['a greeting', 200, 'text/html', '<html>', 'not-kubernetes'],
    ['an object', 200, 'application/json', '{"kind":"Secret","resources":[]}', 'protocol'],
    [
      'no resources',
      200,
      'application/json',
      '{"kind":"APIResourceList","resources":7}',
      'protocol',
    ],
  ])('takes no other answer for a denial: %s', async (_, status, type, body, reason) => {
    const server = await plainServer(
      (__, response) => void response.writeHead(status, { 'content-type': type }).end(body),
    );
    const transport = transportFor(server.kubeConfig);
    for (const kind of [gvk, core]) {
      expect(await failureOf(transport.discover(kind, {}))).toMatchObject({
        code: 'ERR_TRANSPORT',
        retryable: true,
        reason,
      });
    }
  });
});

import { isDepwatchError, type ResourceQuery } from '@depwatch/core';
import { describeRequest } from '@depwatch/core';
import { describe, expect, it } from 'vitest';

import { escapeFieldValue, groupVersionPath, resourcePath } from '../src/request-url.ts';

const configMaps: ResourceQuery = {
  gvr: { group: '', version: 'v1', resource: 'configmaps', namespaced: true },
  gvk: { version: 'v1', kind: 'ConfigMap' },
};
const deployments: ResourceQuery = {
  gvr: { group: 'apps', version: 'v1', resource: 'deployments', namespaced: true },
  gvk: { group: 'apps', version: 'v1', kind: 'Deployment' },
};
const nodes: ResourceQuery = {
  gvr: { group: '', version: 'v1', resource: 'nodes', namespaced: false },
  gvk: { version: 'v1', kind: 'Node' },
};

describe('resourcePath', () => {
  it.each([
    [configMaps, {}, '/api/v1/configmaps'],
    [{ ...configMaps, namespace: 'a' }, {}, '/api/v1/namespaces/a/configmaps'],
    [{ ...deployments, namespace: 'a' }, {}, '/apis/apps/v1/namespaces/a/deployments'],
    [{ ...nodes, namespace: 'ignored' }, {}, '/api/v1/nodes'],
    [{ ...configMaps, namespace: '' }, { limit: 500 }, '/api/v1/configmaps?limit=500'],
    [
      { ...configMaps, namespace: 'a', name: 'b' },
      { watch: 1 },
      '/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3Db&watch=1',
    ],
    [
      { ...configMaps, selector: 'a in (b,c),!d' },
      {},
      '/api/v1/configmaps?labelSelector=a%20in%20(b%2Cc)%2C!d',
    ],
    [
      { ...configMaps, namespace: 'b?c#d eü' },
      {},
      '/api/v1/namespaces/b%3Fc%23d%20e%C3%BC/configmaps',
    ],
    [
      { ...configMaps, name: 'a/../b' },
      {},
      '/api/v1/configmaps?fieldSelector=metadata.name%3Da%2F..%2Fb',
    ],
  ])('%#', (query, parameters, path) => {
    expect(resourcePath(query, parameters)).toBe(path);
  });

  it('escapes what would end the name in a field selector', () => {
    expect(
      decodeURIComponent(resourcePath({ ...configMaps, name: 'a,metadata.name=b\\' }, {})),
    ).toBe('/api/v1/configmaps?fieldSelector=metadata.name=a\\,metadata.name\\=b\\\\');
  });

  it.each([
    ['name', { ...configMaps, name: '..' }],
    ['namespace', { ...configMaps, namespace: '.' }],
    ['namespace', { ...configMaps, namespace: 'a/../b' }],
    ['namespace', { ...configMaps, namespace: 'a%2fb' }],
    ['resource', { ...configMaps, gvr: { ...configMaps.gvr, resource: '..' } }],
    ['group', { ...deployments, gvr: { ...deployments.gvr, group: '..' } }],
    ['version', { ...deployments, gvr: { ...deployments.gvr, version: '' } }],
  ])('refuses a path that climbs by its %s', (field, query) => {
    const refused = () => resourcePath(query, {});
    expect(refused).toThrow(field);
    try {
      refused();
    } catch (error) {
      expect(isDepwatchError(error, 'ERR_INVALID_INPUT')).toBe(true);
    }
  });
});

it('tells the core group from the others', () => {
  expect(groupVersionPath({ version: 'v1' })).toBe('/api/v1');
  expect(groupVersionPath({ group: '', version: 'v1' })).toBe('/api/v1');
  expect(groupVersionPath({ group: 'a.b', version: 'v2' })).toBe('/apis/a.b/v2');
});

it('escapes field values as Kubernetes does', () => {
  expect(escapeFieldValue('a\\b,c=d')).toBe('a\\\\b\\,c\\=d');
});

it('leaves out parameters that say nothing', () => {
  const parameters = { a: undefined, b: '', c: 0, d: false, e: 'x y' };
  expect(resourcePath(nodes, parameters)).toBe('/api/v1/nodes?c=0&d=false&e=x%20y');
});

it('refuses a selector that no request could carry, and does not repeat it', () => {
  const selector = `a in (${Array.from({ length: 8_000 }, (_, n) => `v${n}`).join(',')})`;
  const query = {
    gvr: { group: '', version: 'v1', resource: 'configmaps', namespaced: true },
    gvk: { version: 'v1', kind: 'ConfigMap' },
  };
  expect(() => resourcePath({ ...query, selector }, {})).toThrow(
    /^selector: makes a URL of \d+ bytes/,
  );
  const fitting = { ...query, selector: `a in (${'v'.repeat(30_000)})` };
  expect(resourcePath(fitting, {})).toContain('labelSelector=');
  expect(describeRequest('list', { ...query, selector }).length).toBeLessThan(350);
});

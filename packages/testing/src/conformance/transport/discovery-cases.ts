import assert from 'node:assert/strict';

import { type ApiResource, type GroupVersionKind, isDepwatchError } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { configMapKind, type Lab } from '../lab/lab.ts';

async function discover(lab: Lab, gvk: GroupVersionKind): Promise<ApiResource | undefined> {
  return lab.within(lab.transport.discover(gvk, {}), 'discovery');
}

/** Checks a resource, and that it has the five fields and no other. */
async function expectResource(
  lab: Lab,
  gvk: GroupVersionKind,
  expected: Omit<ApiResource, 'verbs'>,
): Promise<void> {
  const resource = await discover(lab, gvk);
  assert.ok(resource, `${gvk.kind} must be known`);
  const { verbs, ...gvr } = resource;
  assert.deepEqual(gvr, expected);
  for (const verb of ['list', 'watch']) assert.ok(verbs.includes(verb), `${verb} must be a verb`);
}

/** What a transport must do for `discover`. */
export const discoveryCases: readonly CaseDefinition[] = [
  {
    name: 'discover: a kind of the core group, with its plural, scope and verbs',
    run: (lab) =>
      expectResource(lab, configMapKind, {
        group: '',
        version: 'v1',
        resource: 'configmaps',
        namespaced: true,
      }),
  },
  {
    name: 'discover: an empty group is the core group',
    run: (lab) =>
      expectResource(
        lab,
        { group: '', version: 'v1', kind: 'Secret' },
        { group: '', version: 'v1', resource: 'secrets', namespaced: true },
      ),
  },
  {
    name: 'discover: a kind of a named group, and not one of its subresources',
    run: (lab) =>
      expectResource(
        lab,
        { group: 'apps', version: 'v1', kind: 'Deployment' },
        { group: 'apps', version: 'v1', resource: 'deployments', namespaced: true },
      ),
  },
  {
    name: 'discover: a cluster-scoped kind',
    run: (lab) =>
      expectResource(
        lab,
        { version: 'v1', kind: 'Namespace' },
        { group: '', version: 'v1', resource: 'namespaces', namespaced: false },
      ),
  },
  {
    name: 'discover: an unknown kind is undefined, and upper and lower case differ',
    async run(lab) {
      assert.equal(await discover(lab, { version: 'v1', kind: 'Widget' }), undefined);
      assert.equal(await discover(lab, { version: 'v1', kind: 'configmap' }), undefined);
      assert.equal(await discover(lab, { version: 'v1', kind: 'configmaps' }), undefined);
      assert.equal(await discover(lab, { version: 'v1', kind: '__proto__' }), undefined);
    },
  },
  {
    name: 'discover: an unknown group or version is undefined',
    async run(lab) {
      for (const unknown of [
        { group: 'nobody.example.com', version: 'v1', kind: 'ConfigMap' },
        { group: 'apps', version: 'v99', kind: 'Deployment' },
        { version: 'v99', kind: 'ConfigMap' },
        { group: 'apps', version: 'v1', kind: 'ConfigMap' },
      ]) {
        assert.equal(await discover(lab, unknown), undefined);
      }
    },
  },
  {
    name: 'discover: the kind of a subresource is no kind',
    async run(lab) {
      for (const kind of ['PodExecOptions', 'NodeProxyOptions', 'Eviction', 'TokenRequest']) {
        assert.equal(await discover(lab, { version: 'v1', kind }), undefined, kind);
      }
      const scale = { group: 'apps', version: 'v1', kind: 'Scale' };
      assert.equal(await discover(lab, scale), undefined);
    },
  },
  {
    name: 'discover: a group or version that would leave its place in a URL finds nothing',
    async run(lab) {
      for (const hostile of [
        { group: '../api', version: 'v1', kind: 'ConfigMap' },
        { group: '..', version: 'api/v1', kind: 'ConfigMap' },
        { group: 'apps/v1?x=', version: 'v1', kind: 'Deployment' },
        { version: 'v1?x=', kind: 'ConfigMap' },
        { version: 'v1#', kind: 'ConfigMap' },
        { version: '../api/v1', kind: 'ConfigMap' },
        { version: 'v1/', kind: 'ConfigMap' },
        { group: 'apps', version: 'v1/', kind: 'Deployment' },
        { group: 'apps/', version: 'v1', kind: 'Deployment' },
      ]) {
        const found = await discover(lab, hostile).catch((error: unknown) => {
          if (isDepwatchError(error)) return undefined;
          throw error;
        });
        assert.equal(found, undefined, JSON.stringify(hostile));
      }
    },
  },
  {
    name: 'discover: what is handed out is the caller’s own',
    async run(lab) {
      const first = await discover(lab, configMapKind);
      const before = structuredClone(first);
      try {
        Object.assign(first!, { resource: 'changed' });
        (first!.verbs as string[]).length = 0;
      } catch {
        // A frozen answer is as good.
      }
      assert.deepEqual(await discover(lab, configMapKind), before);
    },
  },
  {
    name: 'discover: a kind that cannot be watched says so by its verbs, and a watch of it fails',
    requires: ['unwatchable'],
    async run(lab) {
      const gvk = lab.harness.unwatchable!();
      const resource = await discover(lab, gvk);
      assert.ok(resource, `${gvk.kind} must be known`);
      const { verbs, ...gvr } = resource;
      assert.ok(!verbs.includes('watch'));
      const error = await lab.watch({ gvr, gvk }).failure('ERR_TRANSPORT');
      assert.equal(error.retryable, false);
    },
  },
];

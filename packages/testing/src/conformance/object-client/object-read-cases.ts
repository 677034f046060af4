import assert from 'node:assert/strict';

import type { ErrorCode, ObjectIdentifier } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { forEach } from '../lab/expectations.ts';
import { clusterRoleKind, configMapKind, type ConfigMap } from '../lab/lab.ts';
import { callsFor, givesNothing } from './object-expectations.ts';
import { type Deployment, deployment, deploymentId, type Scale } from './workloads.ts';

const bodyCodes: readonly ErrorCode[] = ['ERR_REJECTED'];

/** What a client of single objects must do to read, and whatever is said about identifiers. */
export const objectReadCases: readonly CaseDefinition[] = [
  {
    name: 'get: an object as it is now, and undefined where there is none',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      assert.equal(await lab.stored('a'), undefined);
      for (const value of ['1', '2']) {
        const { metadata } = await lab.put('a', { data: { value }, labels: { value } });
        const found = await lab.stored('a');
        assert.equal(found?.apiVersion, 'v1');
        assert.equal(found.kind, 'ConfigMap');
        assert.deepEqual(found.data, { value });
        assert.deepEqual(found.metadata?.labels, { value });
        assert.equal(found.metadata.uid, metadata?.uid);
        assert.equal(found.metadata.resourceVersion, metadata?.resourceVersion);
      }
      await lab.remove('a');
      assert.equal(await lab.stored('a'), undefined);

      await lab.putClusterRole('role', { a: 'b' });
      const id = { ...clusterRoleKind, name: lab.clusterName('role') };
      for (const namespace of ['', 'ignored']) {
        const role = await lab.within(client.get({ ...id, namespace }), 'get of a ClusterRole');
        assert.deepEqual(role?.metadata?.labels, { a: 'b' });
      }
    },
  },
  {
    name: 'get: what is handed out is the caller’s own',
    requires: ['client'],
    async run(lab) {
      await lab.put('a', { data: { a: '1' } });
      const first = await lab.stored('a');
      first!.data!['a'] = 'changed';
      assert.deepEqual((await lab.stored('a'))?.data, { a: '1' });
    },
  },
  {
    name: 'get: a subresource is read at an address of its own',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.within(client.create(deployment(lab, 'a', 3)), 'create');
      const read = <T extends Deployment | Scale>(name: string, subresource: string) =>
        lab.within(
          client.get<T>(deploymentId(lab, name), { subresource }),
          `get of ${subresource}`,
        );
      const status = await read<Deployment>('a', 'status');
      assert.equal(status?.kind, 'Deployment');
      const scale = await read<Scale>('a', 'scale');
      assert.equal(scale?.kind, 'Scale');
      assert.equal(scale.metadata?.name, 'a');
      assert.equal(scale.spec?.replicas, 3);
      for (const subresource of ['status', 'scale']) {
        assert.equal(await read('b', subresource), undefined);
      }
      await lab.put('a');
      const nothing = () => client.get(lab.configMapId('a'), { subresource: 'scale' });
      await lab.rejection(nothing, 'ERR_NO_VERSIONED_RESOURCE');
    },
  },
  {
    name: 'client: a kind that the server does not serve is ERR_NO_VERSIONED_RESOURCE',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const metadata = { name: 'a', namespace: lab.namespace };
      for (const apiVersion of ['v1', 'apps/v1', 'nobody.example.com/v1']) {
        for (const [, call] of callsFor(client, { apiVersion, kind: 'Widget', metadata })) {
          await lab.rejection(call, 'ERR_NO_VERSIONED_RESOURCE');
        }
      }
    },
  },
  {
    name: 'client: a name or namespace that would leave its place in a URL is ERR_INVALID_INPUT',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('a', { data: { kept: 'yes' } });
      const climbing = ['.', '..', 'a/b', '../a', '../configmaps/a', 'a%2Fb', '%2e%2e', 'a/'];
      await forEach(climbing, async (text) => {
        for (const place of [{ name: text }, { namespace: text }]) {
          const id: ObjectIdentifier = { ...lab.configMapId('a'), ...place };
          const { metadata, ...rest } = lab.configMap('a');
          const object = { ...rest, metadata: { ...metadata, ...place } };
          for (const [method, call] of callsFor(client, object, {}, id)) {
            // The name of what is created stands in the body alone, where the server may judge it.
            const isInBody = method === 'create' && 'name' in place;
            await lab.rejection(call, 'ERR_INVALID_INPUT', ...(isInBody ? bodyCodes : []));
          }
        }
      });
      // Escaped, these are names that no object has.
      await forEach(['a?x=y', 'a#', 'a&dryRun=All', 'a ', 'a;b', 'ä'], async (name) => {
        const calls = [
          () => client.get({ ...lab.configMapId('a'), name }),
          () => client.delete({ ...lab.configMapId('a'), name }),
        ];
        for (const call of calls) {
          assert.ok(await lab.within(givesNothing(call), 'an answer'), 'nothing has this name');
        }
      });
      assert.deepEqual((await lab.stored('a'))?.data, { kept: 'yes' });
    },
  },
  {
    name: 'client: what names no single object is ERR_INVALID_INPUT',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const { namespace } = lab;
      const ids: ObjectIdentifier[] = [
        { ...configMapKind, namespace },
        { ...configMapKind, namespace, selector: 'a=b' },
        { ...configMapKind, name: 'a' },
        { version: '', kind: 'ConfigMap', namespace, name: 'a' },
        { version: 'v1', kind: '', namespace, name: 'a' },
      ];
      await forEach(ids, async (id) => {
        for (const call of [
          () => client.get(id),
          () => client.patch(id, { data: {} }),
          () => client.delete(id),
        ]) {
          await lab.rejection(call, 'ERR_INVALID_INPUT');
        }
      });
      const objects: ConfigMap[] = [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace } },
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
        { kind: 'ConfigMap', metadata: { name: 'a', namespace } },
        { apiVersion: 'v1', metadata: { name: 'a', namespace } },
      ];
      await forEach(objects, async (object) => {
        for (const call of [
          () => client.create(object),
          () => client.update(object),
          () => client.apply(object, { fieldManager: 'conformance' }),
        ]) {
          await lab.rejection(call, 'ERR_INVALID_INPUT');
        }
      });
      const nobody = () => client.apply(lab.configMap('a'), { fieldManager: '' });
      await lab.rejection(nobody, 'ERR_INVALID_INPUT');
      assert.equal(await lab.stored('a'), undefined);
    },
  },
];

import assert from 'node:assert/strict';

import type { JsonPatchOperation } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { forEach } from '../lab/expectations.ts';
import type { ConfigMap } from '../lab/lab.ts';

/** What a client must do to patch objects. */
export const patchCases: readonly CaseDefinition[] = [
  {
    name: 'patch: a merge patch changes what it names, and null deletes',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('a', { data: { a: '1', b: '1' }, labels: { c: 'd' } });
      const id = lab.configMapId('a');
      const patch = { metadata: { labels: { e: 'f' } }, data: { a: '2', b: null, x: null } };
      const patched = await lab.within(client.patch<ConfigMap>(id, patch), 'patch');
      assert.deepEqual(patched.data, { a: '2' });
      assert.deepEqual(patched.metadata?.labels, { c: 'd', e: 'f' });
      assert.deepEqual(await lab.stored('a'), patched);
      const emptied = await lab.within(client.patch<ConfigMap>(id, { data: null }), 'patch');
      assert.equal(emptied.data, undefined);
    },
  },
  {
    name: 'patch: a JSON patch takes its steps in order',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('a', { data: { a: '1', b: '2' }, labels: { 'example.com/c': 'd' } });
      const steps: JsonPatchOperation[] = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '3' },
        { op: 'copy', from: '/data/a', path: '/data/c' },
        { op: 'move', from: '/data/b', path: '/data/d' },
        { op: 'remove', path: '/metadata/labels/example.com~1c' },
        { op: 'add', path: '/metadata/finalizers', value: ['example.com/x', 'example.com/y'] },
        { op: 'remove', path: '/metadata/finalizers/0' },
        { op: 'add', path: '/metadata/finalizers/-', value: 'example.com/z' },
      ];
      const id = lab.configMapId('a');
      const patched = await lab.within(client.patch<ConfigMap>(id, steps), 'patch');
      assert.deepEqual(patched.data, { a: '3', c: '3', d: '2' });
      assert.deepEqual(patched.metadata?.labels ?? {}, {});
      assert.deepEqual(patched.metadata?.finalizers, ['example.com/y', 'example.com/z']);
      await lab.within(client.patch(id, [{ op: 'remove', path: '/metadata/finalizers' }]), 'patch');
    },
  },
  {
    name: 'patch: one that does not apply is ERR_REJECTED, and changes nothing',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const before = await lab.put('a', { data: { a: '1' } });
      const id = lab.configMapId('a');
      const first: JsonPatchOperation = { op: 'add', path: '/data/b', value: '2' };
      const refused: (object | JsonPatchOperation[])[] = [
        [first, { op: 'test', path: '/data/a', value: '2' }],
        [first, { op: 'remove', path: '/data/x' }],
        [first, { op: 'move', from: '/data/x', path: '/data/y' }],
        [first, { op: 'add', path: '/nothing/here', value: '1' }],
        { metadata: { name: 'b' } },
      ];
      await forEach(refused, async (patch) => {
        const error = await lab.rejection(() => client.patch(id, patch), 'ERR_REJECTED');
        assert.equal(error.retryable, false);
      });
      const { metadata, data } = (await lab.stored('a'))!;
      assert.deepEqual(data, { a: '1' });
      assert.equal(metadata?.resourceVersion, before.metadata?.resourceVersion);
    },
  },
  {
    name: 'patch: an object that is not there is ERR_NOT_FOUND, an older resourceVersion ERR_CONFLICT',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const id = lab.configMapId('a');
      const steps: JsonPatchOperation[] = [{ op: 'add', path: '/data', value: {} }];
      for (const patch of [{ data: {} }, steps]) {
        await lab.rejection(() => client.patch(id, patch), 'ERR_NOT_FOUND');
      }
      const { metadata } = await lab.put('a', { data: { a: '1' } });
      const { resourceVersion } = metadata!;
      const patch = (a: string) => client.patch(id, { metadata: { resourceVersion }, data: { a } });
      await lab.within(patch('2'), 'patch');
      await lab.rejection(() => patch('3'), 'ERR_CONFLICT');
      assert.deepEqual((await lab.stored('a'))?.data, { a: '2' });
    },
  },
];

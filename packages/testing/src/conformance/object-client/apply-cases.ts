import assert from 'node:assert/strict';

import type { ApplyOptions } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import type { ConfigMap, ConfigMapContent, Lab } from '../lab/lab.ts';
import { type Deployment, deployment } from './workloads.ts';

/** Applies a ConfigMap that is called `a`. */
async function apply(
  lab: Lab,
  fieldManager: string,
  content: ConfigMapContent,
  options: Partial<ApplyOptions> = {},
): Promise<ConfigMap> {
  const client = await lab.client();
  const applied = client.apply(lab.configMap('a', content), { fieldManager, ...options });
  return lab.within(applied, `apply by ${fieldManager}`);
}

/** What a client must do to apply objects on the server's side. */
export const applyCases: readonly CaseDefinition[] = [
  {
    name: 'apply: creates the object where there is none',
    requires: ['client'],
    async run(lab) {
      const applied = await apply(lab, 'one', { data: { a: '1' }, labels: { b: 'c' } });
      assert.deepEqual(applied.data, { a: '1' });
      assert.ok(applied.metadata?.uid);
      assert.deepEqual(await lab.stored('a'), applied);
    },
  },
  {
    name: 'apply: the fields of others stay, and those that a manager gives up go',
    requires: ['client'],
    async run(lab) {
      await apply(lab, 'one', { data: { a: '1', b: '1', shared: '1' }, labels: { one: 'yes' } });
      const both = await apply(lab, 'two', { data: { c: '1', shared: '1' } });
      assert.deepEqual(both.data, { a: '1', b: '1', c: '1', shared: '1' });
      assert.deepEqual(both.metadata?.labels, { one: 'yes' });
      // What the other manager still wants stays.
      const less = await apply(lab, 'one', { data: { a: '2' } });
      assert.deepEqual(less.data, { a: '2', c: '1', shared: '1' });
      assert.deepEqual(less.metadata?.labels ?? {}, {});
      assert.deepEqual(await lab.stored('a'), less);
    },
  },
  {
    name: 'apply: another manager’s field is ERR_CONFLICT that names it, unless forced',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const created = lab.configMap('a', { data: { a: '1', b: '1' } });
      await lab.within(client.create(created, { fieldManager: 'creator' }), 'create');
      await apply(lab, 'applier', { data: { c: '1' } });
      const wanted = { data: { a: '2', c: '2' } };
      const error = await lab.rejection(() => apply(lab, 'two', wanted), 'ERR_CONFLICT');
      assert.equal(error.retryable, false);
      for (const word of ['creator', 'applier', 'data.a', 'data.c']) {
        assert.ok(error.message.includes(word), `${word} must be in: ${error.message}`);
      }
      assert.deepEqual((await lab.stored('a'))?.data, { a: '1', b: '1', c: '1' });

      const forced = await apply(lab, 'two', wanted, { force: true });
      assert.deepEqual(forced.data, { a: '2', b: '1', c: '2' });
      // They are the second one's from now on.
      const back = () => apply(lab, 'applier', { data: { c: '1' } });
      const lost = await lab.rejection(back, 'ERR_CONFLICT');
      assert.ok(lost.message.includes('two'), `two must be in: ${lost.message}`);
    },
  },
  {
    name: 'apply: status is applied apart from the rest',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const fieldManager = 'one';
      const applied = await lab.within(
        client.apply<Deployment>(deployment(lab, 'a', 1), { fieldManager }),
        'apply',
      );
      const { apiVersion, kind, metadata } = deployment(lab, 'a', 1);
      const given = { apiVersion, kind, metadata, status: { replicas: 9, readyReplicas: 5 } };
      const status = await lab.within(
        client.apply(given as Partial<Deployment>, { fieldManager, subresource: 'status' }),
        'apply of status',
      );
      assert.equal(status.status?.readyReplicas, 5);
      assert.equal(status.spec?.replicas, 1);
      assert.equal(status.metadata?.generation, applied.metadata?.generation);
    },
  },
];

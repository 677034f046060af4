import assert from 'node:assert/strict';

import type { CaseDefinition } from '../case-definition.ts';
import { tell } from '../lab/expectations.ts';
import type { CustomKind } from '../harness.ts';
import type { Lab } from '../lab/lab.ts';

/** A kind that no other case and no other run uses. */
function customKind(lab: Lab): CustomKind {
  return {
    group: `${lab.namespace}.example.com`,
    version: 'v1',
    kind: 'Widget',
    plural: 'widgets',
    namespaced: true,
  };
}

/** What a transport must do where the server refuses, or no longer knows, what is asked for. */
export const accessCases: readonly CaseDefinition[] = [
  {
    name: 'access: a refusal is ERR_FORBIDDEN, and names the verb and the query',
    requires: ['forbidden'],
    async run(lab) {
      const transport = await lab.harness.forbidden!();
      const query = lab.configMaps({ name: 'one' });
      const list = await lab.rejection(() => transport.list(query, {}), 'ERR_FORBIDDEN');
      const watch = await lab.watch(query, {}, transport).failure('ERR_FORBIDDEN');
      const streaming = lab.watch(query, { initialEvents: true }, transport);
      await streaming.failure('ERR_FORBIDDEN');
      for (const [verb, error] of [
        ['list', list],
        ['watch', watch],
      ] as const) {
        for (const word of [verb, 'ConfigMap', '"one"', lab.namespace]) {
          assert.ok(error.message.includes(word), `${word} must be in: ${error.message}`);
        }
        assert.equal(error.retryable, false);
        assert.equal(error.status?.code, 403);
      }
    },
  },
  {
    name: 'access: credentials that the server does not know are ERR_UNAUTHORIZED',
    requires: ['unauthorized'],
    async run(lab) {
      const transport = await lab.harness.unauthorized!();
      const query = lab.configMaps();
      await lab.rejection(() => transport.list(query, {}), 'ERR_UNAUTHORIZED');
      await lab.watch(query, {}, transport).failure('ERR_UNAUTHORIZED');
      const call = () => transport.discover(query.gvk, {});
      await lab.rejection(call, 'ERR_UNAUTHORIZED');
    },
  },
  {
    name: 'access: a kind is found once it is served',
    requires: ['registerKind', 'unregisterKind'],
    async run(lab) {
      const kind = customKind(lab);
      const { group, version, plural } = kind;
      const gvk = { group, version, kind: kind.kind };
      const discover = () => lab.within(lab.transport.discover(gvk, {}), 'discovery');
      assert.equal(await discover(), undefined);
      await lab.harness.registerKind!(kind);
      try {
        const { verbs, ...gvr } = (await discover())!;
        assert.deepEqual(gvr, { group, version, resource: plural, namespaced: true });
        assert.ok(verbs.includes('watch'));
        const query = { gvr, gvk, namespace: lab.namespace };
        const watch = await lab.watchFromNow(query);
        await lab.harness.put({
          apiVersion: `${group}/${version}`,
          kind: kind.kind,
          metadata: { name: 'a', namespace: lab.namespace },
        });
        assert.deepEqual(tell(await watch.changes(1)), ['ADDED a']);
        assert.deepEqual(await lab.names(query), ['a']);
      } finally {
        await lab.harness.unregisterKind!(kind);
      }
    },
  },
  {
    name: 'access: a kind that is deleted takes its objects and its watches with it',
    requires: ['registerKind', 'unregisterKind'],
    async run(lab) {
      const kind = customKind(lab);
      const { group, version, plural } = kind;
      const gvk = { group, version, kind: kind.kind };
      const gvr = { group, version, resource: plural, namespaced: true };
      const query = { gvr, gvk, namespace: lab.namespace };
      await lab.harness.registerKind!(kind);
      try {
        await lab.harness.put({
          apiVersion: `${group}/${version}`,
          kind: kind.kind,
          metadata: { name: 'a', namespace: lab.namespace },
        });
        const watch = await lab.watchFromNow(query);
        const changes = lab.begin(watch.changes(1));
        await lab.harness.unregisterKind!(kind);
        assert.deepEqual(tell(await changes), ['DELETED a']);
        await watch.end();
        await lab.rejection(() => lab.transport.list(query, {}), 'ERR_NO_VERSIONED_RESOURCE');
        await lab.watch(query).failure('ERR_NO_VERSIONED_RESOURCE');
        assert.equal(await lab.within(lab.transport.discover(gvk, {}), 'discovery'), undefined);
      } finally {
        await lab.harness.unregisterKind!(kind);
      }
    },
  },
];

import assert from 'node:assert/strict';

import type { CaseDefinition } from '../case-definition.ts';
import { forEach, lastApplied } from '../lab/expectations.ts';
import { hostileNames, hostileSelectors, unknownResources } from '../lab/hostile-input.ts';
import type { ConfigMap } from '../lab/lab.ts';

/** What a transport must do for `list`. */
export const listCases: readonly CaseDefinition[] = [
  {
    name: 'list: by name, the object as it is stored',
    async run(lab) {
      const stored = await lab.put('one', { labels: { app: 'a' }, data: { key: 'välue\n€ 😀' } });
      await lab.put('one-more');
      const { items } = await lab.list(lab.configMaps({ name: 'one' }));
      assert.equal(items.length, 1);
      const [item] = items as ConfigMap[];
      assert.deepEqual(item?.data, { key: 'välue\n€ 😀' });
      const { namespace, uid, resourceVersion, labels } = item?.metadata ?? {};
      assert.equal(namespace, lab.namespace);
      assert.deepEqual(labels, { app: 'a' });
      assert.equal(uid, stored.metadata?.uid);
      assert.equal(resourceVersion, stored.metadata?.resourceVersion);
    },
  },
  {
    name: 'list: by a name that is not there, an empty list with a version',
    async run(lab) {
      await lab.put('one');
      assert.deepEqual(await lab.names(lab.configMaps({ name: 'other' })), []);
    },
  },
  {
    name: 'list: a name means that name, whatever is in it',
    async run(lab) {
      await lab.put('one');
      await forEach(hostileNames, async (name) => {
        assert.deepEqual(await lab.names(lab.configMaps({ name })), [], name);
      });
    },
  },
  {
    name: 'list: everything in a namespace, and nothing else',
    async run(lab) {
      const other = await lab.harness.namespace();
      await lab.put('a');
      await lab.put('b');
      await lab.put('c', { namespace: other });
      assert.deepEqual(await lab.names(lab.configMaps()), ['a', 'b']);
      assert.deepEqual(await lab.names(lab.configMaps({ name: '', selector: '' })), ['a', 'b']);
      assert.deepEqual(await lab.names(lab.configMaps({ namespace: other })), ['c']);
    },
  },
  {
    name: 'list: all namespaces, where none is named',
    async run(lab) {
      const other = await lab.harness.namespace();
      const labels = { case: lab.namespace };
      await lab.put('a', { labels });
      await lab.put('b', { labels, namespace: other });
      const { namespace: _, ...query } = lab.configMaps({ selector: `case=${lab.namespace}` });
      assert.deepEqual(await lab.names(query), ['a', 'b']);
      assert.deepEqual(await lab.names({ ...query, namespace: '' }), ['a', 'b']);
    },
  },
  {
    name: 'list: an empty namespace, also one that does not exist, is an empty list',
    async run(lab) {
      assert.deepEqual(await lab.names(lab.configMaps()), []);
      assert.deepEqual(await lab.names(lab.configMaps({ namespace: `${lab.namespace}-no` })), []);
    },
  },
  {
    name: 'list: cluster-scoped objects, by name and by selector, whatever namespace is given',
    async run(lab) {
      await lab.putClusterRole('a', { case: lab.namespace });
      await lab.putClusterRole('b', { case: lab.namespace });
      const [a, b] = [lab.clusterName('a'), lab.clusterName('b')];
      assert.deepEqual(await lab.names(lab.clusterRoles({ name: a })), [a]);
      const selector = `case=${lab.namespace}`;
      assert.deepEqual(await lab.names(lab.clusterRoles({ selector })), [a, b]);
      const { namespace } = lab;
      assert.deepEqual(await lab.names(lab.clusterRoles({ selector, namespace })), [a, b]);
    },
  },
  {
    name: 'list: selectors choose as Kubernetes does',
    async run(lab) {
      await lab.put('none');
      await lab.put('web', { labels: { app: 'web', tier: '1', 'example.com/team': 'x' } });
      await lab.put('db', { labels: { app: 'db', tier: '2' } });
      await lab.put('empty', { labels: { app: '' } });
      for (const [selector, expected] of [
        ['app=web', ['web']],
        ['app == web', ['web']],
        ['app!=web', ['db', 'empty', 'none']],
        ['app in (web, db)', ['db', 'web']],
        ['app notin (web, db)', ['empty', 'none']],
        ['app', ['db', 'empty', 'web']],
        ['!app', ['none']],
        ['app=', ['empty']],
        ['app in ()', ['empty']],
        ['tier>1', ['db']],
        ['tier<2', ['web']],
        ['app,tier,app!=db', ['web']],
        ['example.com/team=x', ['web']],
        ['app=web,app=db', []],
      ] as const) {
        assert.deepEqual(await lab.names(lab.configMaps({ selector })), expected, selector);
      }
    },
  },
  {
    name: 'list: name and selector must both hold',
    async run(lab) {
      await lab.put('web', { labels: { app: 'web' } });
      await lab.put('db', { labels: { app: 'db' } });
      assert.deepEqual(await lab.names(lab.configMaps({ name: 'web', selector: 'app=web' })), [
        'web',
      ]);
      assert.deepEqual(await lab.names(lab.configMaps({ name: 'web', selector: 'app=db' })), []);
    },
  },
  {
    name: 'list: text that is no selector is refused, and never means something else',
    async run(lab) {
      await lab.put('one', { labels: { app: 'a' } });
      await forEach(hostileSelectors, async (selector) => {
        const query = lab.configMaps({ selector });
        const error = await lab.rejection(
          () => lab.transport.list(query, {}),
          'ERR_INVALID_INPUT',
          'ERR_TRANSPORT',
        );
        assert.equal(error.retryable, false);
      });
    },
  },
  {
    name: 'list: a resource that the server does not have is ERR_NO_VERSIONED_RESOURCE',
    async run(lab) {
      await forEach(unknownResources(lab), async (query) => {
        await lab.rejection(() => lab.transport.list(query, {}), 'ERR_NO_VERSIONED_RESOURCE');
      });
    },
  },
  {
    name: 'list: follows the writes',
    async run(lab) {
      const first = await lab.put('a', { data: { n: '1' } });
      await lab.put('a', { data: { n: '2' } });
      const { items } = await lab.list(lab.configMaps());
      assert.deepEqual((items[0] as ConfigMap).data, { n: '2' });
      assert.equal(items[0]?.metadata?.uid, first.metadata?.uid);
      await lab.remove('a');
      assert.deepEqual(await lab.names(lab.configMaps()), []);
      const second = await lab.put('a');
      assert.notEqual(second.metadata?.uid, first.metadata?.uid);
      const [again] = (await lab.list(lab.configMaps())).items;
      assert.equal(again?.metadata?.uid, second.metadata?.uid);
    },
  },
  {
    name: 'list: drops managedFields and the last-applied annotation, and keeps the others',
    async run(lab) {
      await lab.put('a', { annotations: { [lastApplied]: '{"data":{"p":"secret"}}', other: 'x' } });
      const { items } = await lab.list(lab.configMaps());
      assert.deepEqual(items[0]?.metadata?.annotations, { other: 'x' });
      assert.ok(!JSON.stringify(items).includes('secret'));
    },
  },
  {
    name: 'list: metadata alone, under the kind of the query',
    async run(lab) {
      await lab.put('a', {
        labels: { app: 'a' },
        annotations: { [lastApplied]: '{}', other: 'x' },
        data: { key: 'value' },
      });
      for (const query of [{}, { name: 'a' }, { selector: 'app=a' }]) {
        const { items } = await lab.list(lab.configMaps({ ...query, metadataOnly: true }));
        assert.equal(items.length, 1);
        const { labels, annotations } = items[0]?.metadata ?? {};
        assert.deepEqual(labels, { app: 'a' });
        assert.deepEqual(annotations, { other: 'x' });
      }
    },
  },
  {
    name: 'list: 300 objects at once, and one of half a megabyte, unharmed',
    async run(lab) {
      const text = 'ä€😀'.repeat(50_000);
      const names = Array.from({ length: 300 }, (_, index) => `o-${index}`);
      await Promise.all([
        lab.put('big', { data: { text } }),
        ...names.map((name) => lab.put(name)),
      ]);
      const { items, continue: next } = await lab.list(lab.configMaps());
      assert.equal(next, undefined);
      assert.equal(items.length, 301);
      const big = items.find(({ metadata }) => metadata?.name === 'big') as ConfigMap;
      assert.ok(big.data?.['text'] === text, 'the text must be what was written');
    },
  },
  {
    name: 'list: what is handed out is the caller’s own',
    async run(lab) {
      await lab.put('a', { data: { key: 'value' } });
      const [item] = (await lab.list(lab.configMaps())).items as ConfigMap[];
      try {
        item!.data!['key'] = 'changed';
        delete item!.metadata!.name;
      } catch {
        // A frozen object is as good.
      }
      const [again] = (await lab.list(lab.configMaps())).items as ConfigMap[];
      assert.deepEqual(again?.data, { key: 'value' });
    },
  },
  {
    name: 'list: leaves the query as it was',
    async run(lab) {
      const query = Object.freeze(lab.configMaps({ selector: 'b=c,a=b' }));
      Object.freeze(query.gvr);
      Object.freeze(query.gvk);
      const before = structuredClone(query);
      await lab.list(query, Object.freeze({ limit: 2 }));
      assert.deepEqual(query, before);
    },
  },
];

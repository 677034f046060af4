import assert from 'node:assert/strict';

import type { CaseDefinition } from '../case-definition.ts';
import { checkOrder, forEach, tell } from '../lab/expectations.ts';
import { hostileNames, hostileSelectors, unknownResources } from '../lab/hostile-input.ts';
import type { ConfigMap } from '../lab/lab.ts';

/** Which objects a watch must be about. */
export const watchScopeCases: readonly CaseDefinition[] = [
  {
    name: 'watch: by name, that name alone',
    async run(lab) {
      await lab.put('one');
      const watch = await lab.watchFromNow(lab.configMaps({ name: 'one' }));
      await lab.put('two');
      await lab.put('one-more');
      await lab.put('one', { data: { n: '1' } });
      await lab.remove('two');
      await lab.remove('one');
      assert.deepEqual(tell(await watch.changes(2)), ['MODIFIED one', 'DELETED one']);
    },
  },
  {
    name: 'watch: by a name that is not there, until it is',
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps({ name: 'one' }));
      await lab.put('two');
      await lab.put('one');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED one']);
    },
  },
  {
    name: 'watch: a name means that name, whatever is in it',
    async run(lab) {
      await lab.put('one');
      await forEach(hostileNames, async (name) => {
        const watch = lab.watch(lab.configMaps({ name }), { initialEvents: true });
        const { events } = await watch.initialEvents();
        assert.deepEqual(tell(events), [], name);
      });
    },
  },
  {
    name: 'watch: an object that comes to match is ADDED, one that no longer matches DELETED',
    async run(lab) {
      await lab.put('a', { labels: { app: 'other' } });
      const watch = await lab.watchFromNow(lab.configMaps({ selector: 'app=web' }));
      await lab.put('a', { labels: { app: 'web' }, data: { n: '1' } });
      await lab.put('a', { labels: { app: 'web' }, data: { n: '2' } });
      await lab.put('a', { labels: { app: 'other' }, data: { n: '3' } });
      await lab.put('a', { labels: { app: 'other' }, data: { n: '4' } });
      await lab.remove('a');
      await lab.put('b', { labels: { app: 'web' } });
      const events = await watch.changes(4);
      assert.deepEqual(tell(events), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
      // As it was when it last matched, under the version of the write that ended that.
      assert.deepEqual((events[2]!.object as ConfigMap).data, { n: '2' });
      checkOrder(events);
    },
  },
  {
    name: 'watch: its own namespace, or all where none is named',
    async run(lab) {
      const other = await lab.harness.namespace();
      const labels = { case: lab.namespace };
      const { namespace: _, ...everywhere } = lab.configMaps({ selector: `case=${lab.namespace}` });
      const here = await lab.watchFromNow(lab.configMaps());
      const all = await lab.watchFromNow(everywhere);
      await lab.put('a', { labels, namespace: other });
      await lab.put('b', { labels });
      assert.deepEqual(tell(await here.changes(1)), ['ADDED b']);
      const events = await all.changes(2);
      assert.deepEqual(tell(events), ['ADDED a', 'ADDED b']);
      assert.deepEqual(
        events.map(({ object }) => object.metadata?.namespace),
        [other, lab.namespace],
      );
    },
  },
  {
    name: 'watch: cluster-scoped objects, whatever namespace is given',
    async run(lab) {
      const selector = `case=${lab.namespace}`;
      const watch = await lab.watchFromNow(
        lab.clusterRoles({ selector, namespace: lab.namespace }),
      );
      const byName = await lab.watchFromNow(lab.clusterRoles({ name: lab.clusterName('b') }));
      await lab.putClusterRole('a', { case: lab.namespace });
      await lab.putClusterRole('b', { case: lab.namespace });
      await lab.removeClusterRole('b');
      const [a, b] = [lab.clusterName('a'), lab.clusterName('b')];
      const events = await watch.changes(3);
      assert.deepEqual(tell(events), [`ADDED ${a}`, `ADDED ${b}`, `DELETED ${b}`]);
      assert.deepEqual(tell(await byName.changes(2)), [`ADDED ${b}`, `DELETED ${b}`]);
    },
  },
  {
    name: 'watch: text that is no selector is refused, and never means something else',
    async run(lab) {
      await forEach(hostileSelectors, async (selector) => {
        const watch = lab.watch(lab.configMaps({ selector }));
        const error = await watch.failure('ERR_INVALID_INPUT', 'ERR_TRANSPORT');
        assert.equal(error.retryable, false);
      });
    },
  },
  {
    name: 'watch: a resource that the server does not have is ERR_NO_VERSIONED_RESOURCE',
    async run(lab) {
      await forEach(unknownResources(lab), async (query) => {
        await lab.watch(query).failure('ERR_NO_VERSIONED_RESOURCE');
      });
    },
  },
];

import assert from 'node:assert/strict';

import type { CaseDefinition } from '../case-definition.ts';
import { checkVersion, tell } from '../lab/expectations.ts';
import type { ConfigMap } from '../lab/lab.ts';

const initialEvents = true;

/** What a transport must do for a watch with `initialEvents`: a list and a watch in one request. */
export const initialEventsCases: readonly CaseDefinition[] = [
  {
    name: 'initial events: an ADDED for each object, the bookmark that ends them, then what happens',
    async run(lab) {
      await lab.put('a', { data: { n: '1' } });
      await lab.put('b', { labels: { app: 'b' } });
      const watch = lab.watch(lab.configMaps(), { initialEvents });
      const { events, version } = await watch.initialEvents();
      assert.deepEqual(tell(events).sort(), ['ADDED a', 'ADDED b']);
      const a = events.find(({ object }) => object.metadata?.name === 'a')?.object as ConfigMap;
      assert.deepEqual(a.data, { n: '1' });
      checkVersion(version);
      await lab.put('a', { data: { n: '2' } });
      await lab.remove('b');
      assert.deepEqual(tell(await watch.changes(2)), ['MODIFIED a', 'DELETED b']);
    },
  },
  {
    name: 'initial events: of nothing, the bookmark alone',
    async run(lab) {
      const watch = lab.watch(lab.configMaps(), { initialEvents });
      const { events, version } = await watch.initialEvents();
      assert.deepEqual(tell(events), []);
      checkVersion(version);
      await lab.put('a');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED a']);
    },
  },
  {
    name: 'initial events: a watch from the bookmark’s version goes on exactly there',
    async run(lab) {
      for (const name of ['a', 'b']) await lab.put(name);
      for (const query of [lab.configMaps(), lab.configMaps({ name: 'none' })]) {
        const first = lab.watch(query, { initialEvents });
        const { version } = await first.initialEvents();
        await first.return();
        const written = query.name ?? `after-${version}`;
        await lab.put(written);
        const second = await lab.openWatch(query, { resourceVersion: version });
        assert.deepEqual(tell(await second.changes(1)), [`ADDED ${written}`]);
      }
    },
  },
  {
    name: 'initial events: show every write that was answered before',
    async run(lab) {
      for (let n = 0; n < 5; n += 1) {
        const { metadata } = await lab.put('a', { data: { n: String(n) } });
        const watch = lab.watch(lab.configMaps({ name: 'a' }), { initialEvents });
        const { events, version } = await watch.initialEvents();
        assert.deepEqual((events[0]!.object as ConfigMap).data, { n: String(n) });
        assert.ok(BigInt(version) >= BigInt(metadata!.resourceVersion!));
        await watch.return();
      }
    },
  },
  {
    name: 'initial events: by name and by selector, what is selected',
    async run(lab) {
      await lab.put('a', { labels: { app: 'web' } });
      await lab.put('b', { labels: { app: 'db' } });
      for (const query of [
        { name: 'a' },
        { selector: 'app=web' },
        { selector: 'app notin (db)' },
      ]) {
        const { events } = await lab
          .watch(lab.configMaps(query), { initialEvents })
          .initialEvents();
        assert.deepEqual(tell(events), ['ADDED a'], JSON.stringify(query));
      }
    },
  },
  {
    name: 'initial events: of cluster-scoped objects',
    async run(lab) {
      await lab.putClusterRole('a', { case: lab.namespace });
      const query = lab.clusterRoles({ selector: `case=${lab.namespace}` });
      const { events } = await lab.watch(query, { initialEvents }).initialEvents();
      assert.deepEqual(tell(events), [`ADDED ${lab.clusterName('a')}`]);
    },
  },
  {
    name: 'initial events: metadata alone',
    async run(lab) {
      await lab.put('a', { data: { key: 'value' } });
      const query = lab.configMaps({ metadataOnly: true });
      const watch = lab.watch(query, { initialEvents });
      assert.deepEqual(tell((await watch.initialEvents()).events), ['ADDED a']);
      await lab.put('a', { data: { key: 'other' } });
      assert.deepEqual(tell(await watch.changes(1)), ['MODIFIED a']);
    },
  },
  {
    name: 'initial events: of 300 objects, each once',
    async run(lab) {
      const names = Array.from({ length: 300 }, (_, index) => `o-${index}`);
      await Promise.all(names.map((name) => lab.put(name)));
      const { events } = await lab.watch(lab.configMaps(), { initialEvents }).initialEvents();
      assert.deepEqual(tell(events).sort(), names.map((name) => `ADDED ${name}`).sort());
    },
  },
];

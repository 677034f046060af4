import assert from 'node:assert/strict';

import type { KubernetesObject, ObjectMeta } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { checkOrder, lastApplied, type ObjectEvent, tell } from '../lab/expectations.ts';
import type { ConfigMap, Lab } from '../lab/lab.ts';

async function currentVersion(lab: Lab): Promise<string> {
  return (await lab.list(lab.configMaps())).resourceVersion;
}

/** Writes to five objects, always the same ones: they come, go, and change their labels and content. */
async function writeAtRandom(lab: Lab, writes: number): Promise<void> {
  let seed = 1;
  const below = (limit: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  for (let n = 0; n < writes; n += 1) {
    const name = `o-${below(5)}`;
    if (below(5) === 0) {
      await lab.remove(name);
      continue;
    }
    const labels = {
      ...(below(3) > 0 && { app: ['a', 'b'][below(2)]! }),
      ...(below(2) > 0 && { tier: 'a' }),
    };
    await lab.put(name, { labels, data: { n: String(below(3)) } });
  }
}

/** Does to a state what an event says, and checks that it can be said of it. */
function replay({ type, object }: ObjectEvent, state: Map<string, KubernetesObject>): void {
  const name = object.metadata!.name!;
  const there = state.has(name);
  assert.equal(
    there,
    type !== 'ADDED',
    `${type} of ${name}, which was ${there ? '' : 'not '}there`,
  );
  if (type === 'DELETED') state.delete(name);
  else state.set(name, object);
}

function isLast(event: ObjectEvent | undefined, data: { last: string }): boolean {
  return (
    event?.type !== 'DELETED' &&
    (event?.object as ConfigMap | undefined)?.data?.['last'] === data.last
  );
}

/** What a transport must do for `watch`, from a version or from the current state. */
export const watchCases: readonly CaseDefinition[] = [
  {
    name: 'watch: the first burst comes at once, and is empty where nothing has happened',
    async run(lab) {
      await lab.put('before');
      const watch = lab.watch(lab.configMaps(), { resourceVersion: await currentVersion(lab) });
      assert.deepEqual(tell(await watch.accepted()), []);
      await lab.put('after');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED after']);
    },
  },
  {
    name: 'watch: from the version of a list it misses nothing and repeats nothing',
    async run(lab) {
      await lab.put('a', { data: { n: '1' } });
      const resourceVersion = await currentVersion(lab);
      await lab.put('a', { data: { n: '2' } });
      await lab.put('b');
      await lab.remove('a');
      const watch = lab.watch(lab.configMaps(), { resourceVersion });
      const past = await watch.changes(3);
      assert.deepEqual(tell(past), ['MODIFIED a', 'ADDED b', 'DELETED a']);
      await lab.put('c');
      const live = await watch.changes(1);
      assert.deepEqual(tell(live), ['ADDED c']);
      checkOrder([...past, ...live]);
    },
  },
  {
    name: 'watch: tells of each write, in order, with the state it led to',
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps());
      const added = await lab.put('a', { data: { n: '1' } });
      const modified = await lab.put('a', { data: { n: '2' }, labels: { app: 'a' } });
      await lab.remove('a');
      const events = await watch.changes(3);
      assert.deepEqual(tell(events), ['ADDED a', 'MODIFIED a', 'DELETED a']);
      assert.deepEqual(
        events.map(({ object }) => (object as ConfigMap).data),
        [{ n: '1' }, { n: '2' }, { n: '2' }],
      );
      assert.deepEqual(
        events.slice(0, 2).map(({ object }) => object.metadata?.resourceVersion),
        [added.metadata?.resourceVersion, modified.metadata?.resourceVersion],
      );
      for (const { object } of events) {
        assert.equal(object.metadata?.uid, added.metadata?.uid);
        assert.equal(object.metadata?.namespace, lab.namespace);
      }
      checkOrder(events);
    },
  },
  {
    name: 'watch: what is wanted comes whole, and everything else at least with its metadata',
    async run(lab) {
      const { resourceVersion } = await lab.list(lab.configMaps());
      const data = { text: 'x'.repeat(4_000) };
      const written = [
        await lab.put('a', { labels: { app: 'a' }, data }),
        await lab.put('b', { labels: { app: 'b' }, annotations: { c: '"}}' }, data }),
      ];
      const unwanted = new Set<object>();
      const wants = (metadata: ObjectMeta): boolean =>
        metadata.labels?.['app'] === 'a' || !unwanted.add(metadata);
      const watch = lab.watch(lab.configMaps(), { resourceVersion, wanted: wants });
      const [wanted, other] = await watch.changes(2);
      assert.deepEqual((wanted!.object as ConfigMap).data, data);
      const whole = (other!.object as ConfigMap).data?.['text'] === data.text;
      assert.ok(whole || unwanted.has(other!.object.metadata!));
      for (const [n, { object }] of [wanted!, other!].entries()) {
        const { uid, labels, annotations } = written[n]!.metadata!;
        const told = object.metadata!;
        assert.deepEqual([told.uid, told.labels, told.annotations], [uid, labels, annotations]);
      }
    },
  },
  {
    name: 'watch: a write that changes nothing is no event',
    async run(lab) {
      await lab.put('a', { data: { n: '1' } });
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.put('a', { data: { n: '1' } });
      await lab.put('b');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED b']);
    },
  },
  {
    name: 'watch: an object deleted and made again has another uid',
    async run(lab) {
      const first = await lab.put('a');
      const watch = await lab.watchFromNow(lab.configMaps({ name: 'a' }));
      await lab.remove('a');
      const second = await lab.put('a');
      const events = await watch.changes(2);
      assert.deepEqual(tell(events), ['DELETED a', 'ADDED a']);
      const uids = [first, second].map(({ metadata }) => metadata?.uid);
      assert.deepEqual(
        events.map(({ object }) => object.metadata?.uid),
        uids,
      );
      assert.notEqual(uids[0], uids[1]);
    },
  },
  {
    name: 'watch: an object with finalizers is modified first, and deleted with the last of them',
    async run(lab) {
      await lab.put('a', { finalizers: ['example.com/wait'] });
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.remove('a');
      const [dying] = await watch.changes(1);
      assert.deepEqual(tell([dying!]), ['MODIFIED a']);
      assert.ok(dying?.object.metadata?.deletionTimestamp);
      await lab.put('a', { finalizers: [] });
      assert.deepEqual(tell(await watch.changes(1)), ['DELETED a']);
    },
  },
  {
    name: 'watch: without a version it begins with the current state',
    async run(lab) {
      await lab.put('a');
      await lab.put('b');
      const watch = await lab.openWatch(lab.configMaps());
      assert.deepEqual(tell(await watch.changes(2)).sort(), ['ADDED a', 'ADDED b']);
      await lab.put('c');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED c']);
    },
  },
  {
    name: 'watch: drops managedFields and the last-applied annotation, and keeps the others',
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.put('a', { annotations: { [lastApplied]: 'secret', other: 'x' } });
      await lab.remove('a');
      for (const { object } of await watch.changes(2)) {
        assert.deepEqual(object.metadata?.annotations, { other: 'x' });
      }
    },
  },
  {
    name: 'watch: metadata alone, under the kind of the query',
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps({ metadataOnly: true }));
      await lab.put('a', { labels: { app: 'a' }, data: { key: 'value' } });
      await lab.put('a', { labels: { app: 'b' }, data: { key: 'value' } });
      await lab.remove('a');
      const events = await watch.changes(3);
      assert.deepEqual(tell(events), ['ADDED a', 'MODIFIED a', 'DELETED a']);
      assert.deepEqual(
        events.map(({ object }) => object.metadata?.labels),
        [{ app: 'a' }, { app: 'b' }, { app: 'b' }],
      );
    },
  },
  {
    name: 'watch: two of the same query are independent',
    async run(lab) {
      const first = await lab.watchFromNow(lab.configMaps());
      const second = await lab.watchFromNow(lab.configMaps());
      await lab.put('a', { data: { key: 'value' } });
      const [event] = await first.changes(1);
      try {
        (event!.object as ConfigMap).data!['key'] = 'changed';
      } catch {
        // A frozen object is as good.
      }
      await first.return();
      await first.done();
      await lab.put('b');
      const events = await second.changes(2);
      assert.deepEqual(tell(events), ['ADDED a', 'ADDED b']);
      assert.deepEqual((events[0]!.object as ConfigMap).data, { key: 'value' });
    },
  },
  {
    name: 'watch: a slow reader loses nothing',
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps());
      const names = Array.from({ length: 500 }, (_, index) => `o-${index}`);
      for (let from = 0; from < names.length; from += 50) {
        await Promise.all(names.slice(from, from + 50).map((name) => lab.put(name)));
      }
      const events = await watch.changes(500);
      checkOrder(events);
      assert.deepEqual(
        events.map(({ type, object }) => `${type} ${object.metadata?.name}`).sort(),
        names.map((name) => `ADDED ${name}`).sort(),
      );
    },
  },
  {
    name: 'watch: an event of half a megabyte, unharmed',
    async run(lab) {
      const text = 'ä€😀'.repeat(50_000);
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.put('big', { data: { text } });
      await lab.put('small');
      const events = await watch.changes(2);
      assert.deepEqual(tell(events), ['ADDED big', 'ADDED small']);
      const { data } = events[0]!.object as ConfigMap;
      assert.ok(data?.['text'] === text, 'the text must be what was written');
    },
  },
  {
    name: 'watch: what its events add up to is what a list shows',
    async run(lab) {
      const subjects = [
        { query: {}, last: { name: 'last' } },
        { query: { name: 'o-1' }, last: { name: 'o-1' } },
        { query: { selector: 'app=a' }, last: { name: 'last', labels: { app: 'a' } } },
        { query: { selector: 'app!=a,tier' }, last: { name: 'last', labels: { tier: 'a' } } },
      ];
      const watches = await Promise.all(
        subjects.map(({ query }) => lab.watchFromNow(lab.configMaps(query))),
      );
      await writeAtRandom(lab, 200);
      for (const [index, { query, last }] of subjects.entries()) {
        const { name, ...content } = last;
        const data = { last: String(index) };
        await lab.put(name, { ...content, data });
        const state = new Map<string, KubernetesObject>();
        for (let event: ObjectEvent | undefined; !isLast(event, data);) {
          [event] = await watches[index]!.changes(1);
          replay(event!, state);
        }
        const { items } = await lab.list(lab.configMaps(query));
        const listed = items.map((item) => [item.metadata!.name!, item] as const);
        assert.deepEqual(state, new Map(listed));
      }
    },
  },
  {
    name: 'watch: a version that is gone is ERR_EXPIRED, which a retry can heal',
    requires: ['compact'],
    exclusive: true,
    async run(lab) {
      const resourceVersion = await currentVersion(lab);
      await lab.put('a');
      await lab.harness.compact!();
      const error = await lab.watch(lab.configMaps(), { resourceVersion }).failure('ERR_EXPIRED');
      assert.equal(error.retryable, true);
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.put('b');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED b']);
    },
  },
];

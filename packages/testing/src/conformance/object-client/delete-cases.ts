import assert from 'node:assert/strict';

import type { CaseDefinition } from '../case-definition.ts';
import { forEach, tell } from '../lab/expectations.ts';

/** What a client must do to delete objects. */
export const deleteCases: readonly CaseDefinition[] = [
  {
    name: 'delete: the object goes, and one that is gone already is no failure',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('a');
      for (let times = 0; times < 2; times += 1) {
        await lab.within(client.delete(lab.configMapId('a')), 'delete');
        assert.equal(await lab.stored('a'), undefined);
      }
    },
  },
  {
    name: 'delete: preconditions that do not hold are ERR_CONFLICT',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const id = lab.configMapId('a');
      const first = (await lab.put('a', { data: { a: '1' } })).metadata!;
      await lab.remove('a');
      const second = (await lab.put('a', { data: { a: '1' } })).metadata!;
      const newest = (await lab.put('a', { data: { a: '2' } })).metadata!;
      const failing = [
        { uid: first.uid! },
        { resourceVersion: second.resourceVersion! },
        { uid: first.uid!, resourceVersion: newest.resourceVersion! },
      ];
      await forEach(failing, async (preconditions) => {
        await lab.rejection(() => client.delete(id, { preconditions }), 'ERR_CONFLICT');
      });
      assert.ok(await lab.stored('a'), 'it must still be there');
      const preconditions = { uid: newest.uid!, resourceVersion: newest.resourceVersion! };
      await lab.within(client.delete(id, { preconditions }), 'delete');
      assert.equal(await lab.stored('a'), undefined);
    },
  },
  {
    name: 'delete: an object with finalizers is marked, and goes with the last of them',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const id = lab.configMapId('a');
      await lab.put('a', { finalizers: ['example.com/x', 'example.com/y'] });
      const watch = await lab.watchFromNow(lab.configMaps());
      for (let times = 0; times < 2; times += 1) {
        await lab.within(client.delete(id), 'delete');
        assert.ok((await lab.stored('a'))?.metadata?.deletionTimestamp, 'it must be marked');
      }
      const leave = (finalizers: string[] | null) => client.patch(id, { metadata: { finalizers } });
      await lab.within(leave(['example.com/y']), 'patch');
      const added = () => leave(['example.com/y', 'example.com/z']);
      await lab.rejection(added, 'ERR_REJECTED');
      assert.ok(await lab.stored('a'), 'it must still be there');
      await lab.within(leave(null), 'patch');
      assert.equal(await lab.stored('a'), undefined);
      assert.deepEqual(tell(await watch.changes(3)), ['MODIFIED a', 'MODIFIED a', 'DELETED a']);
    },
  },
  {
    name: 'delete: in the foreground or with orphans it is the garbage collector that ends it',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      for (const [propagationPolicy, finalizer] of [
        ['Foreground', 'foregroundDeletion'],
        ['Orphan', 'orphan'],
      ] as const) {
        await lab.put('a');
        const watch = await lab.watchFromNow(lab.configMaps());
        await lab.within(client.delete(lab.configMapId('a'), { propagationPolicy }), 'delete');
        const [marked] = await watch.changes(1);
        assert.deepEqual(tell([marked!]), ['MODIFIED a']);
        assert.deepEqual(marked?.object.metadata?.finalizers, [finalizer]);
        assert.ok(marked.object.metadata.deletionTimestamp, 'it must be marked');
        // Where no garbage collector runs, as beside an API server on its own.
        const background = { propagationPolicy: 'Background' } as const;
        await lab.within(client.delete(lab.configMapId('a'), background), 'delete');
        const deleted = await watch.changes(1);
        assert.deepEqual(tell(deleted), ['DELETED a']);
      }
    },
  },
];

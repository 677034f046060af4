import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';

import { DepwatchError } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { tell } from '../lab/expectations.ts';
import type { ConfigMap } from '../lab/lab.ts';
import { asClient, bare, callsFor } from './object-expectations.ts';

/** What holds for all methods of a client: what they store, how they fail and how they end. */
export const writeEndingCases: readonly CaseDefinition[] = [
  {
    name: 'write: a watch sees each write once and in order, with the version of its answer',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const id = lab.configMapId('a');
      const watch = await lab.watchFromNow(lab.configMaps());
      const answers = [
        await lab.within(client.create(lab.configMap('a', { data: { a: '1' } })), 'create'),
        await lab.within(client.update(lab.configMap('a', { data: { a: '2' } })), 'update'),
        await lab.within(client.patch<ConfigMap>(id, { data: { a: '3' } }), 'patch'),
        await lab.within(
          client.apply(lab.configMap('a', { data: { b: '1' } }), { fieldManager: 'conformance' }),
          'apply',
        ),
      ];
      await lab.within(client.delete(id), 'delete');
      const changes = await watch.changes(5);
      assert.deepEqual(tell(changes), [
        'ADDED a',
        'MODIFIED a',
        'MODIFIED a',
        'MODIFIED a',
        'DELETED a',
      ]);
      for (const [index, answer] of answers.entries()) {
        const { object } = changes[index]!;
        assert.equal(object.metadata?.resourceVersion, answer.metadata?.resourceVersion);
        assert.deepEqual(bare(object), bare(answer));
      }
    },
  },
  {
    name: 'write: one that changes nothing is none',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const given = lab.configMap('a', { data: { a: '1' } });
      const fieldManager = 'conformance';
      const { metadata } = await lab.within(client.apply(given, { fieldManager }), 'apply');
      for (const again of [
        await lab.within(client.apply(given, { fieldManager }), 'apply'),
        await lab.within(client.update(given, { fieldManager }), 'update'),
        await lab.within(client.patch(lab.configMapId('a'), { data: { a: '1' } }), 'patch'),
      ]) {
        assert.equal(again.metadata?.resourceVersion, metadata?.resourceVersion);
      }
    },
  },
  {
    name: 'write: a dry run answers as the write would, and stores nothing',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const dryRun = true;
      const before = (await lab.put('a', { data: { a: '1' } })).metadata?.resourceVersion;
      const id = lab.configMapId('a');
      const wanted = lab.configMap('a', { data: { a: '2' } });
      for (const answer of [
        await lab.within(
          client.create(lab.configMap('b', { data: { a: '2' } }), { dryRun }),
          'create',
        ),
        await lab.within(client.update(wanted, { dryRun }), 'update'),
        await lab.within(client.patch<ConfigMap>(id, { data: { a: '2' } }, { dryRun }), 'patch'),
        await lab.within(
          client.apply(wanted, { dryRun, fieldManager: 'conformance', force: true }),
          'apply',
        ),
      ]) {
        assert.deepEqual(answer.data, { a: '2' });
      }
      await lab.within(client.delete(id, { dryRun }), 'delete');
      const { metadata, data } = (await lab.stored('a'))!;
      assert.deepEqual([data, metadata?.resourceVersion], [{ a: '1' }, before]);
      assert.deepEqual(await lab.names(lab.configMaps()), ['a']);
      const exists = () => client.create(lab.configMap('a'), { dryRun });
      await lab.rejection(exists, 'ERR_ALREADY_EXISTS');
    },
  },
  {
    name: 'write: what is given is left alone, and may change as soon as the call is made',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('b', { data: { a: '1' } });
      const object = lab.configMap('a', { data: { a: '1' } });
      const untouched = structuredClone(object);
      const created = client.create(object);
      assert.deepEqual(object, untouched);
      object.data!['a'] = 'changed';
      const patch = { data: { a: '2' } };
      const patched = client.patch<ConfigMap>(lab.configMapId('b'), patch);
      patch.data.a = 'changed';
      assert.deepEqual((await lab.within(created, 'create')).data, { a: '1' });
      assert.deepEqual((await lab.within(patched, 'patch')).data, { a: '2' });
      const frozen = Object.freeze(lab.configMap('c', { data: Object.freeze({ a: '1' }) }));
      await lab.within(client.create(frozen), 'create of a frozen object');
      assert.deepEqual(await lab.names(lab.configMaps()), ['a', 'b', 'c']);
    },
  },
  {
    name: 'write: a signal aborted before the call ends it with ERR_ABORTED, and nothing happens',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const before = await lab.put('a', { data: { a: '1' } });
      const signal = AbortSignal.abort();
      const reason = new DepwatchError('ERR_NOT_STARTED', 'a reason of the caller');
      for (const name of ['a', 'b']) {
        const object = lab.configMap(name, { data: { a: '2' } });
        for (const [, call] of callsFor(client, object, { signal })) {
          await lab.rejection(call, 'ERR_ABORTED');
        }
        const own = { signal: AbortSignal.abort(reason) };
        for (const [method, call] of callsFor(client, object, own)) {
          assert.equal(await lab.rejection(call, 'ERR_NOT_STARTED'), reason, method);
        }
      }
      assert.deepEqual(await lab.names(lab.configMaps()), ['a']);
      const after = await lab.stored('a');
      assert.equal(after?.metadata?.resourceVersion, before.metadata?.resourceVersion);
    },
  },
  {
    name: 'write: a signal ends a call under way with ERR_ABORTED, and no listener stays on it',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('a');
      const controller = new AbortController();
      const { signal } = controller;
      await lab.within(client.get(lab.configMapId('a'), { signal }), 'get');
      await lab.within(client.create(lab.configMap('b'), { signal }), 'create');
      assert.equal(getEventListeners(signal, 'abort').length, 0, 'a listener stayed');
      const calls = callsFor(client, lab.configMap('a'), { signal });
      const failures = calls.map(([, call]) => lab.begin(lab.rejection(call, 'ERR_ABORTED')));
      controller.abort();
      await Promise.all(failures);
      assert.equal(getEventListeners(signal, 'abort').length, 0, 'a listener stayed');
    },
  },
  {
    name: 'write: a refusal is ERR_FORBIDDEN, and names the verb and the object',
    requires: ['client', 'forbidden'],
    async run(lab) {
      const client = asClient(await lab.harness.forbidden!());
      for (const [method, call] of callsFor(client, lab.configMap('one'))) {
        const error = await lab.rejection(call, 'ERR_FORBIDDEN');
        assert.equal(error.status?.code, 403);
        assert.equal(error.retryable, false);
        const verb = method === 'apply' ? 'patch' : method;
        const words = [verb, 'ConfigMap', lab.namespace, ...(method === 'create' ? [] : ['"one"'])];
        for (const word of words) {
          assert.ok(error.message.includes(word), `${word} must be in: ${error.message}`);
        }
      }
    },
  },
  {
    name: 'write: credentials that the server does not know are ERR_UNAUTHORIZED',
    requires: ['client', 'unauthorized'],
    async run(lab) {
      const client = asClient(await lab.harness.unauthorized!());
      for (const [, call] of callsFor(client, lab.configMap('one'))) {
        await lab.rejection(call, 'ERR_UNAUTHORIZED');
      }
    },
  },
  {
    name: 'write: after close() calls fail',
    requires: ['client', 'closable'],
    async run(lab) {
      const client = asClient(await lab.harness.closable!());
      await lab.within(client.get(lab.configMapId('a')), 'get');
      await lab.within(Promise.resolve(client.close!()), 'close()');
      for (const [, call] of callsFor(client, lab.configMap('a'))) {
        await lab.rejection(call, 'ERR_TRANSPORT', 'ERR_ABORTED');
      }
    },
  },
];

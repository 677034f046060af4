import assert from 'node:assert/strict';

import type { KubernetesObject } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { checkVersion } from '../lab/expectations.ts';
import { type ConfigMap } from '../lab/lab.ts';
import { bare } from './object-expectations.ts';
import { type Deployment, deployment, deploymentId, type Scale } from './workloads.ts';

/** What a client must do to create objects, and to replace them. */
export const writeCases: readonly CaseDefinition[] = [
  {
    name: 'create: stores the object, and answers with what is stored',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const given = lab.configMap('a', { data: { a: '1' }, labels: { b: 'c' } });
      const created = await lab.within(client.create(given), 'create');
      assert.deepEqual(bare(created), given);
      assert.ok(created.metadata?.uid, 'a created object has a uid');
      assert.ok(created.metadata.creationTimestamp, 'a created object has a creationTimestamp');
      checkVersion(created.metadata.resourceVersion);
      assert.deepEqual(await lab.stored('a'), created);
      assert.deepEqual(await lab.names(lab.configMaps()), ['a']);
    },
  },
  {
    name: 'create: an object that exists is ERR_ALREADY_EXISTS, and stays as it is',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const before = await lab.put('a', { data: { a: '1' } });
      const create = () => client.create(lab.configMap('a', { data: { a: '2' } }));
      const error = await lab.rejection(create, 'ERR_ALREADY_EXISTS');
      assert.equal(error.retryable, false);
      assert.equal(error.status?.code, 409);
      assert.ok(error.message.includes('"a"'), `the name must be in: ${error.message}`);
      const after = await lab.stored('a');
      assert.equal(after?.metadata?.resourceVersion, before.metadata?.resourceVersion);
    },
  },
  {
    name: 'create: generateName makes a name of its own for each object',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const { metadata: _, ...rest } = lab.configMap('');
      const metadata = { generateName: 'made-', namespace: lab.namespace };
      const create = () => lab.within(client.create<ConfigMap>({ ...rest, metadata }), 'create');
      const names = [await create(), await create()].map(({ metadata: made }) => made!.name!);
      for (const name of names) assert.match(name, /^made-[a-z0-9]+$/);
      assert.notEqual(names[0], names[1]);
      assert.deepEqual(await lab.names(lab.configMaps()), names.sort());
    },
  },
  {
    name: 'create: keys such as __proto__ arrive as they are',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const data = JSON.parse('{"__proto__":"1","constructor":"2"}') as { [key: string]: string };
      const created = await lab.within(client.create(lab.configMap('a', { data })), 'create');
      for (const object of [created, await lab.stored('a')]) {
        assert.deepEqual(
          new Map(Object.entries(object?.data ?? {})),
          new Map(Object.entries(data)),
        );
      }
    },
  },
  {
    name: 'create: an eviction and a token are made of the object that they are for',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const metadata = { name: 'a', namespace: lab.namespace };
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
      await lab.harness.put(account);
      const request = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: ['conformance'] },
      };
      const accountId = { version: 'v1', kind: 'ServiceAccount', ...metadata };
      const answer = await lab.within(
        client.create<KubernetesObject & { status?: { token?: string } }>(request, {
          subresource: 'token',
          of: accountId,
        }),
        'a token',
      );
      assert.ok(answer.status?.token, 'a TokenRequest is answered with a token');

      const spec = { serviceAccountName: 'a', containers: [{ name: 'a', image: 'a' }] };
      await lab.harness.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec } as KubernetesObject);
      const pod = { version: 'v1', kind: 'Pod', ...metadata };
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
      const evict = () => client.create(eviction, { subresource: 'eviction', of: pod });
      await lab.within(evict(), 'an eviction');
      assert.equal(await lab.within(client.get(pod), 'get'), undefined);
      await lab.rejection(evict, 'ERR_NOT_FOUND');
    },
  },
  {
    name: 'update: replaces the object, whatever its version is where none is given',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const before = await lab.put('a', { data: { a: '1', b: '1' }, labels: { c: 'd' } });
      await lab.put('a', { data: { a: '2', b: '1' } });
      const given = lab.configMap('a', { data: { a: '3' } });
      const updated = await lab.within(client.update(given), 'update');
      assert.deepEqual(bare(updated), given);
      assert.equal(updated.metadata?.uid, before.metadata?.uid);
      assert.deepEqual(await lab.stored('a'), updated);
    },
  },
  {
    name: 'update: an older resourceVersion is ERR_CONFLICT, and of two writers one wins',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      await lab.put('a', { data: { a: '1' } });
      const read = (await lab.stored('a'))!;
      const writers = ['2', '3'].map((a) => client.update({ ...read, data: { a } }));
      const outcomes = await lab.within(Promise.allSettled(writers), 'two updates');
      const won = outcomes.filter(({ status }) => status === 'fulfilled');
      assert.equal(won.length, 1, 'of two writers with the same version one wins');
      const after = await lab.stored('a');
      const again = () => client.update({ ...read, data: { a: '4' } });
      const error = await lab.rejection(again, 'ERR_CONFLICT');
      assert.equal(error.status?.code, 409);
      assert.ok(error.message.includes('"a"'), `the name must be in: ${error.message}`);
      assert.deepEqual(await lab.stored('a'), after);
    },
  },
  {
    name: 'update: an object that is not there is ERR_NOT_FOUND, one of another uid ERR_CONFLICT',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const absent = () => client.update(lab.configMap('a'));
      const error = await lab.rejection(absent, 'ERR_NOT_FOUND');
      assert.equal(error.retryable, false);
      assert.equal(error.status?.code, 404);
      const { metadata } = await lab.put('a');
      await lab.remove('a');
      const second = await lab.put('a', { data: { second: 'yes' } });
      const { metadata: given, ...rest } = lab.configMap('a');
      const first = { ...rest, metadata: { ...given, uid: metadata!.uid! } };
      await lab.rejection(() => client.update(first), 'ERR_CONFLICT');
      assert.deepEqual((await lab.stored('a'))?.data, second.data);
    },
  },
  {
    name: 'update: status and the rest are written apart, and generation counts the rest',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const write = (replicas: number, ready: number, subresource = '') => ({
        object: {
          ...deployment(lab, 'a', replicas),
          status: { replicas: 9, readyReplicas: ready },
        },
        options: subresource ? { subresource } : {},
      });
      const first = write(1, 5);
      const created = await lab.within(client.create<Deployment>(first.object), 'create');
      const shows = (object: Deployment) => [
        object.spec.replicas,
        object.status?.readyReplicas,
        object.metadata?.generation,
      ];
      assert.deepEqual(shows(created), [1, undefined, 1]);
      const { object: second, options } = write(2, 6, 'status');
      const updated = await lab.within(client.update<Deployment>(second, options), 'update');
      assert.deepEqual(shows(updated), [1, 6, 1]);
      const third = await lab.within(client.update<Deployment>(write(3, 7).object), 'update');
      assert.deepEqual(shows(third), [3, 6, 2]);
      const id = deploymentId(lab, 'a');
      const patch = { spec: { replicas: 4 }, status: { readyReplicas: 8 } };
      const fourth = await lab.within(client.patch<Deployment>(id, patch, options), 'patch');
      assert.deepEqual(shows(fourth), [3, 8, 2]);
    },
  },
  {
    name: 'update: a Scale is written to the object that it is of',
    requires: ['client'],
    async run(lab) {
      const client = await lab.client();
      const of = deploymentId(lab, 'a');
      await lab.within(client.create(deployment(lab, 'a', 1)), 'create');
      const subresource = 'scale';
      const scale = (await lab.within(client.get<Scale>(of, { subresource }), 'get'))!;
      assert.equal(scale.kind, 'Scale');
      const wanted = { ...scale, spec: { replicas: 2 } };
      const updated = await lab.within(client.update(wanted, { subresource, of }), 'update');
      assert.equal(updated.spec?.replicas, 2);
      const replicas = async () => (await client.get<Deployment>(of))?.spec.replicas;
      assert.equal(await lab.within(replicas(), 'get'), 2);
      await lab.rejection(() => client.update(wanted, { subresource, of }), 'ERR_CONFLICT');
      await lab.within(client.patch(of, { spec: { replicas: 3 } }, { subresource }), 'patch');
      assert.equal(await lab.within(replicas(), 'get'), 3);
    },
  },
];

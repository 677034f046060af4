import type { KubernetesObject } from '@depwatch/controller';
import { createFakeTransport } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect, servers, type TestServer } from '../../../test/real-servers/servers.ts';
import { createPolicyController, type Policy } from '../src/index.ts';
import { definitionOf } from './definitions.ts';

const namespace = 'default';
const policyId = { group: 'example.com', version: 'v1', kind: 'Policy', namespace, name: 'p' };
const gadgetId = (name: string) => ({ ...policyId, kind: 'Gadget', name });
const limitsId = { version: 'v1', kind: 'ConfigMap', namespace, name: 'limits' };

type Gadget = KubernetesObject & { spec: { size: string; color?: string } };
const gadget = (name: string, size: string, team = 'a'): Gadget => ({
  apiVersion: 'example.com/v1',
  kind: 'Gadget',
  metadata: { name, namespace, labels: { team } },
  spec: { size, color: 'blue' },
});
const limits = (size: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'limits', namespace },
  data: { size },
});
const policy: Policy = {
  apiVersion: 'example.com/v1',
  kind: 'Policy',
  metadata: { name: 'p', namespace },
  spec: {
    target: {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      selector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] },
    },
    mustHold: { spec: { size: '{{ config limits size }}' } },
  },
};

/** What a policy says of itself. */
const saysOf = (found: Policy | undefined) => [
  found?.status?.conditions?.[0]?.status,
  found?.status?.violations?.join(),
];

test('a policy in virtual time: kinds that come, templates, selectors, enforcement', async () => {
  const fake = createFakeTransport({
    objects: [definitionOf('Policy') as object, limits('1'), policy],
  });
  await using controller = createPolicyController({ transport: fake }, fake.clock);
  void controller.start();
  const says = async (ms = 100) => {
    await fake.clock.advance(ms);
    return saysOf(fake.stored<Policy>(policyId));
  };
  expect(await says(1000)).toEqual(['Unknown', '']);
  fake.put(definitionOf('Gadget') as object);
  expect(await says(5000)).toEqual(['True', '']);
  for (const [name, size, team] of [
    ['x', '1', 'a'],
    ['y', '2', 'b'],
    ['z', '3', 'other'],
  ] as const)
    fake.put(gadget(name, size, team));
  expect(await says()).toEqual(['False', 'y']);
  fake.put(limits('2'));
  expect(await says()).toEqual(['False', 'x']);
  fake.put({ ...policy, spec: { ...policy.spec, enforce: true } });
  expect(await says()).toEqual(['True', '']);
  expect(fake.stored<Gadget>(gadgetId('x'))?.spec).toEqual({ size: '2', color: 'blue' });
  expect(fake.stored<Gadget>(gadgetId('z'))?.spec.size).toBe('3');
  const writes = fake.requests.patch;
  await fake.clock.advance(3_600_000);
  expect(fake.requests.patch).toBe(writes);
});

describe.each(servers)('a policy on $name', { timeout: 120_000 }, ({ start }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('is about a kind that comes later, and follows what it reads', async () => {
    await using client = connect(server);
    await using controller = createPolicyController({ transport: client });
    await controller.start();
    const patience = { timeout: 30_000, interval: 20 };
    const expectSaid = (...said: string[]) =>
      vi.waitFor(
        async () => expect(saysOf(await client.get<Policy>(policyId))).toEqual(said),
        patience,
      );
    await client.create(limits('1'));
    await client.create(definitionOf('Policy') as object);
    await vi.waitFor(() => client.create(policy), patience);
    await expectSaid('Unknown', '');
    await client.create(definitionOf('Gadget') as object);
    await vi.waitFor(() => client.create(gadget('x', '1')), patience);
    await client.create(gadget('y', '2', 'b'));
    await client.create(gadget('z', '3', 'other'));
    await expectSaid('False', 'y');
    await client.patch(limitsId, { data: { size: '2' } });
    await expectSaid('False', 'x');
    await client.patch(policyId, { spec: { enforce: true } });
    await expectSaid('True', '');
    expect((await client.get<Gadget>(gadgetId('x')))?.spec).toEqual({ size: '2', color: 'blue' });
    expect((await client.get<Gadget>(gadgetId('z')))?.spec.size).toBe('3');
  });
});

import type { KubernetesObject } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { createDynamicWatcher } from '../../../src/index.ts';
import { isGranted, type RulesReview } from '../../../src/supply/unwatched/rights.ts';
import { configMapId } from '../../harness.ts';
import { numbered } from '../../server-bench.ts';

type Rules = NonNullable<NonNullable<RulesReview['status']>['resourceRules']>;

const app = configMapId('app');
const kinds = numbered('Kind', 50).map((kind) => ({ group: 'example.com', version: 'v1', kind }));
const resourceOf = ({ kind }: { kind: string }): string => `${kind.toLowerCase()}s`;
const all = { verbs: ['get', 'list', 'watch'], apiGroups: ['example.com'] };

/** A dynamic watcher that waits for 20 objects of each of 50 kinds, none of which may be read. */
async function start(
  review: (namespace: string) => Promise<RulesReview['status']>,
  namespaceOf: (index: number) => string = () => 'default',
) {
  const fake = createFakeTransport();
  const reviews: string[] = [];
  const grants = new Map<string, () => void>();
  for (const kind of kinds) {
    fake.registerKind(kind);
    grants.set(kind.kind, fake.deny({ resource: resourceOf(kind) }));
  }
  const create = async <T extends KubernetesObject>(object: T): Promise<T> => {
    const { namespace } = (object as unknown as { spec: { namespace: string } }).spec;
    reviews.push(namespace);
    return { ...object, status: await review(namespace) };
  };
  const transport = { ...fake, create };
  const watcher = createDynamicWatcher({
    transport,
    clock: fake.clock,
    enableCache: true,
    unavailable: 'wait',
    reconciler: () => {},
  });
  await watcher.start();
  const adds = numbered('w', 20).flatMap((name, index) =>
    kinds.map((kind) => watcher.addWatcher(app, { ...kind, namespace: namespaceOf(index), name })),
  );
  await fake.clock.advance(1000);
  await Promise.all(adds);
  const { watch } = fake.requests;
  return {
    fake,
    watcher,
    reviews,
    grants,
    tried: () => fake.requests.watch - watch,
    live: () => watcher.watchStatus().filter(({ state }) => state === 'live').length,
    [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose](),
  };
}

describe('a thousand dependencies on 50 resources that may not be read', () => {
  test('cost one question a namespace every few seconds, and no trial, where the server says what is granted', async () => {
    const rules: Rules[number][] = [];
    await using world = await start(async () => ({ resourceRules: rules }));
    const { fake, reviews, grants } = world;
    await fake.clock.advance(300_000);
    expect(world.tried()).toBe(0);
    expect(reviews.length).toBeLessThan(100);
    // One kind, of which all are tried, and a name, of which that one is.
    grants.get('Kind7')!();
    rules.push({ ...all, resources: ['kind7s'] });
    await fake.clock.advance(30_000);
    expect([world.tried(), world.live()]).toEqual([20, 20]);
    grants.get('Kind8')!();
    rules.push({ ...all, resources: ['kind8s'], resourceNames: ['w3'] });
    await fake.clock.advance(30_000);
    expect([world.tried(), world.live()]).toEqual([21, 21]);
    await world.watcher.removeWatcher(app);
    await fake.clock.advance(1);
    expect(fake.clock.pending).toBe(0);
  });

  test.each<[string, () => Promise<RulesReview['status']>]>([
    ['refuses to say', () => Promise.reject(new Error('no'))],
    ['can not say all', async () => ({ resourceRules: [], incomplete: true })],
    ['says nothing', async () => undefined],
  ])('cost a few trials where the server %s, and are there within 30 s', async (_how, review) => {
    await using world = await start(review);
    const { fake, grants } = world;
    await fake.clock.advance(300_000);
    expect(world.tried()).toBeLessThan(2000);
    grants.get('Kind7')!();
    await fake.clock.advance(30_000);
    expect(world.live()).toBe(20);
  });

  test('are tried again though the server said that they are granted, with the same back-off', async () => {
    await using world = await start(async () => ({
      resourceRules: [{ ...all, resources: ['*'] }],
    }));
    const { fake } = world;
    await fake.clock.advance(300_000);
    expect(world.tried()).toBeLessThan(3000);
    expect(world.live()).toBe(0);
  });

  test('have the namespaces take turns', async () => {
    const rules = new Map<string, Rules>();
    await using world = await start(
      async (namespace) => ({ resourceRules: rules.get(namespace) ?? [] }),
      (index) => `ns-${index % 20}`,
    );
    const { fake, grants, reviews } = world;
    grants.get('Kind7')!();
    rules.set('ns-19', [{ ...all, resources: ['kind7s'] }]);
    await fake.clock.advance(60_000);
    expect(new Set(reviews).size).toBe(20);
    expect([world.tried(), world.live()]).toEqual([1, 1]);
  });

  test('are asked about no longer after a stop', async () => {
    await using world = await start(async () => ({ resourceRules: [] }));
    const { fake, watcher, reviews } = world;
    await watcher.stop();
    const { length } = reviews;
    await fake.clock.advance(60_000);
    expect([reviews.length, fake.clock.pending]).toEqual([length, 0]);
  });
});

describe('rules', () => {
  const gvr = { group: 'apps', version: 'v1', resource: 'deployments', namespaced: true };
  const rule = { verbs: ['watch'], apiGroups: ['apps'], resources: ['deployments'] };

  test.each<[string, Partial<Rules[number]>, string | undefined, boolean]>([
    ['of the resource', {}, 'a', true],
    ['of the resource, for all', {}, undefined, true],
    ['of everything', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, undefined, true],
    ['to list alone', { verbs: ['list'] }, undefined, true],
    ['to get alone', { verbs: ['get'] }, 'a', false],
    ['of another group', { apiGroups: [''] }, 'a', false],
    ['of no group', { apiGroups: [] }, 'a', false],
    ['of a subresource', { resources: ['deployments/status'] }, 'a', false],
    ['of its name', { resourceNames: ['a'] }, 'a', true],
    ['of another name', { resourceNames: ['b'] }, 'a', false],
    ['of a name, for all', { resourceNames: ['a'] }, undefined, false],
  ])('%s', (_what, changes, name, granted) => {
    const resourceRules = [{ ...rule, ...changes }];
    expect(isGranted({ status: { resourceRules } }, gvr, name)).toBe(granted);
  });
});

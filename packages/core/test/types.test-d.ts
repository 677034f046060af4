import { expectTypeOf, test } from 'vitest';
import type { Cached, KubernetesObject, ObjectClient } from '../src/index.ts';

/** As the typed classes of a client have it: Dates, and no index signature. */
interface Typed {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; creationTimestamp?: Date; labels?: { [key: string]: string } };
  data?: { [key: string]: string };
  list?: { at: Date }[];
}

test('typed objects are Kubernetes objects', () => {
  expectTypeOf<Typed>().toExtend<KubernetesObject>();
});

test('cached objects are deeply readonly, and their dates are strings', () => {
  type C = Cached<Typed>;
  expectTypeOf<NonNullable<C['metadata']>['creationTimestamp']>().toEqualTypeOf<
    string | undefined
  >();
  expectTypeOf<C['list']>().toEqualTypeOf<readonly { readonly at: string }[] | undefined>();
  // @ts-expect-error a cached object is not to be changed
  const write = (cached: C): void => void (cached.data = {});
  // @ts-expect-error nor what is in it
  const writeDeep = (cached: C): void => void (cached.data!.key = 'value');
  expectTypeOf(write).toBeFunction();
  expectTypeOf(writeDeep).toBeFunction();
});

test('what a client gives back has all that a server adds', () => {
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: '1' } };
  const use = async (client: ObjectClient) => {
    const created = await client.create(made);
    expectTypeOf(created.metadata.uid).toEqualTypeOf<string | undefined>();
    expectTypeOf(created.data.a).toBeString();
    expectTypeOf(created).toExtend<typeof made>();
    const found = await client.get<typeof made>({ version: 'v1', kind: 'ConfigMap', name: 'a' });
    expectTypeOf(found!.metadata.resourceVersion).toEqualTypeOf<string | undefined>();
    expectTypeOf(await client.create<Typed>({})).toExtend<Typed>();
  };
  expectTypeOf(use).toBeFunction();
});

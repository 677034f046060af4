import {
  type DepwatchError,
  type KubernetesObject,
  type ListPage,
  type ObjectClient,
  type ResourceQuery,
  type Transport,
  type WatchEvent,
} from '@depwatch/core';

import type { FakeTransport } from '../../src/index.ts';

export type Burst = readonly WatchEvent[];
type WatchOptions = Parameters<Transport['watch']>[1];
type ListOptions = Parameters<Transport['list']>[1];

/** A transport that is wrong in one way, and the cases that must notice. */
export interface BrokenTransport {
  readonly defect: string;
  readonly noticedBy: readonly string[];
  wrap(fake: FakeTransport): Transport & ObjectClient;
}

/** The fake, with some of its methods replaced. */
export function replace(
  fake: FakeTransport,
  methods: Partial<Transport & ObjectClient>,
): Transport & ObjectClient {
  return {
    get: (id, options) => fake.get(id, options),
    create: (object, options) => fake.create(object, options),
    update: (object, options) => fake.update(object, options),
    patch: (id, patch, options) => fake.patch(id, patch, options),
    apply: (object, options) => fake.apply(object, options),
    delete: (id, options) => fake.delete(id, options),
    discover: (gvk, options) => fake.discover(gvk, options),
    list: (query, options) => fake.list(query, options),
    watch: (query, options) => fake.watch(query, options),
    close: () => fake.close!(),
    ...methods,
  };
}

/** Changes what a list gives. */
export const inLists =
  (change: (page: ListPage, query: ResourceQuery, options: ListOptions) => ListPage) =>
  (fake: FakeTransport): Transport & ObjectClient =>
    replace(fake, {
      list: async (query, options) => change(await fake.list(query, options), query, options),
    });

/** Changes what a query means, for lists and watches. */
export const inQueries =
  (change: (query: ResourceQuery) => ResourceQuery) =>
  (fake: FakeTransport): Transport & ObjectClient =>
    replace(fake, {
      list: (query, options) => fake.list(change(query), options),
      watch: (query, options) => fake.watch(change(query), options),
    });

/** Changes the iterator of a watch. */
export const inIterators =
  (
    change: (
      iterator: AsyncIterator<Burst>,
      query: ResourceQuery,
      options: WatchOptions,
    ) => Partial<AsyncIterator<Burst>>,
  ) =>
  (fake: FakeTransport): Transport & ObjectClient =>
    replace(fake, {
      watch: (query, options) => ({
        [Symbol.asyncIterator]() {
          const iterator = fake.watch(query, options)[Symbol.asyncIterator]();
          return {
            next: () => iterator.next(),
            return: () => iterator.return!(),
            ...change(iterator, query, options),
          };
        },
      }),
    });

/** Changes the bursts of a watch. */
export const inBursts = (
  change: (burst: Burst, query: ResourceQuery, options: WatchOptions) => Burst,
): ((fake: FakeTransport) => Transport & ObjectClient) =>
  inIterators((iterator, query, options) => ({
    async next() {
      const answer = await iterator.next();
      if (answer.done) return answer;
      return { done: false, value: change(answer.value, query, options) };
    },
  }));

/** Changes what each event is. */
export const inEvents = (change: (event: WatchEvent, query: ResourceQuery) => WatchEvent) =>
  inBursts((burst, query) => burst.map((event) => change(event, query)));

/** Changes each object, wherever it is handed out. */
export const inObjects =
  (
    change: (
      object: KubernetesObject,
      query: ResourceQuery,
      fake: FakeTransport,
    ) => KubernetesObject,
  ) =>
  (fake: FakeTransport): Transport & ObjectClient => {
    const { list } = inLists((page, query) => ({
      ...page,
      items: page.items.map((item) => change(item, query, fake)),
    }))(fake);
    const { watch } = inEvents((event, query) =>
      event.type === 'BOOKMARK' ? event : { ...event, object: change(event.object, query, fake) },
    )(fake);
    return replace(fake, { list, watch });
  };

/** Changes the errors of lists and watches. */
export const inErrors =
  (change: (error: DepwatchError) => unknown) =>
  (fake: FakeTransport): Transport & ObjectClient => {
    const rethrow = (error: unknown): never => {
      throw change(error as DepwatchError);
    };
    const { watch } = inIterators((iterator) => ({ next: () => iterator.next().catch(rethrow) }))(
      fake,
    );
    return replace(fake, {
      watch,
      list: (query, options) => fake.list(query, options).catch(rethrow),
    });
  };

export const never = new Promise<never>(() => {});
export const without = <T extends object>(object: T, ...keys: readonly string[]): T =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))) as T;
export const withoutSignal = <T extends { signal?: AbortSignal }>(options: T): T =>
  without(options, 'signal');

export function withMetadata(object: KubernetesObject, change: object): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, ...change } };
}

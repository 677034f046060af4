import {
  abortedError,
  DepwatchError,
  type KubernetesObject,
  type ListPage,
  type ResourceQuery,
  type Transport,
  type WatchEvent,
} from '@depwatch/core';

import { createFakeTransport, type FakeTransport } from '../src/index.ts';

type Burst = readonly WatchEvent[];
type WatchOptions = Parameters<Transport['watch']>[1];
type ListOptions = Parameters<Transport['list']>[1];

/** A transport that is wrong in one way, and the cases that must notice. */
export interface BrokenTransport {
  readonly defect: string;
  readonly noticedBy: readonly string[];
  wrap(fake: FakeTransport): Transport;
}

/** The fake, with some of its methods replaced. */
function replace(fake: FakeTransport, methods: Partial<Transport>): Transport {
  return {
    discover: (gvk, options) => fake.discover(gvk, options),
    list: (query, options) => fake.list(query, options),
    watch: (query, options) => fake.watch(query, options),
    close: () => fake.close!(),
    ...methods,
  };
}

/** Changes what a list gives. */
const inLists =
  (change: (page: ListPage, query: ResourceQuery, options: ListOptions) => ListPage) =>
  (fake: FakeTransport): Transport =>
    replace(fake, {
      list: async (query, options) => change(await fake.list(query, options), query, options),
    });

/** Changes what a query means, for lists and watches. */
const inQueries =
  (change: (query: ResourceQuery) => ResourceQuery) =>
  (fake: FakeTransport): Transport =>
    replace(fake, {
      list: (query, options) => fake.list(change(query), options),
      watch: (query, options) => fake.watch(change(query), options),
    });

/** Changes the iterator of a watch. */
const inIterators =
  (
    change: (
      iterator: AsyncIterator<Burst>,
      query: ResourceQuery,
      options: WatchOptions,
    ) => Partial<AsyncIterator<Burst>>,
  ) =>
  (fake: FakeTransport): Transport =>
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
const inBursts = (
  change: (burst: Burst, query: ResourceQuery, options: WatchOptions) => Burst,
): ((fake: FakeTransport) => Transport) =>
  inIterators((iterator, query, options) => ({
    async next() {
      const answer = await iterator.next();
      if (answer.done) return answer;
      return { done: false, value: change(answer.value, query, options) };
    },
  }));

/** Changes what each event is. */
const inEvents = (change: (event: WatchEvent, query: ResourceQuery) => WatchEvent) =>
  inBursts((burst, query) => burst.map((event) => change(event, query)));

/** Changes each object, wherever it is handed out. */
const inObjects =
  (
    change: (
      object: KubernetesObject,
      query: ResourceQuery,
      fake: FakeTransport,
    ) => KubernetesObject,
  ) =>
  (fake: FakeTransport): Transport => {
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
const inErrors =
  (change: (error: DepwatchError) => unknown) =>
  (fake: FakeTransport): Transport => {
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

const never = new Promise<never>(() => {});
const without = <T extends object>(object: T, ...keys: readonly string[]): T =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))) as T;
const withoutSignal = <T extends { signal?: AbortSignal }>(options: T): T =>
  without(options, 'signal');

function withMetadata(object: KubernetesObject, change: object): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, ...change } };
}

export const brokenTransports: readonly BrokenTransport[] = [
  {
    defect: 'discovery without verbs',
    noticedBy: ['discover: a kind of the core group, with its plural, scope and verbs'],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && { ...resource, verbs: [] };
        },
      }),
  },
  {
    defect: 'discovery that says whatever else the server said',
    noticedBy: ['discover: a kind of a named group, and not one of its subresources'],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && Object.assign(resource, { shortNames: ['x'] });
        },
      }),
  },
  {
    defect: 'everything is namespaced',
    noticedBy: ['discover: a cluster-scoped kind'],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && { ...resource, namespaced: true };
        },
      }),
  },
  {
    defect: 'an empty group is no group',
    noticedBy: ['discover: an empty group is the core group'],
    wrap: (fake) =>
      replace(fake, {
        discover: async (gvk, options) =>
          gvk.group === '' ? undefined : fake.discover(gvk, options),
      }),
  },
  {
    defect: 'an unknown kind is an error',
    noticedBy: [
      'discover: an unknown group or version is undefined',
      'discover: an unknown kind is undefined, and upper and lower case differ',
    ],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          if (!resource) throw new DepwatchError('ERR_NO_VERSIONED_RESOURCE', 'no such kind');
          return resource;
        },
      }),
  },
  {
    defect: 'a subresource is taken for a kind',
    noticedBy: ['discover: the kind of a subresource is no kind'],
    wrap: (fake) =>
      replace(fake, {
        discover: async (gvk, options) =>
          gvk.kind === 'Scale'
            ? {
                group: 'apps',
                version: 'v1',
                resource: 'deployments/scale',
                namespaced: true,
                verbs: [],
              }
            : fake.discover(gvk, options),
      }),
  },
  {
    defect: 'a group that ends the path',
    noticedBy: ['discover: a group or version that would leave its place in a URL finds nothing'],
    wrap: (fake) =>
      replace(fake, {
        discover: ({ group, version, kind }, options) =>
          fake.discover(
            { ...(group && { group }), version: version.replace(/[?#].*/, ''), kind },
            options,
          ),
      }),
  },
  {
    defect: 'discovery remembers what is handed out, and that there was nothing',
    noticedBy: ['discover: what is handed out is the caller’s own'],
    wrap(fake) {
      const known = new Map<string, ReturnType<Transport['discover']>>();
      return replace(fake, {
        discover(gvk, options) {
          const key = JSON.stringify(gvk);
          if (!known.has(key)) known.set(key, fake.discover(gvk, options));
          return known.get(key)!;
        },
      });
    },
  },
  {
    defect: 'discovery remembers that there was nothing',
    noticedBy: ['access: a kind is found once it is served'],
    wrap(fake) {
      const unknown = new Set<string>();
      return replace(fake, {
        async discover(gvk, options) {
          const key = JSON.stringify(gvk);
          const resource = unknown.has(key) ? undefined : await fake.discover(gvk, options);
          if (!resource) unknown.add(key);
          return resource;
        },
      });
    },
  },
  {
    defect: 'a kind that cannot be watched is said to be one that can',
    noticedBy: [
      'discover: a kind that cannot be watched says so by its verbs, and a watch of it fails',
    ],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && { ...resource, verbs: ['get', 'list', 'watch'] };
        },
      }),
  },
  {
    defect: 'the last object of each page is missing',
    noticedBy: ['list: in pages, each object once, all at one version'],
    wrap: inLists((page, _query, { limit }) => ({
      ...page,
      items: limit ? page.items.slice(0, limit - 1) : page.items,
    })),
  },
  {
    defect: 'pages of the newest state',
    noticedBy: [
      'list: what is written between pages is not in the list, but in a watch from its version',
    ],
    wrap: (fake) =>
      replace(fake, {
        async list(query, { limit, continue: start = '0', ...options }) {
          if (!limit) return fake.list(query, options);
          const page = await fake.list(query, options);
          const end = Number(start) + limit;
          return {
            ...page,
            items: page.items.slice(Number(start), end),
            ...(end < page.items.length && { continue: String(end) }),
          };
        },
      }),
  },
  {
    defect: 'an expired token starts the list again',
    noticedBy: ['list: a token of a list whose version is gone is ERR_EXPIRED'],
    wrap: (fake) =>
      replace(fake, {
        list: (query, { continue: next, ...options }) =>
          fake
            .list(query, { ...options, ...(next && { continue: next }) })
            .catch(() => fake.list(query, options)),
      }),
  },
  {
    defect: 'pages of a selection stop at an empty one',
    noticedBy: ['list: pages of a selection have each selected object once'],
    wrap: inLists((page, { selector }) => (selector ? without(page, 'continue') : page)),
  },
  {
    defect: 'one page, whatever was asked for',
    noticedBy: ['list: 300 objects at once, and one of half a megabyte, unharmed'],
    wrap: inLists((page) => ({ ...page, items: page.items.slice(0, 200) })),
  },
  {
    defect: 'lists that are a while old',
    noticedBy: ['list: follows the writes'],
    wrap(fake) {
      const pages = new Map<string, Promise<ListPage>>();
      return replace(fake, {
        list(query, options) {
          const key = JSON.stringify([query, withoutSignal(options)]);
          if (!pages.has(key)) pages.set(key, fake.list(query, options));
          return pages.get(key)!;
        },
      });
    },
  },
  {
    defect: 'a version asked for is ignored',
    noticedBy: ['list: at a version that is yet to come, ERR_EXPIRED'],
    wrap: (fake) =>
      replace(fake, {
        list: (query, options) => fake.list(query, without(options, 'resourceVersion')),
        watch: (query, { resourceVersion, ...options }) =>
          fake.watch(query, {
            ...options,
            ...(!options.initialEvents && resourceVersion && { resourceVersion }),
          }),
      }),
  },
  {
    defect: 'a version asked for is the exact one',
    noticedBy: ['list: at a version, a state at least that new'],
    wrap: inLists((page, _query, { resourceVersion }) =>
      resourceVersion ? { ...page, items: [] } : page,
    ),
  },
  {
    defect: 'versions are numbers',
    noticedBy: ['list: an empty namespace, also one that does not exist, is an empty list'],
    wrap: inLists((page) => ({ ...page, resourceVersion: Number(page.resourceVersion) as never })),
  },
  {
    defect: 'selectors are ignored',
    noticedBy: ['list: selectors choose as Kubernetes does'],
    wrap: inQueries((query) => without(query, 'selector')),
  },
  {
    defect: 'a bad selector selects nothing, silently',
    noticedBy: ['list: text that is no selector is refused, and never means something else'],
    wrap: (fake) =>
      replace(fake, {
        list: (query, options) =>
          fake.list(query, options).catch((error: DepwatchError) => {
            if (error.code !== 'ERR_INVALID_INPUT') throw error;
            return { items: [], resourceVersion: fake.resourceVersion };
          }),
      }),
  },
  {
    defect: 'what follows an ampersand is another parameter',
    noticedBy: ['watch: text that is no selector is refused, and never means something else'],
    wrap: inQueries((query) => ({
      ...query,
      ...(query.selector && { selector: query.selector.replace(/[&#].*/, '') }),
    })),
  },
  {
    defect: 'names are ignored',
    noticedBy: [
      'list: by a name that is not there, an empty list with a version',
      'watch: by name, that name alone',
      'watch: by a name that is not there, until it is',
    ],
    wrap: inQueries((query) => without(query, 'name')),
  },
  {
    defect: 'a name beside a selector is ignored',
    noticedBy: ['list: name and selector must both hold'],
    wrap: inQueries((query) => (query.selector ? without(query, 'name') : query)),
  },
  {
    defect: 'names are put into the field selector as they are',
    noticedBy: ['watch: a name means that name, whatever is in it'],
    wrap: inQueries((query) => ({
      ...query,
      ...(query.name && { name: decodeURIComponent(query.name.replace(/[,&#\\].*/, '')) }),
    })),
  },
  {
    defect: 'names are put into the field selector as they are, in lists',
    noticedBy: ['list: a name means that name, whatever is in it'],
    wrap: (fake) =>
      replace(fake, {
        list: (query, options) =>
          fake.list(
            { ...query, ...(query.name && { name: query.name.replace(/[,&#\\].*/, '') }) },
            options,
          ),
      }),
  },
  {
    defect: 'namespaces are ignored',
    noticedBy: [
      'list: everything in a namespace, and nothing else',
      'watch: its own namespace, or all where none is named',
    ],
    wrap: inQueries((query) => without(query, 'namespace')),
  },
  {
    defect: 'all namespaces are the default one',
    noticedBy: ['list: all namespaces, where none is named'],
    wrap: inQueries((query) => ({ ...query, namespace: query.namespace || 'default' })),
  },
  {
    defect: 'a cluster-scoped object is looked for in a namespace',
    noticedBy: [
      'list: cluster-scoped objects, by name and by selector, whatever namespace is given',
    ],
    wrap: inQueries((query) => ({
      ...query,
      ...(query.namespace && { gvr: { ...query.gvr, namespaced: true } }),
    })),
  },
  {
    defect: 'cluster-scoped objects are not watched',
    noticedBy: ['watch: cluster-scoped objects, whatever namespace is given'],
    wrap: inBursts((burst, { gvr }) =>
      gvr.namespaced ? burst : burst.filter(({ type }) => type === 'BOOKMARK'),
    ),
  },
  {
    defect: 'apiVersion and kind are left out, as the server does in lists',
    noticedBy: ['list: by name, the object as it is stored'],
    wrap: inLists((page) => ({
      ...page,
      items: page.items.map((item) => without(item, 'apiVersion', 'kind')),
    })),
  },
  {
    defect: 'metadata comes as a PartialObjectMetadata',
    noticedBy: ['list: metadata alone, under the kind of the query'],
    wrap: inObjects((object, { metadataOnly }) =>
      metadataOnly
        ? { ...object, apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata' }
        : object,
    ),
  },
  {
    defect: 'metadataOnly is ignored',
    noticedBy: ['initial events: metadata alone'],
    wrap: inQueries((query) => without(query, 'metadataOnly')),
  },
  {
    defect: 'managedFields are handed out',
    noticedBy: ['watch: drops managedFields and the last-applied annotation, and keeps the others'],
    wrap: inObjects((object) => withMetadata(object, { managedFields: [] })),
  },
  {
    defect: 'the last-applied annotation is handed out',
    noticedBy: ['list: drops managedFields and the last-applied annotation, and keeps the others'],
    wrap: inObjects((object, _query, fake) => {
      const annotations = fake.get(object)?.metadata?.annotations;
      return annotations ? withMetadata(object, { annotations }) : object;
    }),
  },
  {
    defect: 'all annotations are dropped',
    noticedBy: ['watch: drops managedFields and the last-applied annotation, and keeps the others'],
    wrap: inObjects((object) => ({
      ...object,
      metadata: without(object.metadata!, 'annotations'),
    })),
  },
  {
    defect: 'characters are split where bytes are',
    noticedBy: ['watch: an event of half a megabyte, unharmed'],
    wrap: inObjects(
      (object) =>
        JSON.parse(JSON.stringify(object).replaceAll('😀', '\u{FFFD}\u{FFFD}')) as KubernetesObject,
    ),
  },
  {
    defect: 'objects are shared between lists',
    noticedBy: ['list: what is handed out is the caller’s own'],
    wrap(fake) {
      const known = new Map<string, KubernetesObject>();
      return inObjects((object) => {
        const key = `${object.metadata?.uid}/${object.metadata?.resourceVersion}`;
        if (!known.has(key)) known.set(key, object);
        return known.get(key)!;
      })(fake);
    },
  },
  {
    defect: 'the query is changed',
    noticedBy: ['list: leaves the query as it was'],
    wrap: (fake) =>
      replace(fake, {
        list(query, options) {
          if (query.selector) query.selector = query.selector.split(',').sort().join(',');
          return fake.list(query, options);
        },
      }),
  },
  {
    defect: 'an unknown resource is an empty one',
    noticedBy: ['list: a resource that the server does not have is ERR_NO_VERSIONED_RESOURCE'],
    wrap: (fake) =>
      replace(fake, {
        list: (query, options) =>
          fake.list(query, options).catch((error: DepwatchError) => {
            if (error.code !== 'ERR_NO_VERSIONED_RESOURCE') throw error;
            return { items: [], resourceVersion: fake.resourceVersion };
          }),
      }),
  },
  {
    defect: 'a watch tries an unknown resource again, for ever',
    noticedBy: ['watch: a resource that the server does not have is ERR_NO_VERSIONED_RESOURCE'],
    wrap: inIterators((iterator) => ({
      next: () =>
        iterator.next().catch((error: DepwatchError) => {
          if (error.code === 'ERR_NO_VERSIONED_RESOURCE') return never;
          throw error;
        }),
    })),
  },
  {
    defect: 'the last event of a burst is lost',
    noticedBy: ['watch: tells of each write, in order, with the state it led to'],
    wrap: inBursts((burst) => burst.slice(0, -1)),
  },
  {
    defect: 'bursts are turned around',
    noticedBy: ['watch: from the version of a list it misses nothing and repeats nothing'],
    wrap: inBursts((burst) => [...burst].reverse()),
  },
  {
    defect: 'the first burst waits for an event',
    noticedBy: ['watch: the first burst comes at once, and is empty where nothing has happened'],
    wrap: inIterators((iterator) => ({
      async next() {
        let answer = await iterator.next();
        while (!answer.done && answer.value.length === 0) answer = await iterator.next();
        return answer;
      },
    })),
  },
  {
    defect: 'a watch starts with the newest state, whatever version it was given',
    noticedBy: ['watch: from the version of a list it misses nothing and repeats nothing'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, { resourceVersion, ...options }) =>
          fake.watch(query, {
            ...options,
            ...(resourceVersion && { resourceVersion: fake.resourceVersion }),
          }),
      }),
  },
  {
    defect: 'a watch without a version tells only what is new',
    noticedBy: ['watch: without a version it begins with the current state'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, options) =>
          fake.watch(query, {
            ...(!options.initialEvents && { resourceVersion: fake.resourceVersion }),
            ...options,
          }),
      }),
  },
  {
    defect: 'ADDED and MODIFIED are the same',
    noticedBy: [
      'watch: an object that comes to match is ADDED, one that no longer matches DELETED',
    ],
    wrap: inEvents((event) => (event.type === 'ADDED' ? { ...event, type: 'MODIFIED' } : event)),
  },
  {
    defect: 'a delete has the version of the last write',
    noticedBy: ['watch: tells of each write, in order, with the state it led to'],
    wrap: inEvents((event) =>
      event.type === 'DELETED'
        ? { ...event, object: withMetadata(event.object, { resourceVersion: '1' }) }
        : event,
    ),
  },
  {
    defect: 'a delete is metadata alone',
    noticedBy: ['watch: tells of each write, in order, with the state it led to'],
    wrap: inEvents((event) =>
      event.type === 'DELETED' ? { ...event, object: without(event.object, 'data') } : event,
    ),
  },
  {
    defect: 'a deletion that finalizers delay is a delete',
    noticedBy: [
      'watch: an object with finalizers is modified first, and deleted with the last of them',
    ],
    wrap: inEvents((event) =>
      event.type === 'MODIFIED' && event.object.metadata?.deletionTimestamp
        ? { ...event, type: 'DELETED' }
        : event,
    ),
  },
  {
    defect: 'objects are told apart by name alone',
    noticedBy: ['watch: an object deleted and made again has another uid'],
    wrap: inObjects((object) => withMetadata(object, { uid: object.metadata?.name })),
  },
  {
    defect: 'each event comes twice',
    noticedBy: ['watch: tells of each write, in order, with the state it led to'],
    wrap: inBursts((burst) => burst.flatMap((event) => [event, event])),
  },
  {
    defect: 'a watch from a version repeats the state that the list showed',
    noticedBy: ['watch: a write that changes nothing is no event'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, options) => fake.watch(query, without(options, 'resourceVersion')),
      }),
  },
  {
    defect: 'metadata watches tell of no label changes',
    noticedBy: ['watch: metadata alone, under the kind of the query'],
    wrap: inBursts((burst, { metadataOnly }) =>
      metadataOnly ? burst.filter(({ type }) => type !== 'MODIFIED') : burst,
    ),
  },
  {
    defect: 'equal watches share one stream',
    noticedBy: ['watch: two of the same query are independent'],
    wrap(fake) {
      const shared = new Map<string, AsyncIterable<Burst>>();
      return replace(fake, {
        watch(query, options) {
          const key = JSON.stringify(query);
          if (!shared.has(key)) shared.set(key, fake.watch(query, options));
          return shared.get(key)!;
        },
      });
    },
  },
  {
    defect: 'the buffer of a slow reader overflows in silence',
    noticedBy: ['watch: a slow reader loses nothing'],
    wrap: inBursts((burst) => burst.slice(-100)),
  },
  {
    defect: 'a version that is gone is any failure',
    noticedBy: ['watch: a version that is gone is ERR_EXPIRED, which a retry can heal'],
    wrap: inErrors((error) =>
      error.code === 'ERR_EXPIRED' ? new DepwatchError('ERR_TRANSPORT', error.message) : error,
    ),
  },
  {
    defect: 'the end of the initial events is not told',
    noticedBy: ['initial events: of nothing, the bookmark alone'],
    wrap: inBursts((burst) =>
      burst.filter((event) => event.type !== 'BOOKMARK' || !event.initialEventsEnd),
    ),
  },
  {
    defect: 'the end of the initial events is any bookmark',
    noticedBy: [
      'initial events: an ADDED for each object, the bookmark that ends them, then what happens',
    ],
    wrap: inEvents((event) =>
      event.type === 'BOOKMARK' ? without(event, 'initialEventsEnd') : event,
    ),
  },
  {
    defect: 'the end of the initial events is told first',
    noticedBy: ['initial events: by name and by selector, what is selected'],
    wrap: inBursts((burst) => [
      ...burst.filter(({ type }) => type === 'BOOKMARK'),
      ...burst.filter(({ type }) => type !== 'BOOKMARK'),
    ]),
  },
  {
    defect: 'the version of the end is one too high',
    noticedBy: ['initial events: a watch from the bookmark’s version goes on exactly there'],
    wrap: inEvents((event) =>
      event.type === 'BOOKMARK'
        ? { ...event, resourceVersion: String(Number(event.resourceVersion) + 1) }
        : event,
    ),
  },
  {
    defect: 'initial events are those of a while ago',
    noticedBy: ['initial events: show every write that was answered before'],
    wrap: inEvents((event) =>
      event.type === 'BOOKMARK' ? { ...event, resourceVersion: '2' } : event,
    ),
  },
  {
    defect: 'initial events stop at 200',
    noticedBy: ['initial events: of 300 objects, each once'],
    wrap: inBursts((burst) =>
      burst.length > 200 ? [...burst.slice(0, 200), ...burst.slice(-1)] : burst,
    ),
  },
  {
    defect: 'initial events of what is in a namespace only',
    noticedBy: ['initial events: of cluster-scoped objects'],
    wrap: inBursts((burst, { gvr }, { initialEvents }) =>
      gvr.namespaced || !initialEvents ? burst : burst.filter(({ type }) => type === 'BOOKMARK'),
    ),
  },
  {
    defect: 'timeoutMs is ignored',
    noticedBy: ['end: timeoutMs ends a watch cleanly, after what happened before'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, options) => fake.watch(query, without(options, 'timeoutMs')),
      }),
  },
  {
    defect: 'next() hangs after return()',
    noticedBy: ['end: return() before the first next() ends the watch, too'],
    wrap: inIterators((iterator) => {
      let returned = false;
      return {
        next: () => (returned ? never : iterator.next()),
        return() {
          returned = true;
          return iterator.return!();
        },
      };
    }),
  },
  {
    defect: 'return() waits for the pending next(), as a generator’s does',
    noticedBy: ['end: return() ends a pending next(), and the watch stays ended'],
    wrap: (fake) =>
      replace(fake, {
        async *watch(query, options) {
          yield* fake.watch(query, options);
        },
      }),
  },
  {
    defect: 'return() is forgotten while the request is on its way',
    noticedBy: ['end: return() ends a next() that waits for the server’s answer'],
    wrap: inIterators((iterator) => {
      let pending: Promise<unknown> | undefined;
      let answered = false;
      return {
        next() {
          const next = iterator.next();
          pending ??= next.finally(() => (answered = true)).catch(() => {});
          return next;
        },
        return: () => (pending && !answered ? never : iterator.return!()),
      };
    }),
  },
  {
    defect: 'there is no return()',
    noticedBy: ['end: a for-await loop can be left'],
    wrap: inIterators(() => ({ return: () => never })),
  },
  {
    defect: 'signals are ignored',
    noticedBy: ['end: a signal ends a list and a discovery under way with ERR_ABORTED'],
    wrap: (fake) =>
      replace(fake, {
        discover: (gvk) => fake.discover(gvk, {}),
        list: (query, options) => fake.list(query, withoutSignal(options)),
        watch: (query, options) => fake.watch(query, withoutSignal(options)),
      }),
  },
  {
    defect: 'an abort is a clean end',
    noticedBy: ['end: a signal ends a pending next() with ERR_ABORTED, and the watch stays ended'],
    wrap: inIterators((iterator, _query, { signal }) => ({
      next: () =>
        iterator.next().catch((error: unknown) => {
          if (signal?.aborted) return { done: true as const, value: undefined };
          throw error;
        }),
    })),
  },
  {
    defect: 'an abort throws the DOMException of the signal',
    noticedBy: ['end: a signal aborted before the call ends it with ERR_ABORTED'],
    wrap: inErrors((error) => (error.code === 'ERR_ABORTED' ? (error.cause ?? error) : error)),
  },
  {
    defect: 'the reason of an abort is hidden',
    noticedBy: ['end: a signal’s reason that is a DepwatchError is what is thrown'],
    wrap: inErrors((error) => (error.code === 'ERR_NOT_STARTED' ? abortedError() : error)),
  },
  {
    defect: 'an abort between two next() goes unnoticed',
    noticedBy: ['end: an abort between two next() is told by the second'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, { signal, ...options }) => ({
          [Symbol.asyncIterator]() {
            const iterator = fake.watch(query, options)[Symbol.asyncIterator]();
            let started = false;
            return {
              next() {
                if (signal?.aborted && !started) return Promise.reject(abortedError(signal));
                started = true;
                return iterator.next();
              },
              return: () => iterator.return!(),
            };
          },
        }),
      }),
  },
  {
    defect: 'one abort ends everything',
    noticedBy: ['end: a signal ends its own call and no other'],
    wrap: (fake) =>
      replace(fake, {
        watch(query, options) {
          options.signal?.addEventListener('abort', () => fake.breakWatches(), { once: true });
          return fake.watch(query, options);
        },
      }),
  },
  {
    defect: 'listeners stay on the signal',
    noticedBy: ['end: an abort after the end does nothing, and no listener stays on the signal'],
    wrap: (fake) =>
      replace(fake, {
        list(query, options) {
          options.signal?.addEventListener('abort', () => {});
          return fake.list(query, options);
        },
      }),
  },
  {
    defect: 'a clean end is an error',
    noticedBy: ['end: after a clean end, a watch goes on from the last version'],
    wrap: inIterators((iterator) => ({
      async next() {
        const answer = await iterator.next();
        if (answer.done) throw new DepwatchError('ERR_TRANSPORT', 'the watch ended');
        return answer;
      },
    })),
  },
  {
    defect: 'a dropped connection is a clean end',
    noticedBy: ['end: a dropped connection is ERR_TRANSPORT, retryable, without a status'],
    wrap: inIterators((iterator) => ({
      next: () =>
        iterator.next().catch((error: DepwatchError) => {
          if (error.code === 'ERR_TRANSPORT') return { done: true as const, value: undefined };
          throw error;
        }),
    })),
  },
  {
    defect: 'a closed transport opens again',
    noticedBy: ['end: close() ends watches, and later calls fail'],
    wrap: (fake) =>
      replace(fake, {
        async close() {
          fake.breakWatches();
        },
      }),
  },
  {
    defect: 'a refusal does not say of what',
    noticedBy: ['access: a refusal is ERR_FORBIDDEN, and names the verb and the query'],
    wrap: inErrors((error) =>
      error.code === 'ERR_FORBIDDEN' ? new DepwatchError(error.code, 'forbidden') : error,
    ),
  },
  {
    defect: 'unknown credentials are any failure',
    noticedBy: ['access: credentials that the server does not know are ERR_UNAUTHORIZED'],
    wrap: inErrors((error) =>
      error.code === 'ERR_UNAUTHORIZED'
        ? new DepwatchError('ERR_TRANSPORT', error.message, { retryable: true })
        : error,
    ),
  },
  {
    defect: 'a kind that was found is never lost',
    noticedBy: ['access: a kind that is deleted takes its objects and its watches with it'],
    wrap: (fake) => {
      const gone = createFakeTransport();
      return replace(fake, {
        list: (query, options) =>
          fake.list(query, options).catch((error: DepwatchError) => {
            if (!query.gvr.group.startsWith('ns-')) throw error;
            return gone.list(
              { ...query, gvr: { ...query.gvr, group: '', resource: 'pods' } },
              options,
            );
          }),
      });
    },
  },
];

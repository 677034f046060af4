import { type DepwatchError, type KubernetesObject, type ListPage } from '@depwatch/core';

import {
  type BrokenTransport,
  replace,
  inLists,
  inQueries,
  inObjects,
  without,
  withoutSignal,
  withMetadata,
} from './break.ts';

/** Transports whose lists, queries or objects are wrong. */
export const brokenLists: readonly BrokenTransport[] = [
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
    defect: 'a page counts the objects that follow from its own beginning',
    noticedBy: ['list: a page that says how many objects follow tells the truth'],
    wrap: inLists((page) => ({
      ...page,
      ...(page.remaining !== undefined && { remaining: page.remaining + page.items.length }),
    })),
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
    defect: 'the last-applied annotation is handed out',
    noticedBy: ['list: drops managedFields and the last-applied annotation, and keeps the others'],
    wrap: inObjects((object, _query, fake) => {
      const annotations = fake.stored(object)?.metadata?.annotations;
      return annotations ? withMetadata(object, { annotations }) : object;
    }),
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
];

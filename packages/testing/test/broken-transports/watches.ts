import { DepwatchError, type KubernetesObject } from '@depwatch/core';

import {
  type BrokenTransport,
  type Burst,
  replace,
  inQueries,
  inIterators,
  inBursts,
  inEvents,
  inObjects,
  inErrors,
  never,
  without,
  withMetadata,
} from './break.ts';

/** Transports whose watches tell the wrong things. */
export const brokenWatches: readonly BrokenTransport[] = [
  {
    defect: 'what follows an ampersand is another parameter',
    noticedBy: ['watch: text that is no selector is refused, and never means something else'],
    wrap: inQueries((query) => ({
      ...query,
      ...(query.selector && { selector: query.selector.replace(/[&#].*/, '') }),
    })),
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
    defect: 'cluster-scoped objects are not watched',
    noticedBy: ['watch: cluster-scoped objects, whatever namespace is given'],
    wrap: inBursts((burst, { gvr }) =>
      gvr.namespaced ? burst : burst.filter(({ type }) => type === 'BOOKMARK'),
    ),
  },
  {
    defect: 'managedFields are handed out',
    noticedBy: ['watch: drops managedFields and the last-applied annotation, and keeps the others'],
    wrap: inObjects((object) => withMetadata(object, { managedFields: [] })),
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
    defect: 'an object that no longer matches stays',
    noticedBy: ['watch: what its events add up to is what a list shows'],
    wrap: inBursts((burst, { selector }) =>
      selector ? burst.filter(({ type }) => type !== 'DELETED') : burst,
    ),
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
    defect: 'metadataOnly is ignored',
    noticedBy: ['initial events: metadata alone'],
    wrap: inQueries((query) => without(query, 'metadataOnly')),
  },
  {
    defect: 'what is not wanted is left out',
    noticedBy: [
      'watch: what is wanted comes whole, and everything else at least with its metadata',
    ],
    wrap: inBursts((burst, _, { wanted = () => true }) =>
      burst.filter((event) => event.type === 'BOOKMARK' || wanted(event.object.metadata!)),
    ),
  },
  {
    defect: 'nothing comes whole where somebody says what is wanted',
    noticedBy: [
      'watch: what is wanted comes whole, and everything else at least with its metadata',
    ],
    wrap: inBursts((burst, _, { wanted }) =>
      burst.map((event) => {
        if (event.type === 'BOOKMARK' || !wanted) return event;
        const { apiVersion, kind, metadata } = event.object;
        return { ...event, object: { apiVersion, kind, metadata } as KubernetesObject };
      }),
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
];

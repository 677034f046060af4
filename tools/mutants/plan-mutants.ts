import type { Mutant } from './mutant.ts';

const handovers = 'dynamic-watcher/test/supply/collections/handovers.test.ts';

/** What may go wrong where one watch serves several, and where what serves a feed changes. */
export const planMutants: readonly Mutant[] = [
  {
    name: 'a shared watch that serves nobody stays open',
    invariant: 7,
    in: 'PlanGroup.#close',
    change: { drop: '$collection.release()' },
  },
  {
    name: 'the last feed leaves a shared watch, and nobody is told',
    invariant: 7,
    in: 'Collection.#checkEmpty',
    change: { drop: '$context.listener.emptied($collection)' },
  },
  {
    name: 'what shares a watch never parts',
    invariant: 7,
    in: 'Parting.next',
    change: { begin: 'return;' },
  },
  {
    name: 'it is not remembered that a shared watch was refused',
    invariant: 7,
    in: 'Planning.#avoid',
    change: {
      replace: 'this.#set($branch, this.#avoided($$why))',
      by: 'this.#set($branch, undefined)',
    },
    test: 'dynamic-watcher/test/supply/plans/trouble.test.ts',
  },
  {
    name: 'what is new waits for a shared watch that is refused',
    invariant: 17,
    in: 'core/isRefusal',
    change: { begin: 'return false;' },
    test: 'dynamic-watcher/test/supply/collections/collection.test.ts',
  },
  {
    name: 'a shared watch that keeps failing is borne',
    invariant: 11,
    in: 'Planning.#weigh',
    change: { replace: "$reason === 'failing'", by: 'false' },
    test: 'dynamic-watcher/test/supply/plans/trouble.test.ts',
  },
  {
    name: 'a feed joins a shared watch that is not live',
    invariant: 19,
    in: 'Collection.#isOpen',
    change: { replace: 'this.#isLive', by: 'true' },
  },
  {
    name: 'a feed that leaves a shared watch is filled by nobody',
    invariant: 19,
    in: 'Collection.#serveApart',
    change: { drop: 'this.#watchApart($$what)' },
  },
  {
    name: 'an object that is asked for is dropped',
    invariant: 19,
    in: 'CollectionObjects.#isAskedFor',
    change: { begin: 'return false;' },
    test: 'dynamic-watcher/test/supply/collections/collection.test.ts',
  },
  {
    name: 'an object of a selector is not handed on once it is selected no more',
    invariant: 19,
    in: 'Membership.eventOf',
    change: { replace: '$after && (this.key === $key || this.selects($after))', by: '$after' },
  },
  {
    name: 'a feed joins a collection that is behind it',
    invariant: 19,
    in: 'dynamic-watcher/isBehind',
    change: { begin: 'return false;' },
    test: handovers,
  },
  {
    name: 'what a feed has yet to tell is lost when it joins',
    invariant: 19,
    in: 'Collection.settle',
    change: { drop: '$feed.changed($changes)' },
    test: handovers,
  },
  {
    name: 'a feed that joined is still told by its own watch',
    invariant: 19,
    in: 'Collection.#take',
    change: { drop: '$feed.source.stop()' },
    test: handovers,
  },
  {
    name: 'a feed that joined a collection is not filled',
    invariant: 19,
    in: 'handOn',
    change: { replace: '$membership.feed.store.apply($events)', by: '$events.slice(1) as never[]' },
    test: handovers,
  },
  {
    name: 'deletes in a collection are not handed on',
    invariant: 19,
    in: 'Membership.eventOf',
    change: { replace: "$known && { type: 'DELETED', $$rest }", by: 'undefined' },
    test: handovers,
  },
  {
    name: 'a feed tells twice what a collection hands on',
    invariant: 19,
    in: 'Collection.changed',
    change: { replace: '$feed.changed($its)', by: '($feed.changed($its), $feed.changed($its))' },
    test: handovers,
  },
  {
    name: 'a feed leaves a collection from a version that it has not seen',
    invariant: 19,
    in: 'Parting.next',
    change: {
      replace: '$serveApart($membership, $from, $handover)',
      by: '$serveApart($membership, String(Number($from) + 2), $handover)',
    },
    test: handovers,
  },
  {
    name: 'a feed takes a stub for an object',
    invariant: 19,
    in: 'CollectionObjects.suffices',
    change: { begin: 'return true;' },
    test: handovers,
  },
  {
    name: 'metadata has watches of its own where all is metadata',
    invariant: 7,
    in: 'Plans.#isApart',
    change: { begin: 'return metadataOnly === true;' },
    test: 'dynamic-watcher/test/metadata-only.test.ts',
  },
  {
    name: 'bookmarks are left out of what watches by name would get',
    invariant: 7,
    in: 'contraryTo',
    change: { replace: '$wanted + $times / bookmarkMs', by: '$wanted' },
    test: 'core/test/planner.test.ts',
  },
];

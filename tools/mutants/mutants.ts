import { controllerMutants } from './controller-mutants.ts';
import { groupMutants } from './group-mutants.ts';
import { membershipMutants } from './membership-mutants.ts';
import type { Mutant } from './mutant.ts';
import { observeMutants } from './observe-mutants.ts';
import { planMutants } from './plan-mutants.ts';
import { reloaderMutants } from './reloader-mutants.ts';
import { serverMutants } from './server-mutants.ts';
import { sharingMutants } from './sharing-mutants.ts';

/** Each has to be found. */
export const mutants: readonly Mutant[] = [
  {
    name: 'an event is not applied to the cache',
    invariant: 1,
    in: 'ObjectStore.#applyOne',
    change: {
      replace: '$objects.set($key, $kept)',
      by: '$objects.has($key) || $objects.set($key, $kept)',
    },
  },
  {
    name: 'a change wakes only the first watcher',
    invariant: 2,
    in: 'createDependencyGraph',
    change: {
      replace: '$edges.forEach($visit)',
      by: '($edges?.keys() ?? []).slice(0, 1).forEach((key) => ($visit)($edges.get(key), key))',
    },
  },
  {
    name: 'a relist wakes nobody for what it finds deleted',
    invariant: 2,
    in: 'ObjectStore.#changes',
    change: { drop: "$changes.push({ type: 'deleted', $$rest })" },
  },
  {
    name: 'a watch is resumed from the version of its list',
    invariant: 3,
    in: 'core/watched',
    change: {
      replace: '({ ...$memory, resourceVersion: $version, $$rest })',
      by: '({ ...$memory, $$rest })',
    },
  },
  {
    name: 'the version of a bookmark is saved before the events that come with it',
    invariant: 4,
    in: 'core/watched',
    change: {
      replace: '({ ...$memory, resourceVersion: $version, $$rest })',
      by: '({ ...$memory, resourceVersion: String(Number($version) + 1), $$rest })',
    },
  },
  {
    name: 'the version of an event that could not be applied is saved all the same',
    invariant: 4,
    in: 'WatchSource.#notKept',
    change: { drop: 'this.state = $before' },
    test: 'dynamic-watcher/test/server-lies.test.ts',
  },
  {
    name: 'a relist adds to what is there',
    invariant: 5,
    in: 'ObjectStore',
    change: {
      replace: 'this.objects = $after',
      by: 'this.#objects?.forEach((kept, key) => $after.has(key) || $after.set(key, kept)); this.#objects = $after',
    },
  },
  {
    name: 'a watcher is taken from the queue while it runs',
    invariant: 6,
    in: 'ReconcileLoop',
    change: {
      replace: 'this.reconcile($item, $$rest)',
      by: '(this.#queue.done($item), this.#reconcile($item, $$rest))',
    },
  },
  {
    name: 'a watch outlives its last watcher',
    invariant: 7,
    in: 'Feed.end',
    change: { drop: 'this.source.stop()' },
  },
  {
    name: 'an ended operation still links what it wanted',
    invariant: 8,
    in: 'Dependencies.bringUp',
    change: {
      replace: 'asKnown($options, $watched, $how)',
      by: '(($4 = new AbortController().signal), asKnown($options, $watched, $how))',
    },
  },
  {
    name: 'a remove leaves what is queued',
    invariant: 8,
    in: 'Dependencies.remove',
    change: { drop: '$loop.drop($$args)' },
  },
  {
    name: 'a change during a reconcile is forgotten with it',
    invariant: 9,
    in: 'EntryQueue.done',
    change: { drop: 'this.place($entry)' },
  },
  {
    name: 'what was refused, and is waited for, is not tried again',
    invariant: 11,
    in: 'Unwatched.await',
    change: { drop: 'this.trials.add($feed)' },
  },
  {
    name: 'a kind that is waited for is never asked for again',
    invariant: 11,
    in: 'KindNotices.#askForAll',
    change: { drop: 'this.ask($$args)' },
  },
  {
    name: 'who waits is not told that it can be seen',
    invariant: 2,
    in: 'Feeds.live',
    change: { drop: 'this.options.listener.available($feed)' },
  },
  {
    name: 'a failed update keeps what it had added',
    invariant: 10,
    in: 'Dependencies.bringUp',
    change: { drop: 'if ($unneeded.length > 0) this.stopUnwatched($$args)' },
  },
  {
    name: 'an add that fails takes the edge of another that is under way',
    invariant: 10,
    in: 'TentativeEdges.release',
    change: { replace: '$edge.claims -= 1', by: '$edge.claims = 0' },
    test: 'dynamic-watcher/test/concurrent-adds.test.ts',
  },
  {
    name: 'a broken watch is not taken up again',
    invariant: 11,
    in: 'core/retry',
    change: { replace: "[$$before, { type: 'timer', $$rest }]", by: '[$$before]' },
  },
  {
    name: 'a server whose connections died is not asked whether it is there',
    invariant: 11,
    in: 'ServerHealth.suspect',
    change: { drop: 'if (!this.call) this.ask()' },
  },
  {
    name: 'a watch ignores a stop while it waits to be taken up again',
    invariant: 7,
    in: 'core/step',
    change: { begin: "if ($1.name === 'waiting' && $2.type === 'stop') return [$1, []];" },
  },
  {
    name: 'a silent connection is borne ten times as long',
    invariant: 12,
    in: 'Watchdog',
    change: { replace: 'this.silenceMs = $ms', by: 'this.#silenceMs = 10 * ($ms)' },
    test: 'k8s-transport/test/watchdog.test.ts',
  },
  {
    name: 'all watches come back at once',
    invariant: 13,
    in: 'Slots.#drain',
    change: { replace: '$pool.counted < $pool.limit', by: 'true' },
    test: 'dynamic-watcher/test/requests/slots.test.ts',
  },
  {
    name: 'in an outage every watch asks for itself',
    invariant: 13,
    in: 'Slots.#drain',
    change: { replace: '$options.health.isOpen && $room', by: '$room' },
    test: 'dynamic-watcher/test/server-health.test.ts',
  },
  {
    name: 'a batch that failed is rolled back',
    invariant: 14,
    in: 'QueryBatches.fail',
    change: { begin: 'this.abort($1.watcher, $1); return Promise.resolve();' },
  },
  {
    name: 'a commit keeps what was not asked for',
    invariant: 14,
    in: 'QueryBatches.end',
    change: { drop: '$dependencies.retain($$args)' },
  },
  {
    name: 'a name can add a condition to the field selector',
    invariant: 15,
    in: 'escapeFieldValue',
    change: { begin: 'return $1;' },
    test: 'dynamic-watcher/test/go-original-defects-14-to-23.test.ts',
  },
  {
    name: 'a namespace can be a path',
    invariant: 15,
    in: 'k8s-transport/segment',
    change: { replace: 'encodeURIComponent($value)', by: '$value' },
    test: 'k8s-transport/test/request-url.test.ts',
  },
  {
    name: 'an object that is wanted comes as its metadata alone',
    invariant: 1,
    in: 'k8s-transport/skim',
    change: { replace: 'wanted($metadata)', by: '!wanted($metadata)' },
    test: 'k8s-transport/test/skim.test.ts',
  },
  {
    name: 'an escaped quote ends a string of the metadata',
    invariant: 1,
    in: 'k8s-transport/endOfString',
    change: { begin: "return $1.indexOf('\"', $2 + 1);" },
    test: 'k8s-transport/test/skim.test.ts',
  },
  {
    name: 'a line may be of any length',
    invariant: 16,
    in: 'NdjsonDecoder',
    change: { replace: '$bytes > this.maxLineBytes', by: '$bytes > this.#maxLineBytes * 1000' },
    test: 'k8s-transport/test/ndjson.test.ts',
  },
  {
    name: 'a stop leaves pending calls alone',
    invariant: 17,
    in: 'Engine.stop',
    change: { drop: '$operations.abortAll($$args)' },
  },
  {
    name: 'a write that may have been done is sent again',
    invariant: 21,
    in: 'deliveryOf',
    change: { begin: "return 'unsent';" },
    test: 'k8s-transport/test/object-repeat.test.ts',
  },
  {
    name: 'a write that is being done is taken for stuck',
    invariant: 21,
    in: 'Attempt.stuck',
    change: { begin: 'return this.#ticket.stuck();' },
    test: 'k8s-transport/test/object-repeat.test.ts',
  },
  {
    name: 'writes share the connections of watches',
    invariant: 22,
    in: 'ApiServer.poolFor',
    change: { begin: '$2 = false;' },
    test: 'k8s-transport/test/streams.test.ts',
  },
  ...membershipMutants,
  ...planMutants,
  ...serverMutants,
  ...groupMutants,
  ...sharingMutants,
  ...controllerMutants,
  ...reloaderMutants,
  ...observeMutants,
];

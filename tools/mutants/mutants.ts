import type { Planting } from './plant.ts';

/** A deliberate bug: the place that it is in, and what is changed there, for one test run. */
export interface Mutant extends Planting {
  readonly name: string;
  /** The number of the invariant that it breaks; the list is in this folder's README. */
  readonly invariant: number;
  /** The test file below packages/ that has to find it, where the model does not come to what it breaks. */
  readonly test?: string;
}

/** Each has to be found. */
export const mutants: readonly Mutant[] = [
  {
    name: 'an event is not applied to the cache',
    invariant: 1,
    in: 'ObjectStore.#applyOne',
    change: {
      replace: 'this.objects.set($key, $kept)',
      by: 'this.#objects.has($key) || this.#objects.set($key, $kept)',
    },
  },
  {
    name: 'a change wakes only the first watcher',
    invariant: 2,
    in: 'createDependencyGraph',
    change: {
      replace: '$edges.forEach($visit)',
      by: '[...($edges ?? [])].slice(0, 1).forEach(([key, edge]) => ($visit)(edge, key))',
    },
  },
  {
    name: 'a relist wakes nobody for what it finds deleted',
    invariant: 2,
    in: 'ObjectStore',
    change: { drop: "$changes = $and($changes, 'deleted')" },
  },
  {
    name: 'a watch is resumed from the version of its list',
    invariant: 3,
    in: 'core',
    change: {
      replace: '$next = { ...$next, resourceVersion: $version, $$rest }',
      by: '$next = { ...$next, $$rest }',
    },
    test: 'core/test/reflector.test.ts',
  },
  {
    name: 'the version of a bookmark is saved before the events that come with it',
    invariant: 4,
    in: 'core',
    change: {
      replace: '$next = { ...$next, resourceVersion: $version, $$rest }',
      by: '$next = { ...$next, resourceVersion: String(Number($version) + 1), $$rest }',
    },
  },
  {
    name: 'a relist adds to what is there',
    invariant: 5,
    in: 'ObjectStore',
    change: {
      replace: 'this.objects = $after',
      by: 'this.#objects = new Map([...this.#objects, ...$after])',
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
    in: 'WatchSet.stop',
    change: { drop: '$driver.stop()' },
  },
  {
    name: 'an ended operation still links what it wanted',
    invariant: 8,
    in: 'Dependencies.link',
    change: { drop: 'throwIfEnded($operation)' },
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
    in: 'ReconcileLoop',
    change: {
      replace: 'if ($item.causes) $queue.add($item)',
      by: 'if ($item.causes && !$item.run) $queue.add($item);',
    },
  },
  {
    name: 'a failed update keeps what it had added',
    invariant: 10,
    in: 'Dependencies.#bringUp',
    change: { drop: '$dependencies.drop($$args)' },
  },
  {
    name: 'a broken watch is not taken up again',
    invariant: 11,
    in: 'core/retry',
    change: { replace: "[$$before, { type: 'timer', $$rest }]", by: '[$$before]' },
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
    in: 'Admission',
    change: { replace: '($out.get($kind) ?? 0) < $slots', by: '$out.size < 1_000' },
    test: 'dynamic-watcher/test/admission.test.ts',
  },
  {
    name: 'in an outage every watch asks for itself',
    invariant: 13,
    in: 'Admission.#probeNext',
    change: {
      replace: 'if ($reachable || $probe || $timer) return;',
      by: 'if ($reachable) return;',
    },
    test: 'dynamic-watcher/test/admission.test.ts',
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
    change: { drop: '$lines.overruleAll($$args)' },
  },
];

import type { Mutant } from './mutant.ts';

const test = 'dynamic-watcher/test/observe.test.ts';
const moments = 'dynamic-watcher/test/reconcile/moments.test.ts';

/** What those who look on may be told wrongly, or change by it. */
export const observeMutants: readonly Mutant[] = [
  {
    name: 'who looks on is told within what happens',
    invariant: 30,
    in: 'Observers.tell',
    change: { begin: 'this.#untold = [$1]; this.#tellAll(); return;' },
    test,
  },
  {
    name: 'who looks on hears what happened before',
    invariant: 30,
    in: 'Observers.#tellAll',
    change: { begin: 'for (const one of this.#listeners) one.skip = 0;' },
    test,
  },
  {
    name: 'who looks on no more is told on',
    invariant: 30,
    in: 'Observers.#tellAll',
    change: { replace: '!this.#listeners.has($listener)', by: 'false' },
    test,
  },
  {
    name: 'what nobody listens to is made all the same',
    invariant: 30,
    in: 'Observers.listensTo',
    change: { begin: 'return true;' },
    test,
  },
  {
    name: 'one who listens to less takes from the others what they listen to',
    invariant: 30,
    in: 'Observers.#count',
    change: { replace: '[...this.#listeners]', by: '[...this.#listeners].slice(-1)' },
    test,
  },
  {
    name: 'who has failed is told no more',
    invariant: 30,
    in: 'Observers.#failed',
    change: { begin: 'this.#listeners.delete($1);' },
    test,
  },
  {
    name: 'each failure of an observer is logged',
    invariant: 30,
    in: 'Observers.#failed',
    change: { drop: '$listener.hasFailed = true' },
    test,
  },
  {
    name: 'what a stop ends is told after it',
    invariant: 30,
    in: 'Observers.close',
    change: { drop: 'this.#listeners.clear()' },
    test,
  },
  {
    name: 'edges that end are not told',
    invariant: 30,
    in: 'observedGraph',
    change: { drop: "tellEach('edge-removed', $watcher, $change.removed)" },
    test,
  },
  {
    name: 'edges that a batch drops are not told',
    invariant: 30,
    in: 'observedGraph',
    change: {
      replace: 'told($watcher, $graph.retain($who, $what))',
      by: '$graph.retain($who, $what)',
    },
    test,
  },
  {
    name: 'in a group each is told of all',
    invariant: 30,
    in: 'forMembers',
    change: { replace: '$member.isRunFor($key)', by: 'true' },
    test,
  },
  {
    name: 'in a group what is due is told of for whom something runs',
    invariant: 30,
    in: 'dynamic-watcher',
    change: {
      replace: "new Set(['reconcile-queued', 'reconcile-due'])",
      by: "new Set(['reconcile-queued'])",
    },
    test,
  },
  {
    name: 'nothing is told when a delay is over',
    invariant: 30,
    in: 'ReconcileReports.due',
    change: { begin: 'return;' },
    test,
  },
  {
    name: 'a reconcile that asks to run again is told as one that does not',
    invariant: 30,
    in: 'dynamic-watcher/resultOf',
    change: { begin: "if (!('error' in $1)) return 'success';" },
    test,
  },
  {
    name: 'who shares a watch is told of what only another one depends on',
    invariant: 30,
    in: 'tellListeners',
    change: { replace: '$graph.isWatched($key)', by: 'true' },
    test,
  },
  {
    name: 'why a watch is not live is not told',
    invariant: 30,
    in: 'tellState',
    change: { replace: '$lastError ? $with : $told', by: '$told' },
    test,
  },
  {
    name: 'what is done later is timed as what was done before',
    invariant: 30,
    in: 'Moments.hold',
    change: { drop: 'this.#at = undefined' },
    test: moments,
  },
  {
    name: 'time stands still once it was held',
    invariant: 30,
    in: 'Moments.release',
    change: { drop: 'this.#isHeld = false' },
    test: moments,
  },
];

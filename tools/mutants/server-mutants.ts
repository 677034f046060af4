import type { Mutant } from './mutant.ts';

/** What goes wrong only with a server that is in trouble, goes back, or says what is not so. */
export const serverMutants: readonly Mutant[] = [
  {
    name: 'a resource that hangs is taken for a server that does',
    invariant: 18,
    in: 'blame',
    change: {
      replace: "$reason === undefined || $reason === 'unreachable' || $other",
      by: "$reason === undefined || $reason === 'unreachable' || $reason === 'timeout' || $other",
    },
    test: 'dynamic-watcher/test/requests/slots.test.ts',
  },
  {
    name: 'the trouble of a resource is that of all',
    invariant: 18,
    in: 'Slots.#laneOf',
    change: { replace: 'groupVersionKindKey($gvk)', by: "''" },
  },
  {
    name: 'a slow resource keeps its slots',
    invariant: 18,
    in: 'Slots.#watchOver',
    change: { drop: 'for (const $entrant of $lane.out) this.uncount($entrant)' },
    test: 'dynamic-watcher/test/requests/slots.test.ts',
  },
  {
    name: 'all of a resource in trouble find out whether that is over',
    invariant: 18,
    in: 'Slots.#tryNext',
    change: { replace: "$trouble.trial.state === 'out' || $resting", by: 'false' },
    test: 'dynamic-watcher/test/requests/slots.test.ts',
  },
  {
    name: 'a trial that is given up is the last',
    invariant: 18,
    in: 'Slots.leave',
    change: { drop: 'if ($lane.trouble.trial === $entrant) this.tryNext($lane)' },
    test: 'dynamic-watcher/test/requests/slots.test.ts',
  },
  {
    name: 'a request that had no answer is no reason to ask the server',
    invariant: 18,
    in: 'ServerHealth.doubt',
    change: { begin: 'return;' },
    test: 'dynamic-watcher/test/requests/server-health.test.ts',
  },
  {
    name: 'an event of a restored server is applied',
    invariant: 19,
    in: 'core/watched',
    change: { replace: 'goesBack($$args)', by: 'false' },
    test: 'core/test/reflector.test.ts',
  },
  {
    name: 'a restored server is not noticed',
    invariant: 19,
    in: 'RestoreCheck.start',
    change: { begin: 'return;' },
  },
  {
    name: 'a relist keeps the version of before',
    invariant: 19,
    in: 'core/listedAt',
    change: {
      replace: '({ ...$memory, resourceVersion: $version, $$rest })',
      by: '({ ...$memory, resourceVersion: $memory.resourceVersion ?? ($version), $$rest })',
    },
    test: 'core/test/reflector.test.ts',
  },
  {
    name: 'no version is good for a resume once one has expired',
    invariant: 19,
    in: 'PastVersions.has',
    change: { replace: '(compareResourceVersions($$args) ?? 1) <= 0', by: 'true' },
    test: 'dynamic-watcher/test/supply/sources/past-versions.test.ts',
  },
  {
    name: 'a list begins with what a refused streaming list has shown',
    invariant: 19,
    in: 'listPages',
    change: { replace: "[{ type: 'discard' }, $list]", by: '[$list]' },
    test: 'core/test/reflector.test.ts',
  },
  {
    name: 'what is listed anew is told anew',
    invariant: 19,
    in: 'ObjectStore.#isSame',
    change: { begin: 'return false;' },
  },
  {
    name: 'a 404 empties the cache',
    invariant: 20,
    in: 'core/doubted',
    change: {
      begin: "if ($1.wasLive) return denied({ name: 'discovering', memory: $1 }, $2);",
    },
  },
  {
    name: 'one denial of a kind is believed',
    invariant: 20,
    in: 'Inquiry.#notFound',
    change: { replace: '$isEarly || !$gvk.group', by: '!$gvk.group' },
  },
  {
    name: 'a kind of every server is believed gone',
    invariant: 20,
    in: 'Inquiry.#notFound',
    change: { replace: '$isEarly || !$gvk.group', by: '$isEarly' },
  },
  {
    name: 'the delete of an object takes the one that has replaced it',
    invariant: 20,
    in: 'ObjectStore.#applyOne',
    change: { replace: '!$known || isOther($$args)', by: '!$known' },
    test: 'core/test/object-store.test.ts',
  },
  {
    name: 'a list is compared by its versions alone',
    invariant: 1,
    in: 'ObjectStore.#differs',
    change: { begin: 'return false;' },
    test: 'core/test/object-store.test.ts',
  },
  {
    name: 'a probe goes out on the connection that has just died',
    invariant: 12,
    in: 'Connection.isSuspect',
    change: { drop: 'if (this.socket.destroyed) return true' },
    test: 'k8s-transport/test/probe.test.ts',
  },
];

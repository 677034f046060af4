import type { Mutant } from './mutant.ts';

const test = 'dynamic-watcher/test/shared/shared-watches.test.ts';

/** What dynamic watchers that share their watches may get wrong about whose these are. */
export const sharingMutants: readonly Mutant[] = [
  {
    name: 'one takes away what another one demands',
    invariant: 7,
    in: 'Watches.isWantedElsewhere',
    change: { begin: 'return false;' },
    test,
  },
  {
    name: 'what another one demands is watched once more',
    invariant: 7,
    in: 'DemandedFeeds.start',
    change: { replace: 'this.#feeds.get($key)', by: 'undefined' },
    test,
  },
  {
    name: 'one that stops leaves its own watches',
    invariant: 7,
    in: 'Engine.stop',
    change: { drop: 'this.feeds.clear($reason)' },
    test,
  },
  {
    name: 'what becomes of a feed is told to the first alone',
    invariant: 2,
    in: 'tellAll',
    change: { replace: '[...$demands]', by: '[...$demands].slice(0, 1)' },
    test,
  },
];

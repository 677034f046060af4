import type { Mutant } from './mutant.ts';

const test = 'dynamic-watcher/test/group/random-groups.test.ts';

/** What a group may get wrong about whose its reconciles are. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'a requeue is for nobody',
    invariant: 23,
    in: 'Attribution.asksAgain',
    change: { replace: '$work.waiting.add($member)', by: '$member' },
    test,
  },
  {
    name: 'what is delayed is forgotten when something else starts',
    invariant: 23,
    in: 'Attribution.started',
    change: { begin: '$2 = false;' },
    test,
  },
  {
    name: 'a change is for nobody',
    invariant: 23,
    in: 'GroupMember.enqueueAll',
    change: { replace: '$attribution.asked($$args)', by: '$attribution' },
    test,
  },
  {
    name: 'who depends does not take over what another one asked for',
    invariant: 23,
    in: 'Attribution.leave',
    change: { begin: '$3 = [];' },
    test,
  },
  {
    name: 'a reconcile whose watcher was removed before the stop goes on',
    invariant: 23,
    in: 'GroupMember.drop',
    change: { replace: 'this.left.set($key, $run)', by: '$run' },
    test,
  },
  {
    name: 'a stop does not wait for what it aborts',
    invariant: 23,
    in: 'GroupMember.stop',
    change: { replace: '$run.whenSettled()', by: '$run' },
    test,
  },
  {
    name: 'a stop aborts what another one has asked for',
    invariant: 23,
    in: 'Attribution.leave',
    change: { replace: 'new Set([$$others])', by: 'new Set()' },
    test,
  },
  {
    name: 'the interval of what ran outlives the last member',
    invariant: 23,
    in: 'GroupMember.stop',
    change: { replace: '$loop.clear()', by: '$loop' },
    test,
  },
];

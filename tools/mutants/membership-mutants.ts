import type { Mutant } from './mutant.ts';

/** What replicas may get wrong; the random schedules of a group have to find it. */
const planted: readonly Omit<Mutant, 'invariant'>[] = [
  {
    name: 'a Lease is said to have lapsed by the time that stands in it',
    in: 'core/hasLapsed',
    change: {
      begin:
        'if ($1.record?.renewedAt) return $3.wallNow > $1.record.renewedAt + $1.record.leaseDurationMs;',
    },
  },
  {
    name: 'a Lease has lapsed when none of its changes has arrived for long',
    in: 'core/hasLapsed',
    change: { begin: 'return $3.now >= lapseAt($1, $3);' },
    // It takes one that all but misses its deadline, just when another ceases to see.
    test: 'core/test/membership/step.test.ts',
  },
  {
    name: 'a Lease that others have seen lapse is believed by who comes later',
    in: 'core/hasLapsed',
    change: { drop: 'if ($lease.saidLapsed) return true' },
    test: 'replicas/test/newcomers.test.ts',
  },
  {
    name: 'a Lease that has lapsed is believed to have lapsed in each later version',
    in: 'core/saysLapsed',
    change: { replace: '$one === $lease.resourceVersion', by: 'true' },
  },
  {
    name: 'a key is begun before its owner has handed it over',
    in: 'core/isClaiming',
    change: { begin: 'return false;' },
  },
  {
    name: 'a membership is acted by that is not published',
    in: 'core/holdingOf',
    change: { replace: '[$state.view, ...$published]', by: '[$state.view]' },
  },
  {
    name: 'a membership is published before what it takes away has stopped',
    in: 'core/wanted',
    change: {
      replace: "$last.phase === 'member' ? $said : $waiting",
      by: "{ phase: 'member', members: $1.view }",
    },
  },
  {
    name: 'a renewal that comes back late revives what has ended',
    in: 'core/afterTime',
    change: { begin: 'return $1;' },
  },
  {
    name: 'the claims of a Lease end when it is deleted',
    in: 'core/withoutLease',
    change: { replace: '$seen.set($run, { ...$lease, gone: true })', by: '$seen.delete($run)' },
  },
  {
    name: 'a process takes the Lease of its name while another may hold it',
    in: 'core/holderOfName',
    change: { begin: 'return undefined;' },
  },
  {
    name: 'the epochs of others are not counted on from',
    in: 'core/epochOf',
    change: { replace: 'Math.max($state.epoch, $$rest)', by: 'Math.max(0, $$rest)' },
  },
  {
    name: 'a write that is too late is sent, since nobody has told the process that stood still',
    in: 'Shards.owns',
    change: { drop: '$feed({ type: "elapsed" })' },
    test: 'replicas/test/stood-still.test.ts',
  },
  {
    name: 'a write of a reconcile that is over is sent',
    in: 'fencedClient',
    change: { drop: 'throw abortedError($signal)' },
    test: 'core/test/fenced-client.test.ts',
  },
  {
    name: 'a write is sent before the process that stood still has looked at the clock',
    in: 'fencedClient',
    change: { drop: "$ownership.owns('')" },
    test: 'core/test/fenced-client.test.ts',
  },
  ...['create', 'update', 'patch', 'apply', 'delete'].map((call) => ({
    name: `the fence lets each ${call} through`,
    in: 'fencedClient',
    change: {
      replace: `$fenced(() => $client.${call}($$to))`,
      by: `$client.${call}($$to)`,
    },
    test: 'core/test/fenced-client.test.ts',
  })),
  {
    name: 'a leader that has stood still leads until its timer has gone off',
    in: 'Candidate.owns',
    change: { drop: 'if (!$isInTime()) $lose()' },
    test: 'replicas/test/stood-still.test.ts',
  },
  {
    name: 'a leader that stops and is cut off goes on beyond its renew deadline',
    in: 'Candidate.#lose',
    change: { drop: '$listeners.overdue()' },
    test: 'replicas/test/stood-still.test.ts',
  },
];

export const membershipMutants: readonly Mutant[] = planted.map((mutant) => ({
  invariant: 27,
  test: 'core/test/membership/model.test.ts',
  ...mutant,
}));

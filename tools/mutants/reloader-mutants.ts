import type { Mutant } from './mutant.ts';

const deciding = 'reloader/test/virtual/deciding.test.ts';
const pacing = 'reloader/test/virtual/pacing.test.ts';
const troubles = 'reloader/test/virtual/troubles.test.ts';
const reconciler = 'WorkloadReconciler';

/** What the reloader may get wrong: rolls too many or too few, and words too many. */
export const reloaderMutants: readonly Mutant[] = [
  {
    name: 'the reloader does not wait until changes have settled',
    invariant: 28,
    in: 'createReloader',
    change: { begin: '$1 = { ...$1, settleMs: 0 };' },
    test: pacing,
  },
  {
    name: 'who undoes each write of the reloader makes it write every 10 s',
    invariant: 28,
    in: 'nextPace',
    change: { replace: 'Math.min($longest, 2 * $pace.intervalMs)', by: '$pace.intervalMs' },
    test: pacing,
  },
  {
    name: 'the reloader rolls again and again without a pause',
    invariant: 28,
    in: 'waitMs',
    change: { begin: 'return 0;' },
    test: pacing,
  },
  {
    name: 'the reloader tells of one who drives it each time',
    invariant: 28,
    in: `${reconciler}.#hold`,
    change: { drop: '$tracked.told.add($what)' },
    test: pacing,
  },
  {
    name: 'the reloader forgets what it decided last',
    invariant: 28,
    in: 'decideOn',
    change: { begin: '$2 = undefined;' },
    test: deciding,
  },
  {
    name: 'a reloader that leads again believes what it decided before',
    invariant: 28,
    in: `${reconciler}.reconcile`,
    change: { replace: "$type === 'acquired'", by: 'false' },
    test: 'reloader/test/virtual/replicas.test.ts',
  },
  {
    name: 'the reloader lets an older record be put back',
    invariant: 28,
    in: `${reconciler}.#write`,
    change: {
      replace: '({ record: $wanted, replaced })',
      by: '({ record: $wanted, replaced: undefined })',
    },
    test: deciding,
  },
  {
    name: 'the reloader looks at workloads that did not opt in',
    invariant: 28,
    in: 'readOptIn',
    change: { begin: '$2 = true;' },
    test: 'reloader/test/opt-in.test.ts',
  },
  {
    name: 'the reloader tells of a roll twice, since its own write is something new',
    invariant: 28,
    in: `${reconciler}.#decide`,
    change: { replace: '$tracked.settled === $state', by: 'false' },
    test: deciding,
  },
  {
    name: 'a change whose read has failed is taken for seen',
    invariant: 28,
    in: 'readUsed',
    change: {
      replace: "!isDepwatchError($error, 'ERR_FORBIDDEN')",
      by: '!isDepwatchError($error)',
    },
    test: deciding,
  },
  {
    name: 'what has changed is not read again',
    invariant: 28,
    in: 'readUsed',
    change: { replace: '$before.version === $version', by: '$before' },
    test: deciding,
  },
  {
    name: 'what may not be read is asked for without a pause',
    invariant: 28,
    in: `${reconciler}.reconcile`,
    change: {
      replace: '({ requeueAfterMs: $delay })',
      by: '({ requeueAfterMs: 0 })',
    },
    test: troubles,
  },
  {
    name: 'the reloader rolls though something is missing that the new pods need',
    invariant: 28,
    in: 'reloader/decide',
    change: {
      replace: '$differing.length > 0 && $missing.length === 0',
      by: '$differing.length > 0',
    },
    test: deciding,
  },
  {
    name: 'a roll stands over a newer version of the workload',
    invariant: 28,
    in: 'recordPatch',
    change: {
      replace: '({ resourceVersion: $version, annotations })',
      by: '({ annotations })',
    },
    test: 'reloader/test/workload.test.ts',
  },
  {
    name: 'an error quotes what was read of a Secret',
    invariant: 29,
    in: 'foundIn',
    change: { begin: 'throw new Error(JSON.stringify($1));' },
    test: deciding,
  },
  {
    name: 'the record holds data in place of hashes',
    invariant: 29,
    in: 'sha256',
    change: { begin: 'return $1;' },
    test: deciding,
  },
  {
    name: 'the data of what a workload uses is watched and kept',
    invariant: 29,
    in: 'readUsed',
    change: { replace: '({ $$id, metadataOnly: true })', by: '({ $$id })' },
    test: deciding,
  },
];

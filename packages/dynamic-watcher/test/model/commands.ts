import type { WatchPlan, WatchPlanBounds } from '@depwatch/core';
import fc from 'fast-check';

/** Who watches, what is watched, and the objects of the server: few, so that they meet often. */
export const watcherCount = 3;
export const targetCount = 10;
export const objectCount = 6;
/** Objects that nobody watches. */
export const strangerCount = 8;

const watcher = fc.nat(watcherCount - 1);
const target = fc.nat(targetCount - 1);
const targets = fc.uniqueArray(target, { minLength: 1, maxLength: 6 });
const object = fc.nat(objectCount - 1);

/** What selectors go by; nothing selects the last one. */
export type Label = 'a' | 'b' | 'c';

/** One step of a schedule. */
export type Command =
  | { type: 'put'; object: number; group: Label; value: number }
  | { type: 'delete'; object: number }
  | { type: 'recreate'; object: number; group: Label }
  | { type: 'add'; watcher: number; target: number }
  | { type: 'update'; watcher: number; targets: number[] }
  | { type: 'remove'; watcher: number }
  | { type: 'stranger'; stranger: number | 'all'; gone: boolean }
  | { type: 'busy' }
  | { type: 'enqueue'; watcher: number; afterMs: number }
  | { type: 'batch'; watcher: number; targets: number[]; end: 'commit' | 'fail' | 'abort' }
  | { type: 'gap'; object: number; change: 'put' | 'delete' | 'recreate' }
  | { type: 'restore'; back: number }
  | { type: 'deny' }
  | { type: 'uninstall' }
  | { type: 'install' }
  | { type: 'rescope' }
  | { type: 'fault'; fault: (typeof faults | typeof lies)[number] }
  | { type: 'reconciler'; mode: (typeof modes)[number] }
  | { type: 'advance'; ms: number };

const faults = [
  'close',
  'break',
  'compact',
  'bookmarks',
  'refuse streaming',
  'fail once',
  'fail some',
  'forbid',
  'forbid collections',
  'hold',
  'down',
  'heal',
] as const;

/** One kind's trouble, and what a server says that is not so. */
const lies = [
  'cut',
  'hang ConfigMap',
  'hang Node',
  'stray 404s',
  'something else answers',
  'lose bookmarks',
] as const;

const modes = ['fine', 'throws', 'slow', 'requeues', 'queries'] as const;

const group = fc.constantFrom<Label[]>('a', 'b', 'c');

/** Any step of an honest server, the frequent ones more often. */
const honest: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('put' as const), object, group, value: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), object }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('recreate' as const), object, group }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('stranger' as const),
      stranger: fc.option(fc.nat(strangerCount - 1), { freq: 2, nil: 'all' as const }),
      gone: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('busy' as const) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('add' as const), watcher, target }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('update' as const), watcher, targets }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remove' as const), watcher }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('enqueue' as const), watcher, afterMs: fc.nat(500) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('batch' as const),
      watcher,
      targets,
      end: fc.constantFrom('commit' as const, 'fail' as const, 'abort' as const),
    }),
  },
  {
    weight: 3,
    // The watches break, miss a change, and come back when it is no longer in the history.
    arbitrary: fc.record({
      type: fc.constant('gap' as const),
      object,
      change: fc.constantFrom('put' as const, 'delete' as const, 'recreate' as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('fault' as const),
      fault: fc.constantFrom(...faults),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('reconciler' as const),
      mode: fc.constantFrom(...modes),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('advance' as const),
      ms: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(2000), fc.nat(40_000)),
    }),
  },
);

/** Any step. */
const any: fc.Arbitrary<Command> = fc.oneof(
  { weight: 43, arbitrary: honest },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('fault' as const), fault: fc.constantFrom(...lies) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('deny' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('uninstall' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('install' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rescope' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restore' as const), back: fc.nat(4) }) },
);

/**
 * A schedule: its steps, the seed of its clock, and whether it ends with a stop in the middle of it all.
 *
 * @param lying whether the server may lie, go back in time, and have one kind that is sick
 */
export const schedules = (lying: boolean): fc.Arbitrary<Schedule> =>
  fc.record({
    commands: fc.array(lying ? any : honest, { minLength: 5, maxLength: 40, size: 'large' }),
    clockSeed: fc.nat(1_000_000),
    workers: fc.integer({ min: 1, max: 3 }),
    stopEarly: fc.boolean(),
    waits: fc.boolean(),
    plan: fc.constantFrom('per-object', 'auto', 'shared'),
    bounds,
    isCrowded: fc.nat(19).map((one) => one === 0),
  });

/** So low that what is demanded here shares, and parts again within a schedule. */
const bounds: fc.Arbitrary<WatchPlanBounds> = fc.record({
  shareAt: fc.integer({ min: 2, max: 4 }),
  shareOverNamespacesAt: fc.integer({ min: 3, max: 6 }),
  maxSizeFactor: fc.constantFrom(1, 2, 2000),
  maxEventFactor: fc.constantFrom(2, 20),
  unshareAfterMs: fc.integer({ min: 500, max: 4000 }),
  avoidMs: fc.integer({ min: 500, max: 10_000 }),
});

/** What `schedules` makes. */
export interface Schedule {
  readonly commands: readonly Command[];
  readonly clockSeed: number;
  readonly workers: number;
  readonly stopEarly: boolean;
  /** Whether what is not to be had is waited for. */
  readonly waits: boolean;
  /** Whether one watch may serve several. */
  readonly plan: WatchPlan;
  readonly bounds: WatchPlanBounds;
  /** Whether there are so many objects that a watch that serves several drops what nobody asks for. */
  readonly isCrowded: boolean;
}

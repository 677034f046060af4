import fc from 'fast-check';

/** Few, so that they meet often: watchers, and objects of each cluster that they may watch. */
export const watcherCount = 2;
export const targetCount = 2;

const modes = ['fine', 'throws', 'requeues', 'slow', 'hangs', 'forgets'] as const;

/** What the reconciler does: `hangs` until its signal is aborted, `forgets` all that its watcher depends on. */
export type Mode = (typeof modes)[number];

/** One step of a schedule. `member` is the number of a cluster. */
export type Command =
  | { type: 'start'; member: number }
  | { type: 'stop'; member: number }
  | { type: 'add'; member: number; watcher: number; target: number }
  | { type: 'remove'; member: number; watcher: number }
  | { type: 'enqueue'; member: number; watcher: number; afterMs: number }
  | { type: 'put'; member: number; target: number }
  | { type: 'deny'; member: number }
  | { type: 'mode'; mode: Mode }
  | { type: 'advance'; ms: number };

/** What a group and its dynamic watchers go through. */
export interface Schedule {
  readonly members: number;
  readonly workers: number;
  readonly spacing: { readonly minIntervalMs: number; readonly settleMs: number };
  readonly commands: readonly Command[];
  /** Who stops at the end: all members after a rest, all members at once, or the group. */
  readonly end: 'rest' | 'members' | 'group';
}

export const schedules: fc.Arbitrary<Schedule> = fc.integer({ min: 2, max: 3 }).chain((members) => {
  const of = {
    member: fc.nat(members - 1),
    watcher: fc.nat(watcherCount - 1),
    target: fc.nat(targetCount - 1),
  };
  const { member, watcher, target } = of;
  const step = <Type extends Command['type'], Rest>(type: Type, rest: Rest) => ({
    type: fc.constant(type),
    ...rest,
  });
  const commands: fc.Arbitrary<Command> = fc.oneof(
    { weight: 5, arbitrary: fc.record(step('add', of)) },
    { weight: 3, arbitrary: fc.record(step('remove', { member, watcher })) },
    {
      weight: 5,
      arbitrary: fc.record(
        step('enqueue', {
          member,
          watcher,
          afterMs: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(3000)),
        }),
      ),
    },
    { weight: 5, arbitrary: fc.record(step('put', { member, target })) },
    { weight: 2, arbitrary: fc.record(step('stop', { member })) },
    { weight: 2, arbitrary: fc.record(step('start', { member })) },
    { weight: 1, arbitrary: fc.record(step('deny', { member })) },
    { weight: 4, arbitrary: fc.record(step('mode', { mode: fc.constantFrom(...modes) })) },
    {
      weight: 6,
      arbitrary: fc.record(
        step('advance', {
          ms: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(500), fc.nat(35_000)),
        }),
      ),
    },
  );
  return fc.record({
    members: fc.constant(members),
    workers: fc.integer({ min: 1, max: 3 }),
    spacing: fc.constantFrom(
      { minIntervalMs: 0, settleMs: 0 },
      { minIntervalMs: 700, settleMs: 0 },
      { minIntervalMs: 0, settleMs: 30 },
      { minIntervalMs: 60_000, settleMs: 20 },
    ),
    commands: fc.array(commands, { minLength: 5, maxLength: 50 }),
    end: fc.constantFrom('rest' as const, 'members' as const, 'group' as const),
  });
});

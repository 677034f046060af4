import type { JsonPatchOperation } from '../src/index.ts';

/** One write, for whichever server: what it names of the past is an index into what that server has shown. */
export interface Step {
  readonly verb: 'create' | 'update' | 'merge' | 'json' | 'apply' | 'delete';
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly subresource: '' | 'status';
  readonly labels?: Values;
  readonly finalizers?: readonly string[];
  /** What stands in the part that is written. */
  readonly values: Values;
  readonly steps: readonly JsonPatchOperation[];
  /** Of the states that were shown so far, the one whose version or uid is given; -1: none. */
  readonly version: number;
  readonly uid: number;
}

export type Values = { readonly [key: string]: string | null };

const keys = ['a', 'b', 'c', 'd'];

/** Draws a write of an object whose content is below `field`, and below `status` where it has one. */
export function drawStep(
  random: () => number,
  shown: number,
  { field, hasStatus }: { readonly field: string; readonly hasStatus: boolean },
): Step {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const chance = (probability: number): boolean => random() < probability;
  const some = (names: readonly string[], nulls: boolean): { [key: string]: string | null } =>
    Object.fromEntries(
      names
        .filter(() => chance(0.5))
        .map((name) => [name, nulls && chance(0.3) ? null : pick(['1', '2', '3'])]),
    );

  const verb = pick([
    ...(['create', 'update', 'update', 'merge', 'merge', 'json'] as const),
    ...(['apply', 'apply', 'apply', 'apply', 'delete'] as const),
  ]);
  const values = some(keys, verb === 'merge');
  const labels = chance(0.4) ? some(['x', 'y'], false) : undefined;
  const isWritten = verb !== 'create' && verb !== 'delete';
  const subresource = hasStatus && isWritten && chance(0.3) ? 'status' : '';
  return {
    verb,
    fieldManager: pick(['one', 'two', 'three']),
    dryRun: chance(0.1),
    force: chance(0.4),
    subresource,
    ...(labels && { labels: labels as Values }),
    ...(chance(0.2) && { finalizers: ['x.y/a', 'x.y/b'].filter(() => chance(0.5)) }),
    values,
    steps: Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      drawOperation(pick, subresource || field),
    ),
    version: chance(0.3) ? Math.floor(random() * shown) : chance(0.5) ? shown - 1 : -1,
    // A custom kind's status takes no notice of it.
    uid: subresource === '' && chance(0.1) ? Math.floor(random() * shown) : -1,
  };
}

function drawOperation(pick: <T>(choices: readonly T[]) => T, part: string): JsonPatchOperation {
  const path = `/${part}/${pick(keys)}`;
  const op = pick(['add', 'replace', 'test', 'remove', 'move'] as const);
  switch (op) {
    case 'remove':
      return { op, path };
    case 'move':
      return { op, from: `/${part}/${pick(keys)}`, path };
    default:
      return { op, path, value: pick(['1', '2']) };
  }
}

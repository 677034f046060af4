import { parseArgs } from 'node:util';

import type { Mutant } from './mutant.ts';

/** What the command line says. */
export interface Options {
  /** The bugs to plant. */
  readonly picked: readonly Mutant[];
  readonly seed: string;
  readonly help: boolean;
}

export const usage = `usage: npm run mutants -- [options] [which ...]

Plants deliberate bugs, one after the other, and runs what has to find them. Exit code 1 when one is not found.

  which     a part of a bug's name, or the number of the invariant that it breaks; default: all of them
  --seed N  draws other schedules (default 1)
  --help    prints this`;

/** @throws Error about what it does not know */
export function parseOptions(argv: readonly string[], mutants: readonly Mutant[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^\d+$/.test(values.seed)) throw new Error(`--seed takes a number, not "${values.seed}"`);
  const chosen = positionals.map((which) => {
    const some = mutants.filter(({ name, invariant }) =>
      /^\d+$/.test(which) ? invariant === Number(which) : name.includes(which),
    );
    if (some.length === 0) throw new Error(`no planted bug is "${which}"`);
    return some;
  });
  const picked =
    chosen.length === 0
      ? mutants
      : mutants.filter((one) => chosen.some((some) => some.includes(one)));
  return { picked, seed: values.seed, help: values.help };
}

import { parseArgs } from 'node:util';

import type { Identity } from './servers/server.ts';

/** What is asked for on the command line. */
export interface Options {
  /** The ids of scenarios; empty for all of the set. */
  readonly scenarios: readonly string[];
  readonly full: boolean;
  readonly runs: number;
  /** The folder for the results; undefined for a new one. */
  readonly out: string | undefined;
  readonly profile: boolean;
  readonly build: boolean;
  /** As whom the contestants come to a real server. */
  readonly as: Identity;
  /** The root of another checkout, whose depwatch takes part, too. */
  readonly against: string | undefined;
  /** Which contestants take part, of those that a case has; empty for all. */
  readonly only: readonly string[];
  readonly help: boolean;
}

/** The text of `--help`. */
export const usage = `npm run bench -- [SCENARIO…] [options]

Measures depwatch against client-node's informers and two floors, and writes the results as JSON, Markdown and SVG.
Scenarios are B1 to B10, B1s, B7s, B11, B13, B14 and B15, all of which are run when none is named, and plan-costs.

  --quick        the sizes that all together take some 20 minutes (the default)
  --full         all sizes, up to 10,000 watches; about an hour
  --runs N       runs of each contestant in each case (default 5)
  --out DIR      where the results go (default bench-results/<date>)
  --profile      one more run of depwatch in each case, with a CPU profile, and the top ten functions of it
  --no-build     measure what was built before
  --against DIR  another checkout of this repository, with its dependencies installed: its depwatch takes part as
                 \`before\`; both are run from their sources then, and nothing is built
  --only A,B     these contestants alone, of those that a case has: less to wait for, or more runs in the same time
  --as WHO       as whom the contestants come to a real server: service-account (the default), with the rights that they
                 need and under priority and fairness, or admin, whom that spares
  --help`;

/**
 * @param known the ids that there are
 * @throws Error that says what is wrong with the arguments
 */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      runs: { type: 'string', default: '5' },
      out: { type: 'string' },
      profile: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      against: { type: 'string' },
      only: { type: 'string', default: '' },
      as: { type: 'string', default: 'service-account' },
      help: { type: 'boolean', default: false },
    },
  });
  const scenarios = positionals.map((name) => {
    const id = known.find((one) => one.toUpperCase() === name.toUpperCase());
    if (id !== undefined) return id;
    throw new Error(`${name}: there is no such scenario; there are ${known.join(', ')}`);
  });
  if (values.quick && values.full) throw new Error('--quick and --full exclude each other');
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new Error(`--runs: expected a whole number above 0, got ${values.runs}`);
  const { full, out, profile, against, as, help } = values;
  const only = values.only.split(',').filter((name) => name !== '');
  if (as !== 'service-account' && as !== 'admin')
    throw new Error(`--as: expected service-account or admin, got ${as}`);
  const build = !values['no-build'] && against === undefined;
  return { scenarios, full, runs, out, profile, build, as, against, only, help };
}

import type { ContestantName } from './contestants/contestant.ts';
import type { Facts } from './facts.ts';
import type { Figures, Measure } from './scenarios/scenario.ts';
import { type Summary, summarize } from './statistics.ts';

/** What the runs of one contestant in one case gave. */
export interface ContestantRuns {
  readonly name: ContestantName;
  readonly runs: readonly Figures[];
  /** Why runs failed. */
  readonly failures: readonly string[];
}

/** All runs of one case of a scenario. */
export interface CaseRuns {
  readonly scenario: string;
  readonly title: string;
  readonly label: string;
  readonly server: string;
  /** Whether it shares a table with the other cases of its scenario. */
  readonly inOneTable?: boolean;
  readonly measures: readonly Measure[];
  readonly contestants: readonly ContestantRuns[];
}

/** One contestant's row. */
export interface ContestantResult extends ContestantRuns {
  /** By the keys of the measures. */
  readonly summaries: Readonly<Record<string, Summary>>;
}

/** One case, summarized. */
export interface CaseResult extends Omit<CaseRuns, 'contestants'> {
  readonly contestants: readonly ContestantResult[];
  /** depwatch's median divided by another one's, by the keys of the measures. */
  readonly ratios: Readonly<Partial<Record<ContestantName, Readonly<Record<string, number>>>>>;
}

/** A whole run of the tool. */
export interface Results {
  readonly facts: Facts;
  readonly cases: readonly CaseResult[];
}

/** Medians, spreads and ratios of medians. */
export function summarizeCase({ contestants, ...rest }: CaseRuns): CaseResult {
  const rows = contestants.map((contestant) => ({
    ...contestant,
    summaries: Object.fromEntries(
      rest.measures.flatMap(({ key }) => {
        const values = contestant.runs.flatMap((run) => run[key] ?? []);
        return values.length === 0 ? [] : [[key, summarize(values)]];
      }),
    ),
  }));
  const own = rows.find(({ name }) => name === 'depwatch');
  const ratios = Object.fromEntries(
    rows
      .filter((row) => own !== undefined && row !== own)
      .map(({ name, summaries }) => [name, ratiosOf(own!.summaries, summaries)]),
  );
  return { ...rest, contestants: rows, ratios };
}

function ratiosOf(
  own: Readonly<Record<string, Summary>>,
  others: Readonly<Record<string, Summary>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(own).flatMap(([key, { median }]) => {
      const other = others[key]?.median;
      return other ? [[key, median / other]] : [];
    }),
  );
}

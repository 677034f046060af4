import type { Facts } from './facts.ts';
import type { CaseResult, Results } from './results.ts';
import type { Measure } from './scenarios/scenario.ts';
import type { Summary } from './statistics.ts';

/** Three significant digits, and thousands set apart: `0.0123`, `12.3`, `1,234`. */
export function formatNumber(value: number): string {
  const rounded = Math.abs(value) < 1000 ? Number(value.toPrecision(3)) : Math.round(value);
  return rounded.toLocaleString('en-US', { maximumSignificantDigits: 10 });
}

/** One line for a run that is over. */
export function formatFigures(
  measures: readonly Measure[],
  figures: Readonly<Record<string, number>>,
): string {
  return measures
    .filter(({ key }) => figures[key] !== undefined)
    .map(({ key, label, unit }) => `${label} ${formatNumber(figures[key]!)} ${unit}`.trimEnd())
    .join(', ');
}

/** The results as Markdown: the facts, and a table for each case. */
export function formatMarkdown({ facts, cases }: Results): string {
  const tables = [...Map.groupBy(cases, ({ scenario }) => scenario).values()].flatMap((all) =>
    all[0]!.inOneTable ? [formatCases(all)] : all.map(formatCase),
  );
  return ['# Benchmarks', formatFacts(facts), ...tables].join('\n\n') + '\n';
}

function formatFacts(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `- ${name}: ${value}`)
    .join('\n');
}

function formatCase({
  scenario,
  title,
  label,
  server,
  measures,
  contestants,
  ratios,
}: CaseResult): string {
  const header = ['', ...measures.map(formatMeasure)];
  const rows = contestants.map(({ name, summaries, runs }) => [
    `${name} (n = ${runs.length})`,
    ...measures.map(({ key }) => formatSummary(summaries[key])),
  ]);
  const ratioRows = Object.entries(ratios).map(([name, ratio]) => [
    `depwatch ÷ ${name}`,
    ...measures.map(({ key }) => (ratio[key] === undefined ? '' : `× ${formatNumber(ratio[key])}`)),
  ]);
  return [
    `## ${scenario}: ${title}, ${label}`,
    `On ${server}; medians, quartiles in brackets.`,
    formatTable(1, [header, ...rows, ...ratioRows]),
    ...formatFailures(contestants),
  ].join('\n\n');
}

/** All cases of a scenario as one table: a row for each contestant of each. */
function formatCases(cases: readonly CaseResult[]): string {
  const { scenario, title, server, measures } = cases[0]!;
  const header = ['', '', ...measures.map(formatMeasure)];
  const rows = cases.flatMap(({ label, contestants }) =>
    contestants.map(({ name, summaries, runs }) => [
      label,
      `${name} (n = ${runs.length})`,
      ...measures.map(({ key }) => formatSummary(summaries[key])),
    ]),
  );
  return [
    `## ${scenario}: ${title}`,
    `On ${server}; medians, quartiles in brackets.`,
    formatTable(2, [header, ...rows]),
    ...cases.flatMap(({ contestants }) => formatFailures(contestants)),
  ].join('\n\n');
}

function formatMeasure({ label, unit }: Measure): string {
  return unit ? `${label}, ${unit}` : label;
}

/** @param texts how many columns hold text; the others hold numbers */
function formatTable(texts: number, [header, ...rows]: readonly (readonly string[])[]): string {
  const rule = header!.map((_, index) => (index < texts ? '---' : '--:'));
  return [header!, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function formatFailures(contestants: CaseResult['contestants']): string[] {
  const lines = contestants.flatMap(({ name, failures }) =>
    failures.map((reason) => `- **${name} failed**: ${reason.split('\n')[0]}`),
  );
  return lines.length > 0 ? [lines.join('\n')] : [];
}

function formatSummary(summary: Summary | undefined): string {
  if (!summary) return '–';
  const { median, q1, q3 } = summary;
  if (q1 === q3) return formatNumber(median);
  return `${formatNumber(median)} (${formatNumber(q1)}–${formatNumber(q3)})`;
}

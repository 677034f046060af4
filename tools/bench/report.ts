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
  return ['# Benchmarks', formatFacts(facts), ...cases.map(formatCase)].join('\n\n') + '\n';
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
  const header = [
    '',
    ...measures.map((one) => (one.unit ? `${one.label}, ${one.unit}` : one.label)),
  ];
  const rows = contestants.map(({ name, summaries, runs }) => [
    `${name} (n = ${runs.length})`,
    ...measures.map(({ key }) => formatSummary(summaries[key])),
  ]);
  const ratioRows = Object.entries(ratios).map(([name, ratio]) => [
    `depwatch ÷ ${name}`,
    ...measures.map(({ key }) => (ratio[key] === undefined ? '' : `× ${formatNumber(ratio[key])}`)),
  ]);
  const failures = contestants.flatMap(({ name, failures: reasons }) =>
    reasons.map((reason) => `- **${name} failed**: ${reason.split('\n')[0]}`),
  );
  const table = [
    header,
    header.map((_, index) => (index === 0 ? '---' : '--:')),
    ...rows,
    ...ratioRows,
  ];
  return [
    `## ${scenario}: ${title}, ${label}`,
    `On ${server}; medians, quartiles in brackets.`,
    table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    ...(failures.length > 0 ? [failures.join('\n')] : []),
  ].join('\n\n');
}

function formatSummary(summary: Summary | undefined): string {
  if (!summary) return '–';
  const { median, q1, q3 } = summary;
  if (q1 === q3) return formatNumber(median);
  return `${formatNumber(median)} (${formatNumber(q1)}–${formatNumber(q3)})`;
}

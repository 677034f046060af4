import type { CaseResult } from './results.ts';
import type { ContestantName } from './contestants/contestant.ts';

const colors: Readonly<Record<ContestantName, string>> = {
  depwatch: '#1f6feb',
  before: '#8250df',
  'per-object': '#1a7f37',
  shared: '#9a6700',
  'with-metrics': '#0a7ea4',
  'with-inspector': '#b07aa1',
  'client-node': '#d1242f',
  undici: '#57606a',
  http2: '#afb8c1',
  'one-watch': '#6e7781',
};
const left = 330;
const width = 900;
const top = 60;
const rowHeight = 28;
/** The powers of ten at both ends of the axis. */
const from = -2;
const to = 2;

/**
 * The first measure of each case as an SVG: a line for each case, on it the contestants' medians with their quartiles,
 * as multiples of the undici floor's median (of client-node's, where the floor has no part; of depwatch's own else).
 */
export function formatPlot(cases: readonly CaseResult[]): string {
  const bottom = top + cases.length * rowHeight;
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  const grid = ticks.flatMap((tick) => [
    `<line x1="${x(tick)}" x2="${x(tick)}" y1="${top - 10}" y2="${bottom}" stroke="${tick === 1 ? '#57606a' : '#d0d7de'}"/>`,
    `<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">×${tick}</text>`,
  ]);
  const legend = Object.entries(colors).flatMap(([name, color], index) => [
    `<circle cx="${left + index * 120}" cy="20" r="5" fill="${color}"/>`,
    `<text x="${left + 10 + index * 120}" y="24">${name}</text>`,
  ]);
  const rows = cases.flatMap((one, index) => row(one, top + index * rowHeight + 8));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 30}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...grid,
    ...legend,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

function row({ scenario, label, measures, contestants }: CaseResult, y: number): string[] {
  const { key, label: measured } = measures[0]!;
  const medianOf = (name: ContestantName) =>
    contestants.find((contestant) => contestant.name === name)?.summaries[key]?.median;
  const base = medianOf('undici') || medianOf('client-node') || medianOf('depwatch');
  const text = escapeXml(`${scenario} ${label}: ${measured}`);
  const marks = contestants.flatMap(({ name, summaries }) => {
    const summary = summaries[key];
    if (!summary || !base) return [];
    const { median, q1, q3 } = summary;
    const color = colors[name];
    return [
      `<line x1="${x(q1 / base)}" x2="${x(q3 / base)}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="2"/>`,
      `<circle cx="${x(median / base)}" cy="${y}" r="5" fill="${color}"/>`,
    ];
  });
  return [`<text x="${left - 20}" y="${y + 4}" text-anchor="end">${text}</text>`, ...marks];
}

/** The place of a ratio on the axis; what lies beyond its ends is shown there. */
function x(ratio: number): number {
  const power = Math.min(to, Math.max(from, Math.log10(ratio)));
  return Math.round(left + ((power - from) / (to - from)) * (width - left - 30));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

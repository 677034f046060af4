import { expect, test } from 'vitest';

import { formatPlot } from '../plot.ts';
import { formatMarkdown, formatNumber } from '../report.ts';
import { type CaseRuns, summarizeCase } from '../results.ts';

const runs: CaseRuns = {
  scenario: 'B1',
  title: 'Add watches',
  label: '100 watches',
  server: 'a server',
  measures: [
    { key: 'wallMs', label: 'wall', unit: 'ms' },
    { key: 'requests', label: 'requests', unit: '' },
  ],
  contestants: [
    {
      name: 'depwatch',
      runs: [10, 20, 30].map((wallMs) => ({ wallMs, requests: 100 })),
      failures: [],
    },
    {
      name: 'undici',
      runs: [10, 10, 10].map((wallMs) => ({ wallMs, requests: 100 })),
      failures: [],
    },
    { name: 'client-node', runs: [], failures: ['Error: gone\n    at somewhere'] },
  ],
};

test('ratios are those of the medians; who has no figures has no ratio', () => {
  const { ratios, contestants } = summarizeCase(runs);
  expect(ratios).toEqual({ undici: { wallMs: 2, requests: 1 }, 'client-node': {} });
  expect(contestants[0]!.summaries['wallMs']).toMatchObject({ median: 20, q1: 15, q3: 25 });
});

test('the Markdown has the facts, a table for each case, and what failed', () => {
  const markdown = formatMarkdown({ facts: { cores: 2 }, cases: [summarizeCase(runs)] });
  expect(markdown).toBe(`# Benchmarks

- cores: 2

## B1: Add watches, 100 watches

On a server; medians, quartiles in brackets.

|  | wall, ms | requests |
| --- | --: | --: |
| depwatch (n = 3) | 20 (15–25) | 100 |
| undici (n = 3) | 10 | 100 |
| client-node (n = 0) | – | – |
| depwatch ÷ undici | × 2 | × 1 |
| depwatch ÷ client-node |  |  |

- **client-node failed**: Error: gone
`);
});

test('the cases of a scenario may share a table', () => {
  const cases = ['100 watches', '200 watches'].map((label) =>
    summarizeCase({ ...runs, label, inOneTable: true }),
  );
  const markdown = formatMarkdown({ facts: {}, cases });
  expect(markdown.match(/^## .*$/gm)).toEqual(['## B1: Add watches']);
  expect(markdown).toContain(`
|  |  | wall, ms | requests |
| --- | --- | --: | --: |
| 100 watches | depwatch (n = 3) | 20 (15–25) | 100 |
`);
  expect(markdown).toContain('| 200 watches | undici (n = 3) | 10 | 100 |');
});

test('numbers have three digits', () => {
  const texts = [0, 0.012345, 12.345, 999.6, 1234.5, 1_234_567].map(formatNumber);
  expect(texts).toEqual(['0', '0.0123', '12.3', '1,000', '1,235', '1,234,567']);
});

test('the plot shows each contestant that has figures, in multiples of the floor', () => {
  const svg = formatPlot([summarizeCase(runs)]);
  const circles = [...svg.matchAll(/<circle cx="(\d+)" cy="68" r="5" fill="(#\w+)"/g)];
  expect(circles.map(([, , color]) => color)).toEqual(['#1f6feb', '#57606a']);
  const [own, floor] = circles.map(([, x]) => Number(x));
  expect(own).toBeGreaterThan(floor!);
  expect(svg).toContain('B1 100 watches: wall');
});

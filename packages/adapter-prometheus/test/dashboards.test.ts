import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { realRun, replicasRun } from './real-run.ts';

const folder = join(import.meta.dirname, '..');
const alerts = join(folder, 'alerts/depwatch.yaml');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const board = JSON.parse(readFileSync(join(folder, 'grafana/depwatch.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
};
const rules = (
  parse(readFileSync(alerts, 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  }
).groups.flatMap((group) => group.rules);

/** What Prometheus adds to what it scrapes. */
const added = new Set(['job', 'instance']);
const metric = /\b(?:workqueue|controller_runtime|rest_client|leader_election|depwatch)_[a-z_]+/g;

/** The labels that each metric has, by the names that its samples have. */
async function labelsOf(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const labels = new Map<string, Set<string>>();
  for (const line of [await realRun(), await replicasRun()].join('\n').split('\n')) {
    const [, name, pairs = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? [];
    if (!name) continue;
    const known = labels.get(name) ?? new Set();
    labels.set(name, known);
    for (const [, label] of pairs.matchAll(/(\w+)="/g)) known.add(label!);
  }
  return labels;
}

/** What an expression, or a text that goes with it, names: metrics, and labels. */
function namesIn(expression: string, ...texts: readonly string[]) {
  const matchers = [...expression.matchAll(/\{([^}]*)\}/g)].map(([, inside]) => inside!);
  return {
    metrics: [...expression.matchAll(metric)].map(([name]) => name),
    labels: new Set([
      ...matchers
        .flatMap((inside) => [...inside.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)])
        .map(([, label]) => label!),
      ...[...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/, */)),
      ...texts
        .flatMap((text) => [...text.matchAll(/\{\{ *(?:\$labels\.)?(\w+) *\}\}/g)])
        .map(([, label]) => label!),
    ]),
  };
}

it('the board and the alerts name what a controller really tells, with labels that it has', async () => {
  const labels = await labelsOf();
  const expressions = [
    ...board.panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr, legendFormat }) => namesIn(expr, legendFormat)),
    ),
    ...board.templating.list.flatMap(({ definition }) => (definition ? [namesIn(definition)] : [])),
    ...rules.map(({ expr, annotations }) => namesIn(expr, ...Object.values(annotations))),
  ];
  const asked = new Set(expressions.flatMap(({ metrics }) => metrics));
  expect([...asked].filter((name) => !labels.has(name))).toEqual([]);
  expect(expressions.filter(({ metrics }) => metrics.length === 0)).toEqual([]);
  for (const { metrics, labels: used } of expressions) {
    for (const name of metrics) {
      const unknown = [...used].filter(
        (label) => !added.has(label) && !labels.get(name)!.has(label),
      );
      expect(unknown, name).toEqual([]);
    }
  }
  // And everything that a controller tells of is looked at.
  const families = new Set(
    [...labels.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  );
  const shown = new Set([...asked].map((name) => name.replace(/_bucket$/, '')));
  expect([...families].filter((name) => !shown.has(name))).toEqual([
    'workqueue_work_duration_seconds',
  ]);
}, 60_000);

it('no panel lies on another one', () => {
  const cells = new Set<string>();
  for (const {
    title,
    gridPos: { x, y, w, h },
  } of board.panels) {
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let row = y; row < y + h; row += 1)
      for (let column = x; column < x + w; column += 1) {
        expect(cells.has(`${column} ${row}`), title).toBe(false);
        cells.add(`${column} ${row}`);
      }
  }
  expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
});

it('promtool takes the alerts, where it is at hand', ({ skip }) => {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', alerts], {
    encoding: 'utf8',
  });
  if (error) skip('there is no promtool here');
  expect(status, `${stdout}${stderr}`).toBe(0);
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { knownMetrics } from '@depwatch/core';
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
  const families = [...labels.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  expect(families.filter((name) => !(name in knownMetrics))).toEqual([]);
}, 60_000);

/** Whether any of the expressions asks for a metric, and not for one whose name begins so. */
const isIn = (expressions: readonly string[], name: string): boolean =>
  expressions.some((expression) =>
    new RegExp(String.raw`\b${name}(_bucket|_sum|_count)?\b`).test(expression),
  );

/** Known metrics that have no panel, and why. */
const withoutPanel = {
  workqueue_work_duration_seconds:
    'the panel of controller_runtime_reconcile_time_seconds shows the same',
};

/** Metrics of depwatch's own that have no alert, and why. */
const withoutAlert = {
  depwatch_watched: 'how much is depended on is the author’s affair',
  depwatch_watch_retries_total: 'retries pass; that they don’t is what depwatch_watches alerts of',
  depwatch_collection_events_total: 'it costs something, and breaks nothing',
  depwatch_watchers: 'depwatch_watchers_unowned_seconds says when it lasts',
  depwatch_replica_member: 'a replica that stays away shows in depwatch_replicas_members',
  depwatch_replicas_hand_overs_total: 'each rollout makes some',
  depwatch_replicas_without_owner_seconds:
    'it is told when it is over; depwatch_watchers_unowned_seconds says so before',
};

it('every known metric is on the board, or is left out for a reason', () => {
  const shown = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const missing = Object.keys(knownMetrics).filter((name) => !isIn(shown, name));
  expect(missing).toEqual(Object.keys(withoutPanel));
});

it('every metric of depwatch’s own has an alert, or has none for a reason', () => {
  const own = Object.keys(knownMetrics).filter((name) => name.startsWith('depwatch_'));
  const alerted = rules.map(({ expr }) => expr);
  expect(own.filter((name) => !isIn(alerted, name))).toEqual(Object.keys(withoutAlert));
});

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

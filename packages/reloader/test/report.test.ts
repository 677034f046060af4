import { describe, expect, it } from 'vitest';

import { levelOf, type DecisionEvent, type ReloaderEvent } from '../src/events.ts';
import { createTextReport, jsonReport } from '../src/report.ts';

const workload = { kind: 'Deployment', namespace: 'shop', name: 'web' } as const;
const rolled: DecisionEvent = {
  type: 'decision',
  changes: [{ type: 'modified', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }],
  workload,
  outcome: 'rolled',
  reason: 'other data in configmap/settings',
  differing: ['configmap/settings'],
  durationMs: 12.3456,
};
const noon = new Date(2026, 0, 31, 12, 0, 5).getTime();

describe('the text report', () => {
  it('has a line for each event, in columns under a heading', () => {
    const report = createTextReport();
    const events: ReloaderEvent[] = [
      { type: 'synced', workloads: 7, optedIn: 2 },
      rolled,
      {
        ...rolled,
        changes: [{ type: 'seen', ...workload }],
        outcome: 'unchanged',
        reason: 'same data',
      },
      { type: 'failed', workload, message: 'no\n answer' },
      { type: 'failed', message: 'list refused' },
      { type: 'problem', workload, message: 'lists nonsense' },
      { type: 'notice', message: 'all is well' },
    ];
    expect([report.heading, ...events.map((event) => report.line(event, noon))]).toStrictEqual([
      'TIME      CHANGED                           USED BY                     OUTCOME       TOOK  WHY',
      '12:00:05                                                                watching            2 of 7 workloads',
      '12:00:05  configmap settings modified       deployment shop/web         rolled       12 ms  other data in configmap/settings',
      '12:00:05  workload seen                     deployment shop/web         unchanged    12 ms  same data',
      '12:00:05                                    deployment shop/web         failed              no answer; trying again',
      '12:00:05                                                                failed              list refused; trying again',
      '12:00:05                                    deployment shop/web         problem             lists nonsense',
      '12:00:05                                                                notice              all is well',
    ]);
  });

  it('names all changes that led to one decision', () => {
    const [change] = rolled.changes;
    const changes = [change!, { ...change!, type: 'deleted', kind: 'Secret', name: 'db' } as const];
    expect(createTextReport().line({ ...rolled, changes }, noon)).toContain(
      'configmap settings modified, secret db deleted',
    );
  });

  it('paints what it is told to', () => {
    const report = createTextReport((tone, text) => (tone === 'good' ? `<${text.trim()}>` : text));
    expect(report.line(rolled, noon)).toContain('<rolled>');
  });
});

describe('the JSON report', () => {
  it('is one object a line with level and msg, and the same fields', () => {
    const line = jsonReport.line(rolled, Date.UTC(2026, 0, 31));
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toStrictEqual({
      time: '2026-01-31T00:00:00.000Z',
      level: 'info',
      msg: 'deployment shop/web rolled: other data in configmap/settings',
      ...rolled,
      durationMs: 12.3,
    });
    expect(JSON.parse(jsonReport.line({ type: 'failed', message: 'a\nb' }, 0))).toStrictEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'error',
      msg: 'failed: a b; trying again',
      type: 'failed',
      message: 'a\nb',
    });
  });
});

it('what changed nothing is for those who look closely, what somebody should mend a warning', () => {
  const levels = [
    rolled,
    { ...rolled, outcome: 'unchanged' } as const,
    { type: 'problem', workload, message: '' } as const,
    { type: 'failed', message: '' } as const,
    { type: 'notice', message: '' } as const,
  ].map(levelOf);
  expect(levels).toStrictEqual(['info', 'debug', 'warn', 'error', 'info']);
});

import { describe, expect, test } from 'vitest';

import { createLog, type Level, type LogOptions } from '../src/log.ts';

const noon = new Date(2026, 0, 31, 12, 0, 5).getTime();
const workload = { kind: 'Deployment', namespace: 'shop', name: 'web' };
const decision = {
  workload,
  outcome: 'unchanged',
  reason: 'same data',
  differing: [],
  causes: ['configmap/a modified', 'secret/s deleted'],
};

function linesOf(format: LogOptions['format'], level: Level = 'debug') {
  const lines: string[] = [];
  const log = createLog({ format, level, now: () => noon, write: (line) => lines.push(line) });
  log.debug(decision, 'deployment shop/web unchanged: same data');
  log.info({ workloads: 7 }, '2 of 7 workloads take part');
  log.warn({ workload }, 'deployment shop/web: lists nonsense');
  const error = new Error('no\n answer', { cause: new Error('c0rrecth0rse') });
  log.error({ watcher: 'Kind=Deployment', err: error }, 'a reconcile failed');
  return lines;
}

describe('a log', () => {
  test('of text says when, how bad it is, what, of whom, and why, in one line each', () => {
    expect(linesOf('text')).toStrictEqual([
      '12:00:05 debug deployment shop/web unchanged: same data (configmap/a modified, secret/s deleted)',
      '12:00:05 info  2 of 7 workloads take part',
      '12:00:05 warn  deployment shop/web: lists nonsense',
      '12:00:05 error a reconcile failed: Kind=Deployment: no answer',
    ]);
  });

  test('of JSON is one object a line with time, level and msg, and the fields', () => {
    const [debug, , , error] = linesOf('json').map((line) => JSON.parse(line) as object);
    const time = new Date(noon).toISOString();
    const msg = 'deployment shop/web unchanged: same data';
    expect(debug).toStrictEqual({ time, level: 'debug', msg, ...decision });
    expect(error).toStrictEqual({
      time,
      level: 'error',
      msg: 'a reconcile failed',
      watcher: 'Kind=Deployment',
      error: 'no\n answer',
    });
  });

  test('leaves out what matters less than it is told to say', () => {
    expect(linesOf('text', 'warn').map((line) => line.slice(9, 14))).toEqual(['warn ', 'error']);
  });
});

import { describe, expect, it } from 'vitest';

import type { Finding } from '../src/content-hash.ts';
import { decide, formatRecord, parseRecord } from '../src/record.ts';

const found = (id: string, hash: string | undefined, optional = false): Finding => ({
  id,
  reference: id.split('/').slice(0, 2).join('/'),
  hash,
  optional,
});
const record = (entries: Record<string, string>): string =>
  formatRecord(new Map(Object.entries(entries)));

describe('decide', () => {
  it.each<{
    name: string;
    old: string | undefined;
    findings: readonly Finding[];
    action: string;
    record: Record<string, string>;
    reason: string;
  }>([
    {
      name: 'first sight records',
      old: undefined,
      findings: [found('configmap/a', 'A'), found('secret/b', 'B')],
      action: 'record',
      record: { 'configmap/a': 'A', 'secret/b': 'B' },
      reason: 'first sight',
    },
    {
      name: 'a workload that uses nothing is left alone',
      old: undefined,
      findings: [],
      action: 'nothing',
      record: {},
      reason: 'uses nothing',
    },
    {
      name: 'the same data is left alone',
      old: record({ 'configmap/a': 'A' }),
      findings: [found('configmap/a', 'A')],
      action: 'nothing',
      record: { 'configmap/a': 'A' },
      reason: 'same data',
    },
    {
      name: 'other data rolls',
      old: record({ 'configmap/a': 'A', 'secret/b': 'B' }),
      findings: [found('configmap/a', 'A2'), found('secret/b', 'B')],
      action: 'roll',
      record: { 'configmap/a': 'A2', 'secret/b': 'B' },
      reason: 'other data in configmap/a',
    },
    {
      name: 'several differences roll once, and few are named',
      old: record({
        'secret/a': '1',
        'secret/b': '1',
        'secret/c': '1',
        'secret/d': '1',
        'secret/e': '1',
      }),
      findings: ['a', 'b', 'c', 'd', 'e'].map((name) => found(`secret/${name}`, '2')),
      action: 'roll',
      record: {
        'secret/a': '2',
        'secret/b': '2',
        'secret/c': '2',
        'secret/d': '2',
        'secret/e': '2',
      },
      reason: 'other data in secret/a, secret/b, secret/c and 2 more',
    },
    {
      name: 'something else used than before is recorded',
      old: record({ 'configmap/a': 'A', 'configmap/old': 'O' }),
      findings: [found('configmap/a', 'A'), found('configmap/new', 'N')],
      action: 'record',
      record: { 'configmap/a': 'A', 'configmap/new': 'N' },
      reason: 'new: configmap/new, no longer used: configmap/old',
    },
    {
      name: 'all of an object instead of a key of it is recorded',
      old: record({ 'configmap/a/k': 'K' }),
      findings: [found('configmap/a', 'A')],
      action: 'record',
      record: { 'configmap/a': 'A' },
      reason: 'new: configmap/a, no longer used: configmap/a/k',
    },
    {
      name: 'one key more beside one that differs rolls for that',
      old: record({ 'configmap/a/k': 'K' }),
      findings: [found('configmap/a/k', 'K2'), found('configmap/a/l', 'L')],
      action: 'roll',
      record: { 'configmap/a/k': 'K2', 'configmap/a/l': 'L' },
      reason: 'other data in configmap/a/k',
    },
    {
      name: 'nothing used any more empties the record, for what comes back later is new',
      old: record({ 'configmap/a': 'A' }),
      findings: [],
      action: 'record',
      record: {},
      reason: 'no longer used: configmap/a',
    },
    {
      name: 'something missing at first sight is waited for',
      old: undefined,
      findings: [found('configmap/a', undefined)],
      action: 'nothing',
      record: {},
      reason: 'waiting for configmap/a',
    },
    {
      name: 'the rest is recorded meanwhile',
      old: undefined,
      findings: [found('configmap/a', undefined), found('secret/b', 'B')],
      action: 'record',
      record: { 'secret/b': 'B' },
      reason: 'first sight, waiting for configmap/a',
    },
    {
      name: 'what was waited for is recorded: the pods waited, too',
      old: record({ 'secret/b': 'B' }),
      findings: [found('configmap/a', 'A'), found('secret/b', 'B')],
      action: 'record',
      record: { 'configmap/a': 'A', 'secret/b': 'B' },
      reason: 'new: configmap/a',
    },
    {
      name: 'what is gone keeps its place',
      old: record({ 'configmap/a': 'A' }),
      findings: [found('configmap/a', undefined)],
      action: 'nothing',
      record: { 'configmap/a': 'A' },
      reason: 'gone: configmap/a, rolls if it comes back different',
    },
    {
      name: 'what is gone does not hide what differs',
      old: record({ 'configmap/a': 'A', 'secret/b': 'B' }),
      findings: [found('configmap/a', undefined), found('secret/b', 'B2')],
      action: 'roll',
      record: { 'configmap/a': 'A', 'secret/b': 'B2' },
      reason: 'other data in secret/b',
    },
    {
      name: 'something optional that is not there is recorded as absent',
      old: undefined,
      findings: [found('configmap/a', undefined, true)],
      action: 'record',
      record: { 'configmap/a': '-' },
      reason: 'first sight',
    },
    {
      name: 'its coming rolls, since the pods run without it',
      old: record({ 'configmap/a': '-' }),
      findings: [found('configmap/a', 'A', true)],
      action: 'roll',
      record: { 'configmap/a': 'A' },
      reason: 'other data in configmap/a',
    },
    {
      name: 'still not there is the same',
      old: record({ 'configmap/a': '-' }),
      findings: [found('configmap/a', undefined, true)],
      action: 'nothing',
      record: { 'configmap/a': '-' },
      reason: 'same data',
    },
    {
      name: 'something optional that is gone does not roll',
      old: record({ 'configmap/a': 'A' }),
      findings: [found('configmap/a', undefined, true)],
      action: 'nothing',
      record: { 'configmap/a': 'A' },
      reason: 'gone: configmap/a, rolls if it comes back different',
    },
    {
      name: 'optional before and needed now is another pod template: recorded',
      old: record({ 'configmap/a': '-' }),
      findings: [found('configmap/a', 'A')],
      action: 'record',
      record: { 'configmap/a': 'A' },
      reason: 'new: configmap/a',
    },
    {
      name: 'optional before, needed now and still not there is waited for',
      old: record({ 'configmap/a': '-' }),
      findings: [found('configmap/a', undefined)],
      action: 'record',
      record: {},
      reason: 'waiting for configmap/a',
    },
    {
      name: 'something optional that is new and not there is recorded as absent',
      old: record({ 'secret/b': 'B' }),
      findings: [found('configmap/a', undefined, true), found('secret/b', 'B')],
      action: 'record',
      record: { 'configmap/a': '-', 'secret/b': 'B' },
      reason: 'new: configmap/a',
    },
    ...['', '{', 'null', '[]', '"a"', '{"configmap/a":1}', '{"configmap/a":{}}'].map((old) => ({
      name: `the unreadable record ${JSON.stringify(old)} is replaced without a roll`,
      old,
      findings: [found('configmap/a', 'A')],
      action: 'record',
      record: { 'configmap/a': 'A' },
      reason: 'the record was unreadable',
    })),
    {
      name: 'a record in another order or spacing is taken as it is meant',
      old: '{ "secret/b": "B", "configmap/a": "A" }',
      findings: [found('configmap/a', 'A'), found('secret/b', 'B')],
      action: 'nothing',
      record: { 'configmap/a': 'A', 'secret/b': 'B' },
      reason: 'same data',
    },
    {
      name: 'hostile keys in the record and among the keys used',
      old: '{"__proto__":"x","configmap/constructor/__proto__":"1"}',
      findings: [found('configmap/constructor/__proto__', '2')],
      action: 'roll',
      record: { 'configmap/constructor/__proto__': '2' },
      reason: 'other data in configmap/constructor/__proto__',
    },
  ])('$name', ({ old, findings, action, record: expected, reason }) => {
    const decision = decide(old, findings);
    expect(decision.action).toBe(action);
    expect(decision.record).toStrictEqual(new Map(Object.entries(expected)));
    expect(decision.reason).toBe(reason);
    expect(decision.differing.length > 0).toBe(action === 'roll');

    // Whatever was decided, there is nothing more to do once it is written.
    const again = decide(formatRecord(decision.record), findings);
    if (action !== 'nothing') expect(again.action).toBe('nothing');
  });

  it('names what is missing', () => {
    const { missing } = decide(undefined, [
      found('configmap/a', undefined),
      found('configmap/b', undefined, true),
      found('configmap/c', 'C'),
    ]);
    expect(missing).toStrictEqual(['configmap/a']);
  });
});

describe('a record as text', () => {
  it('is sorted JSON without spaces', () => {
    expect(formatRecord(new Map(Object.entries({ 'secret/b': '2', 'configmap/a': '1' })))).toBe(
      '{"configmap/a":"1","secret/b":"2"}',
    );
  });

  it('comes back as it was, whatever the keys', () => {
    const entries = new Map([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['"\\\n', '3'],
    ]);
    expect(parseRecord(formatRecord(entries))).toStrictEqual(entries);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});

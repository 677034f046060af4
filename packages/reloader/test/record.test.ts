import { describe, expect, it } from 'vitest';

import type { Finding } from '../src/content-hash.ts';
import { decide, formatRecord, parseRecord } from '../src/record.ts';

const found = (id: string, hash: string | undefined, optional = false): Finding => ({
  id,
  hash,
  optional,
});
const template = { hash: 'T' };
/** As it is written: with the pod template, where there is anything. */
const whole = (entries: Record<string, string>): Map<string, string> =>
  new Map(Object.entries(Object.keys(entries).length > 0 ? { ...entries, template: 'T' } : {}));
const record = (entries: Record<string, string>): string => formatRecord(whole(entries));
const decideOn = (recordText: string | undefined, findings: readonly Finding[]) =>
  decide({ recordText, template, findings });

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
      reason: 'waiting for configmap/a',
    },
    {
      name: 'what differs is not rolled for while something is missing that new pods would need',
      old: record({ 'configmap/a': 'A', 'secret/b': 'B' }),
      findings: [found('configmap/a', undefined), found('secret/b', 'B2')],
      action: 'nothing',
      record: { 'configmap/a': 'A', 'secret/b': 'B' },
      reason: 'waiting for configmap/a',
    },
    {
      name: 'what may not be read keeps its place, and the rest counts',
      old: record({ 'configmap/a': 'A', 'secret/b': 'B', 'secret/c': '-' }),
      findings: [
        found('configmap/a', 'A2'),
        { ...found('secret/b', undefined), isHidden: true },
        { ...found('secret/c', undefined, true), isHidden: true },
      ],
      action: 'roll',
      record: { 'configmap/a': 'A2', 'secret/b': 'B', 'secret/c': '-' },
      reason: 'other data in configmap/a, secret/b, secret/c may not be read',
    },
    {
      name: 'what may not be read and never was is left out',
      old: undefined,
      findings: [{ ...found('secret/b', undefined, true), isHidden: true }],
      action: 'nothing',
      record: {},
      reason: 'secret/b may not be read',
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
      name: 'something optional that is gone rolls, so that the pods run without it',
      old: record({ 'configmap/a': 'A' }),
      findings: [found('configmap/a', undefined, true)],
      action: 'roll',
      record: { 'configmap/a': '-' },
      reason: 'other data in configmap/a',
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
      old: '{ "template": "T", "secret/b": "B", "configmap/a": "A" }',
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
    const decision = decideOn(old, findings);
    expect(decision.action).toBe(action);
    expect(decision.record).toStrictEqual(whole(expected));
    expect(decision.reason).toBe(reason);
    if (action === 'roll') expect(decision.differing).not.toEqual([]);

    // Whatever was decided, there is nothing more to do once it is written.
    const again = decideOn(formatRecord(decision.record), findings);
    if (action !== 'nothing') expect(again.action).toBe('nothing');
  });

  it('names what is missing', () => {
    const { missing } = decideOn(undefined, [
      found('configmap/a', undefined),
      found('configmap/b', undefined, true),
      found('configmap/c', 'C'),
    ]);
    expect(missing).toStrictEqual(['configmap/a']);
  });
});

describe('what was decided before', () => {
  const known = { record: whole({ 'configmap/a': 'B' }), replaced: record({ 'configmap/a': 'A' }) };
  const old = record({ 'configmap/a': 'A' });
  const decideKnowing = (recordText: string | undefined, hash: string) =>
    decide({ recordText, known, template, findings: [found('configmap/a', hash)] });

  it.each([
    ['is removed', undefined],
    ['is broken', '{'],
    ['is set back to what it was before', old],
    ['is set to something else', record({ 'configmap/a': 'C' })],
  ])('is restored where the annotation %s', (_what, recordText) => {
    expect(decideKnowing(recordText, 'B')).toMatchObject({ action: 'restore', differing: [] });
  });

  it('rolls for what has changed since, whatever the annotation says', () => {
    for (const recordText of [undefined, '{', formatRecord(known.record)])
      expect(decideKnowing(recordText, 'D').action).toBe('roll');
  });

  it('rolls for data that is as it was before, though the cache shows the annotation of then still', () => {
    expect(decideKnowing(old, 'A').action).toBe('roll');
  });

  it('does not roll for what another reloader has rolled for', () => {
    expect(decideKnowing(record({ 'configmap/a': 'D' }), 'D').action).toBe('nothing');
  });
});

describe('another pod template', () => {
  const recordText = formatRecord(new Map([...whole({ 'configmap/a': 'A' }), ['template', 'T0']]));
  const decideAt = (changedMs: number | undefined, more: object = {}) =>
    decide({
      recordText,
      template: { hash: 'T', changedMs: 2000, recordedMs: 1000, ...more },
      findings: [{ ...found('configmap/a', 'B'), ...(changedMs !== undefined && { changedMs }) }],
    });

  it('has replaced the pods, and with data from before it nothing is to be done but to record it', () => {
    expect(decideAt(1500)).toMatchObject({ action: 'record', reason: 'new: configmap/a' });
    expect(decideAt(2000).action).toBe('record');
  });

  it.each([
    ['changed after it', 2001, {}],
    ['changed at a time unknown', undefined, {}],
    ['last written before the record was, so that no time tells of the change', 999, {}],
    ['changed before it, perhaps', 1500, { changedMs: undefined }],
    ['changed after the record, perhaps', 1500, { recordedMs: undefined }],
  ])('does not hide data that was %s', (_what, changedMs, more) => {
    expect(decideAt(changedMs, more).action).toBe('roll');
  });

  it('with the same data is recorded', () => {
    expect(decide({ recordText, template, findings: [found('configmap/a', 'A')] })).toMatchObject({
      action: 'record',
      reason: 'another pod template',
    });
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

import { describe, expect, test } from 'vitest';
import {
  formatLabelSelector,
  gvkOf,
  ownerReferenceTo,
  parseApiVersion,
  setCondition,
} from '../src/index.ts';

const invalid = expect.objectContaining({ code: 'ERR_INVALID_INPUT' }) as Error;

test('gvkOf and parseApiVersion take kinds apart', () => {
  expect(gvkOf({ apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
  });
  expect(parseApiVersion('apps/v1')).toEqual({ group: 'apps', version: 'v1' });
  expect(parseApiVersion('v1')).toEqual({ version: 'v1' });
  for (const wrong of ['', '/', 'a/', '/v1', 'a/b/c', undefined as never]) {
    expect(() => parseApiVersion(wrong)).toThrow(invalid);
  }
});

test('ownerReferenceTo refers to what a server has stored', () => {
  const owner = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' } };
  const reference = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
  expect(ownerReferenceTo(owner)).toEqual({
    ...reference,
    controller: true,
    blockOwnerDeletion: true,
  });
  expect(() => ownerReferenceTo({ ...owner, metadata: { name: 'n' } })).toThrow(invalid);
});

describe('formatLabelSelector', () => {
  test.each([
    [{}, ''],
    [{ matchLabels: { b: '2', a: '' } }, 'a=,b=2'],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['y', 'x'] }] }, 'a in (x,y)'],
    [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x'] }] }, 'a!=x'],
    [
      {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'b', operator: 'DoesNotExist', values: [] },
        ],
      },
      '!b,a',
    ],
    [{ matchLabels: { a: 'x' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] }, 'a,a=x'],
  ])('%j is %s', (selector, text) => {
    expect(formatLabelSelector(selector)).toBe(text);
  });

  test.each([
    { matchLabels: { a: 'x,b=y' } },
    { matchLabels: { 'a=x,b': 'y' } },
    { matchLabels: { '!a': '' } },
    { matchLabels: { 'a in (x),b': 'y' } },
    { matchExpressions: [{ key: 'a', operator: 'In', values: ['x),b in (y'] }] },
    { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] },
    { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
    { matchExpressions: [{ key: '!a', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'a=b', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] },
  ])('no input changes what a selector means: %j is refused', (selector) => {
    expect(() => formatLabelSelector(selector)).toThrow(invalid);
  });
});

describe('setCondition', () => {
  const clock = (ms: number) => ({ now: () => ms });
  const ready = { type: 'Ready', status: 'True', reason: 'Done', message: 'it is' } as const;

  test('changes the time only with the status, and nothing where nothing changes', () => {
    const first = setCondition(undefined, ready, clock(1234));
    expect(first).toEqual([{ ...ready, lastTransitionTime: '1970-01-01T00:00:01Z' }]);
    expect(setCondition(first, ready, clock(9000))).toBe(first);
    const told = setCondition(
      first,
      { ...ready, message: 'still', observedGeneration: 2 },
      clock(9000),
    );
    expect(told).toEqual([
      {
        ...ready,
        message: 'still',
        observedGeneration: 2,
        lastTransitionTime: '1970-01-01T00:00:01Z',
      },
    ]);
    const failed = setCondition(told, { ...ready, status: 'False' }, clock(9000));
    expect(failed[0]).toMatchObject({
      status: 'False',
      lastTransitionTime: '1970-01-01T00:00:09Z',
    });
    expect(first).toHaveLength(1);
  });

  test('leaves the others where they are', () => {
    const two = setCondition(
      setCondition([], ready, clock(0)),
      { ...ready, type: 'Other' },
      clock(0),
    );
    const changed = setCondition(two, { ...ready, status: 'Unknown' }, clock(0));
    expect(changed.map(({ type, status }) => [type, status])).toEqual([
      ['Ready', 'Unknown'],
      ['Other', 'True'],
    ]);
  });
});

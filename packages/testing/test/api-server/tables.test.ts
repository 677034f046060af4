import { expect, it } from 'vitest';

import { tableOf } from '../../src/api-server/http/table.ts';
import { ageOf } from '../../src/api-server/kinds/columns.ts';

const now = new Date('2026-01-02T00:00:00Z');
const before = (seconds: number): string =>
  new Date(now.getTime() - seconds * 1000).toISOString().replace('.000', '');

it.each([
  [0, '0s'],
  [119, '119s'],
  [125, '2m5s'],
  [1_200, '20m'],
  [3 * 3_600 + 300, '3h5m'],
  [8 * 3_600 + 300, '8h'],
  [47 * 3_600, '47h'],
  [3 * 86_400 + 7_200, '3d2h'],
  [400 * 86_400, '400d'],
])('%d s ago is %s', (seconds, expected) => {
  expect(ageOf({ creationTimestamp: before(seconds) }, now)).toBe(expected);
});

const metadata = { name: 'a', creationTimestamp: before(5), resourceVersion: '1' };
const cellsOf = (type: object, object: object, printed?: any): unknown => {
  const objects: any = [{ metadata, ...object }];
  const { rows }: any = tableOf({ custom: false, ...type } as any, objects, {}, printed, now);
  return rows[0].cells;
};

it('a table has what kubectl shows of a pod', () => {
  const status = {
    phase: 'Running',
    podIP: '10.0.0.1',
    containerStatuses: [
      { ready: true, restartCount: 2 },
      { ready: false, restartCount: 1 },
    ],
  };
  const pod = { spec: { containers: [{}, {}], nodeName: 'n' }, status };
  expect(cellsOf({ kind: 'Pod' }, pod)).toEqual([
    ...['a', '1/2', 'Running', '3', '5s', '10.0.0.1', 'n', '<none>', '<none>'],
  ]);
});

it('a definition says by paths what is shown of its objects', () => {
  const conditions = [
    { type: 'Synced', status: 'False' },
    { type: 'Ready', status: 'True' },
  ];
  const printed = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'First', type: 'string', jsonPath: '.spec.hosts[0]' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'None', type: 'string', jsonPath: '.spec.none' },
  ];
  const object = { spec: { size: 3, hosts: ['x'] }, status: { conditions } };
  expect(cellsOf({ custom: true, kind: 'Widget' }, object, printed)).toEqual([
    ...['a', 3, 'True', 'x', '5s', null],
  ]);
});

it('a kind without columns of its own shows when it was made', () => {
  expect(cellsOf({ kind: 'LimitRange' }, {})).toEqual(['a', before(5)]);
});

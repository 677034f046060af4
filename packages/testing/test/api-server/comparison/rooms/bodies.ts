import {
  apply,
  configMap,
  deployments,
  json,
  maps,
  merge,
  strategic,
  workload,
} from '../objects.ts';
import type { Room, Step } from '../script.ts';

/** A ConfigMap's text with something nested so many levels deep in its data. */
const nested = (levels: number, open: string, close: string): string =>
  `{"metadata":{"name":"deep"},"data":${open.repeat(levels)}1${close.repeat(levels)}}`;

const operations = (count: number): object[] =>
  Array.from({ length: count }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }));

/** Text around two bytes that are no UTF-8. */
const bytes = (before: string, after: string): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xfe]), Buffer.from(after)]);

const a = `${maps}/a`;
const applied = `${a}?fieldManager=m`;
const tooDeep = 20_000;

/** The same text as the body of everything that takes one. */
const everywhere = (text: string): Step[] => [
  ['POST', maps, text],
  ['PUT', a, text],
  ['PATCH', a, text, merge],
  ['PATCH', a, text, json],
  ['PATCH', a, text, strategic],
  ['PATCH', applied, text, apply],
  ['DELETE', a, text],
];

export const room: Room = {
  name: 'bodies',
  scripts: {
    'nested deeper than may be': [
      ['POST', maps, configMap('a')],
      ...everywhere(nested(tooDeep, '{"a":', '}')),
      ...everywhere(nested(tooDeep, '[', ']')),
      ['POST', maps, nested(9_000, '{"a":', '}')],
      ['PATCH', a, nested(9_000, '[', ']'), merge],
    ],
    'texts that are no JSON': [
      ['POST', maps, configMap('a')],
      ...everywhere('\u{FEFF}{"data":{"b":"1"}}'),
      ['POST', maps, configMap('a')],
      ...everywhere('{"data":{"b":"1"}} x'),
      ...everywhere('{"data":{"b":"\u{1}"}}'),
    ],
    'values that are no objects': [
      ...everywhere('null'),
      ['POST', maps, configMap('a')],
      ...everywhere('null'),
      ['POST', maps, configMap('a')],
      ...everywhere('[]'),
      ...everywhere('"x"'),
      ['PATCH', applied, '', apply],
    ],
    'bytes that are no UTF-8': [
      ['POST', maps, bytes('{"metadata":{"name":"a"},"data":{"b":"', '"}}')],
      ['PATCH', a, bytes('{"data":{"c":"', '"}}'), merge],
      ['PATCH', a, bytes('[{"op":"add","path":"/data/d","value":"', '"}]'), json],
      [
        'PATCH',
        applied,
        bytes('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"e":"', '"}}'),
        apply,
      ],
      ['POST', maps, '{"metadata":{"name":"half"},"data":{"b":"\\ud800"}}'],
      ['POST', maps, '{"metadata":{"name":"nul"},"data":{"b":"\\u0000"}}'],
    ],
    'keys that are there twice, in patches': [
      ['POST', maps, configMap('a')],
      ['PATCH', a, '{"data":{"b":"1","b":"2"}}', merge],
      ['PATCH', a, '{"data":{"b":"3","b":"4"}}', strategic],
      ['PATCH', a, '[{"op":"add","op":"remove","path":"/data/b"}]', json],
      [
        'PATCH',
        applied,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"c":"1","c":"2"}}',
        apply,
      ],
    ],
    'long lists and large numbers': [
      ['POST', maps, configMap('a')],
      ['PATCH', a, operations(10_000), json],
      ['PATCH', a, operations(10_001), json],
      [
        'PATCH',
        a,
        { metadata: { finalizers: Array.from({ length: 50_000 }, () => 'example.com/f') } },
        merge,
      ],
      ['POST', maps, '{"metadata":{"name":"b","generation":99999999999999999999999}}'],
      ['POST', deployments, workload('d', { replicas: 2 ** 31 })],
      ['POST', deployments, workload('d', { replicas: 1.5 })],
    ],
  },
};

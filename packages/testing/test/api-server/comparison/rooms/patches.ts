import {
  apply,
  configMap,
  definition,
  deployments,
  json,
  maps,
  merge,
  object,
  services,
  strategic,
  widget,
  widgets,
  definitions,
  workload,
} from '../objects.ts';
import type { Room, Step, StepOptions } from '../script.ts';

const applied: StepOptions = { ...apply, managers: true };
const seen: StepOptions = { managers: true };

const image = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: { template: { spec: { containers: [{ name: 'c', image: name }] } } },
});
const ready = { type: 'Ready', status: 'True' };

/** Each kind of patch, of an object and of its status; what a patch says of the other counts for nothing. */
const ofEach = (path: string): Step[] => [
  ['PATCH', path, { status: { conditions: [ready] }, metadata: { labels: { a: '1' } } }, merge],
  ['PATCH', `${path}/status`, { status: { conditions: [ready] }, spec: { a: 2 } }, merge],
  [
    'PATCH',
    `${path}/status`,
    [{ op: 'test', path: '/status/conditions/0/type', value: 'Ready' }],
    json,
  ],
  ['PATCH', `${path}/status`, [{ op: 'remove', path: '/status/conditions/0' }], json],
  ['PATCH', `${path}/status`, { metadata: { labels: { b: '1' }, annotations: { c: '1' } } }, merge],
  ['PATCH', `${path}/status`, { metadata: { resourceVersion: '1' }, status: {} }, merge],
  ['PATCH', `${path}/status`, { status: null }, merge],
  ['PATCH', `${path}/none`, { status: {} }, merge],
];

export const room: Room = {
  name: 'patches',
  scripts: {
    'of a deployment, its status and both': [
      ['POST', deployments, workload('d')],
      ...ofEach(`${deployments}/d`),
      ['PATCH', `${deployments}/d/status`, { status: { conditions: [ready] } }, strategic],
      ['PATCH', `${deployments}/d`, { spec: { selector: { matchLabels: { a: 'b' } } } }, merge],
      ['PATCH', `${deployments}/d`, { spec: null }, merge],
      ['PATCH', `${deployments}/d`, [{ op: 'replace', path: '/spec/replicas', value: 'x' }], json],
      ['PATCH', `${deployments}/d`, [{ op: 'add', path: '/metadata/uid', value: 'x' }], json],
      ['PATCH', `${deployments}/d`, { metadata: { creationTimestamp: null } }, merge],
      ['PATCH', `${deployments}/d`, { kind: 'Other' }, merge],
      ['PATCH', `${deployments}/d`, { apiVersion: 'v2' }, merge],
    ],
    'of a custom object, its status and both': [
      [
        'POST',
        definitions,
        definition(object({ a: { type: 'integer' } }), {
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.a', statusReplicasPath: '.status.n' },
          },
          schema: {
            openAPIV3Schema: object({
              spec: object({ a: { type: 'integer' }, b: { type: 'integer', default: 5 } }),
              status: object({
                n: { type: 'integer' },
                conditions: {
                  type: 'array',
                  items: object({ type: { type: 'string' }, status: { type: 'string' } }),
                },
              }),
            }),
          },
        }),
      ],
      ['UNTIL', widgets],
      ['POST', widgets, widget('w', { a: 1 }, { status: { n: 1 } })],
      ...ofEach(`${widgets}/w`),
      ['PATCH', `${widgets}/w`, { spec: { a: 2 } }, strategic],
      ['PATCH', `${widgets}/w/scale`, { spec: { replicas: 4 } }, merge],
      ['GET', `${widgets}/w/scale`],
      ['PATCH', `${widgets}/w/status`, { status: { n: 'x' } }, merge],
      ['PATCH', `${widgets}/w`, { spec: { b: null } }, merge],
      ['PATCH', `${widgets}/w`, { spec: null }, merge],
      ['PUT', `${widgets}/w/status`, widget('w', { a: 9 }, { status: { n: 3 } })],
    ],
    'what several managers apply, take over and give up': [
      [
        'PATCH',
        `${deployments}/d?fieldManager=one`,
        { ...workload('d', { replicas: 1 }) },
        applied,
      ],
      ['PATCH', `${deployments}/d?fieldManager=two`, image('other'), applied],
      ['PATCH', `${deployments}/d?fieldManager=two&force=true`, image('other'), applied],
      ['PATCH', `${deployments}/d?fieldManager=one`, workload('d', { replicas: 1 }), applied],
      ['PATCH', `${deployments}/d/scale?fieldManager=scaler`, { spec: { replicas: 3 } }, merge],
      ['PATCH', `${deployments}/d?fieldManager=one`, workload('d', { replicas: 1 }), applied],
      [
        'PATCH',
        `${deployments}/d?fieldManager=one&force=true`,
        workload('d', { replicas: 1 }),
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=two`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } },
        applied,
      ],
      ['GET', `${deployments}/d`, undefined, seen],
      ['POST', services, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }],
      [
        'PATCH',
        `${services}/s?fieldManager=one`,
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 's' },
          spec: { ports: [{ port: 81, name: 'b' }] },
        },
        applied,
      ],
      [
        'PATCH',
        `${maps}/a?fieldManager=one`,
        configMap('a', { finalizers: ['example.com/a'] }),
        applied,
      ],
      [
        'PATCH',
        `${maps}/a?fieldManager=two`,
        configMap('a', { finalizers: ['example.com/b'] }),
        applied,
      ],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a'), applied],
      ['DELETE', `${maps}/a`],
      ['PATCH', `${maps}/a?fieldManager=three`, configMap('a', {}, { data: { n: '1' } }), applied],
      [
        'PATCH',
        `${maps}/a?fieldManager=two&force=true`,
        configMap('a', { resourceVersion: '1' }),
        applied,
      ],
      ['PATCH', `${maps}/a?fieldManager=two`, configMap('a', { uid: 'x' }), applied],
      ['PATCH', `${maps}/a?fieldManager=two`, configMap('b'), applied],
      ['PATCH', `${maps}/a?fieldManager=two`, configMap('a', { managedFields: [{}] }), applied],
    ],
  },
};

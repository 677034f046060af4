import {
  configMap,
  definition,
  definitions,
  deployments,
  maps,
  merge,
  secrets,
  widget,
  widgets,
  workload,
} from '../objects.ts';
import type { Room, StepOptions } from '../script.ts';

const order: StepOptions = { order: true };
// No numbers among them: JavaScript has those first, whatever comes over the wire.
const unsorted = { z: '1', a: '2', m: '3', B: 'b' };

export const room: Room = {
  name: 'order',
  scripts: {
    'maps come sorted by key, whatever the order they went in': [
      [
        'POST',
        maps,
        configMap('a', { labels: unsorted, annotations: unsorted }, { data: unsorted }),
        order,
      ],
      ['GET', `${maps}/a`, undefined, order],
      [
        'PUT',
        `${maps}/a`,
        configMap(
          'a',
          { annotations: unsorted, labels: unsorted },
          { data: { a: '2', z: '1', m: '3', B: 'b' } },
        ),
        order,
      ],
      ['PATCH', `${maps}/a`, { data: { c: '1', b: '2' } }, { ...merge, ...order }],
      ['GET', maps, undefined, order],
      ['GET', `${maps}?watch=1&timeoutSeconds=1`, undefined, order],
      [
        'POST',
        secrets,
        { metadata: { name: 's' }, stringData: unsorted, data: { k: 'MQ==', c: 'MQ==' } },
        order,
      ],
      [
        'POST',
        maps,
        {
          data: { b: '1' },
          binaryData: { z: 'AAEC', y: 'AAEC' },
          kind: 'ConfigMap',
          metadata: { labels: { b: '1', a: '1' }, name: 'b' },
          apiVersion: 'v1',
        },
        order,
      ],
    ],
    'fields of built-in kinds come as their types have them': [
      [
        'POST',
        deployments,
        {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    image: 'i',
                    name: 'c',
                    resources: { requests: { memory: '1Gi', cpu: '1' } },
                    env: [
                      { value: '1', name: 'B' },
                      { name: 'A', value: '2' },
                    ],
                  },
                ],
                nodeSelector: { z: '1', a: '2' },
              },
              metadata: { labels: { app: 'd' } },
            },
            selector: { matchLabels: { app: 'd' } },
            replicas: 2,
          },
          metadata: { name: 'd' },
        },
        order,
      ],
      ['GET', `${deployments}/d`, undefined, order],
      ['PUT', `${deployments}/e`, workload('e'), order],
      [
        'POST',
        '/api/v1/namespaces/{ns}/services',
        {
          spec: {
            selector: { z: '1', a: '2' },
            ports: [{ targetPort: 8080, port: 80, name: 'http' }],
          },
          metadata: { name: 's' },
        },
        order,
      ],
      [
        'POST',
        '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        {
          rules: [{ verbs: ['get'], resources: ['pods'], apiGroups: [''] }],
          metadata: { name: 'r' },
        },
        order,
      ],
    ],
    'fields of custom resources come sorted': [
      [
        'POST',
        definitions,
        definition({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
      ],
      ['UNTIL', widgets],
      [
        'POST',
        widgets,
        widget(
          'w',
          { zz: { y: 1, x: 2 }, aa: [{ c: 1, b: 2 }], ...unsorted },
          { metadata: { labels: unsorted, name: 'w' } },
        ),
        order,
      ],
      ['PATCH', `${widgets}/w`, { spec: { c: 1, ab: 2 } }, { ...merge, ...order }],
      ['GET', widgets, undefined, order],
    ],
  },
};

import { apply, configMap, deployments, json, maps, merge, workload } from '../objects.ts';
import type { Room, StepOptions } from '../script.ts';

const applied: StepOptions = { ...apply, managers: true };
const patched: StepOptions = { ...merge, managers: true };
const seen: StepOptions = { managers: true };

const template = (containers: readonly object[]): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers } },
  },
});

export const room: Room = {
  name: 'apply',
  scripts: {
    'one manager: create, nothing new, drop a field': [
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', { labels: { x: 'y' } }), applied],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', { labels: { x: 'y' } }), applied],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', {}, { data: { b: '2' } }), applied],
      ['GET', `${maps}/a`, undefined, seen],
      ['PATCH', `${maps}/b?fieldManager=one&dryRun=All`, configMap('b'), applied],
      ['GET', `${maps}/b`],
      [
        'PATCH',
        `${maps}/yaml?fieldManager=one`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata: {k: v}\n',
        applied,
      ],
    ],
    'two managers: conflict, force, share, give up': [
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a'), applied],
      ['PATCH', `${maps}/a?fieldManager=two`, configMap('a', {}, { data: { a: '2' } }), applied],
      [
        'PATCH',
        `${maps}/a?fieldManager=two&force=true`,
        configMap('a', {}, { data: { a: '2' } }),
        applied,
      ],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', {}, { data: { a: '2' } }), applied],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', {}, { data: {} }), applied],
      ['PATCH', `${maps}/a?fieldManager=two`, configMap('a', {}, { data: {} }), applied],
      ['PATCH', `${maps}/a?fieldManager=three`, { data: { c: '3' } }, patched],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', {}, { data: { c: '4' } }), applied],
    ],
    'who has written, without an apply': [
      ['POST', `${maps}?fieldManager=maker`, configMap('a'), seen],
      ['POST', maps, configMap('b'), { ...seen, headers: { 'user-agent': 'agent/1.2 (x)' } }],
      [
        'PUT',
        `${maps}/a?fieldManager=other`,
        configMap('a', {}, { data: { a: '2', b: '3' } }),
        seen,
      ],
      ['PATCH', `${maps}/a?fieldManager=third`, { metadata: { annotations: { n: 'o' } } }, patched],
      [
        'PATCH',
        `${maps}/a?fieldManager=fourth`,
        [{ op: 'add', path: '/data/j', value: '1' }],
        { ...json, managers: true },
      ],
      [
        'PUT',
        `${maps}/a?fieldManager=other`,
        configMap('a', { managedFields: [{}] }, { data: { a: '2' } }),
        seen,
      ],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', {}, { data: { a: '5' } }), applied],
    ],
    'lists by their keys': [
      [
        'PATCH',
        `${deployments}/d?fieldManager=one`,
        template([{ name: 'c', image: 'c' }]),
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=two`,
        template([{ name: 'e', image: 'e' }]),
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=two`,
        template([
          { name: 'c', image: 'other' },
          { name: 'e', image: 'e' },
        ]),
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=one`,
        template([
          {
            name: 'c',
            image: 'c',
            env: [{ name: 'A', value: '1' }],
            ports: [{ containerPort: 80 }],
          },
        ]),
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=two`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } },
        applied,
      ],
      ['PATCH', `${deployments}/d/scale?fieldManager=scaler`, { spec: { replicas: 4 } }, merge],
      [
        'PATCH',
        `${deployments}/d?fieldManager=one`,
        {
          ...template([{ name: 'c', image: 'c' }]),
          metadata: { name: 'd', finalizers: ['example.com/f'] },
        },
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=fin`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd', finalizers: ['example.com/g'] },
        },
        applied,
      ],
      ['GET', `${deployments}/d`, undefined, seen],
    ],
    'status apart from spec': [
      ['POST', `${deployments}?fieldManager=user`, workload('d'), seen],
      [
        'PATCH',
        `${deployments}/d/status?fieldManager=ctl`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd' },
          status: {
            replicas: 1,
            conditions: [
              { type: 'Available', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
            ],
          },
        },
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=ctl`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd' },
          spec: { replicas: 3 },
          status: { replicas: 9 },
        },
        applied,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=ctl&force=true`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd' },
          spec: { replicas: 3 },
        },
        applied,
      ],
      ['GET', `${deployments}/d`, undefined, seen],
    ],
    'what is refused': [
      ['PATCH', `${maps}/a`, configMap('a'), apply],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('b'), apply],
      ['PATCH', `${maps}/a?fieldManager=one`, { metadata: { name: 'a' } }, apply],
      [
        'PATCH',
        `${maps}/a?fieldManager=one`,
        configMap('a', { managedFields: [{ manager: 'x' }] }),
        apply,
      ],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', { resourceVersion: '1' }), apply],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', { uid: 'x' }), apply],
      ['PATCH', `${maps}/a?fieldManager=one`, configMap('a', {}, { dta: {} }), apply],
      ['PATCH', `${maps}/a?fieldManager=one&force=x`, configMap('a'), apply],
      ['PATCH', `${maps}/a?force=true`, { data: {} }, merge],
      ['PATCH', `${maps}/a?fieldManager=one`, 'a: [', apply],
      ['PATCH', `${maps}/a?fieldManager=one`, { ...configMap('a'), apiVersion: 'v2' }, apply],
      [
        'PATCH',
        `${deployments}/d?fieldManager=one`,
        template([{ name: 'c', image: 'c', ports: [{ containerPort: 'x' }] }]),
        apply,
      ],
      ['PATCH', `${deployments}/d?fieldManager=one`, template([{ name: 'c' }]), apply],
      [
        'PATCH',
        `${deployments}/d?fieldManager=one`,
        template([
          { name: 'c', image: 'c' },
          { name: 'c', image: 'd' },
        ]),
        apply,
      ],
    ],
  },
};

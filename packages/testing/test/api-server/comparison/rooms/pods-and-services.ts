import { budgets, json, merge, pod, pods, services, strategic } from '../objects.ts';
import type { Room } from '../script.ts';

const service = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});
const eviction = (name: string): object => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, namespace: '{ns}' },
});
const budget = (name: string, spec: object): object => ({
  metadata: { name },
  spec: { selector: { matchLabels: { app: 'guarded' } }, ...spec },
});
const guarded = { labels: { app: 'guarded' } };
const image = { name: 'c', image: 'registry.example/image:2' };

const balanced = {
  status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'x.example.com' }] } },
};

export const room: Room = {
  name: 'pods and services',
  scripts: {
    'what of a pod never changes': [
      ['POST', pods, pod('p', { terminationGracePeriodSeconds: 5 })],
      ['PATCH', `${pods}/p`, { spec: { containers: [image] } }, strategic],
      ['PATCH', `${pods}/p`, { spec: { containers: [{ name: 'c', command: ['x'] }] } }, strategic],
      ['PATCH', `${pods}/p`, { spec: { containers: [{ name: 'd', image: 'd' }] } }, strategic],
      ['PATCH', `${pods}/p`, { spec: { nodeName: 'n' } }, merge],
      ['PATCH', `${pods}/p`, { spec: { serviceAccountName: 'other' } }, merge],
      ['PATCH', `${pods}/p`, { spec: { activeDeadlineSeconds: 100 } }, merge],
      ['PATCH', `${pods}/p`, { spec: { activeDeadlineSeconds: 200 } }, merge],
      ['PATCH', `${pods}/p`, { spec: { activeDeadlineSeconds: 50 } }, merge],
      ['PATCH', `${pods}/p`, { spec: { terminationGracePeriodSeconds: 1 } }, merge],
      [
        'PATCH',
        `${pods}/p`,
        { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } },
        strategic,
      ],
      ['PATCH', `${pods}/p`, [{ op: 'remove', path: '/spec/tolerations/0' }], json],
      ['PATCH', `${pods}/p`, { metadata: { labels: { a: 'b' } } }, merge],
      ['PATCH', `${pods}/p`, { spec: { hostNetwork: true } }, merge],
      ['PATCH', `${pods}/p`, { spec: { restartPolicy: 'Never' } }, merge],
      ['PUT', `${pods}/p`, pod('p', { priority: 5 })],
      ['PATCH', `${pods}/p/status`, { status: { phase: 'Succeeded' } }, merge],
      ['DELETE', `${pods}/p?gracePeriodSeconds=0`],
    ],
    'what of a service never changes, and what it is given': [
      ['POST', services, service('s')],
      ['PATCH', `${services}/s`, { spec: { clusterIP: '10.0.0.250' } }, merge],
      ['PATCH', `${services}/s`, { spec: { clusterIP: null, clusterIPs: null } }, merge],
      ['PATCH', `${services}/s`, { spec: { clusterIP: 'None', clusterIPs: ['None'] } }, merge],
      ['PATCH', `${services}/s`, { spec: { type: 'LoadBalancer' } }, merge],
      ['PATCH', `${services}/s`, { spec: { type: 'ClusterIP' } }, merge],
      [
        'PATCH',
        `${services}/s`,
        { spec: { type: 'ExternalName', externalName: 'x.example.com' } },
        merge,
      ],
      ['POST', services, service('headless', { clusterIP: 'None' })],
      ['PATCH', `${services}/headless`, { spec: { type: 'NodePort' } }, merge],
      ['PUT', `${services}/headless`, service('headless', { clusterIP: 'None', ports: [] })],
      ['POST', services, service('bad', { clusterIP: '1.2.3' })],
      ['POST', services, service('bad', { sessionAffinity: 'ClientIP' })],
      [
        'PATCH',
        `${services}/s/status`,
        { status: { conditions: [{ type: 'a', status: 'True' }] } },
        merge,
      ],
      ['POST', services, service('lb', { type: 'LoadBalancer' })],
      ['PATCH', `${services}/lb/status`, balanced, merge],
      ['PATCH', `${services}/lb`, { metadata: { labels: { a: 'b' } } }, merge],
      ['PATCH', `${services}/lb`, { spec: { type: 'NodePort' } }, merge],
      ['PATCH', `${services}/lb/status`, balanced, merge],
    ],
    'evictions within a budget': [
      ...['a', 'b'].flatMap((name): Room['scripts'][string] => [
        ['POST', pods, pod(name, {}, guarded)],
        [
          'PATCH',
          `${pods}/${name}/status`,
          { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
          merge,
        ],
      ]),
      ['POST', budgets, budget('one', { maxUnavailable: 1 })],
      ['POST', `${pods}/a/eviction`, eviction('a')],
      [
        'PATCH',
        `${budgets}/one/status`,
        {
          status: {
            observedGeneration: 1,
            disruptionsAllowed: 1,
            expectedPods: 2,
            currentHealthy: 2,
            desiredHealthy: 1,
          },
        },
        merge,
      ],
      ['POST', `${pods}/a/eviction?dryRun=All`, eviction('a')],
      ['GET', `${budgets}/one`],
      ['POST', `${pods}/a/eviction`, eviction('a')],
      ['POST', `${pods}/b/eviction`, eviction('b')],
      ['PATCH', `${budgets}/one`, { spec: { maxUnavailable: '50%' } }, merge],
      ['POST', `${pods}/b/eviction`, eviction('b')],
      ['POST', budgets, budget('two', { minAvailable: 1 })],
      ['POST', `${pods}/b/eviction`, eviction('b')],
      ['POST', budgets, budget('both', { minAvailable: 1, maxUnavailable: 1 })],
      ['PATCH', `${budgets}/one`, { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } }, merge],
      ['PATCH', `${pods}/b/status`, { status: { phase: 'Failed' } }, merge],
      ['POST', `${pods}/b/eviction`, eviction('b')],
    ],
  },
};

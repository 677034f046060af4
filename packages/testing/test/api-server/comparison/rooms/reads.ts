import { configMap, deployments, maps, merge, pod, pods, secrets } from '../objects.ts';
import type { Room } from '../script.ts';

const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

export const lists: Room = {
  name: 'lists',
  scripts: {
    selectors: [
      ['POST', maps, configMap('a', { labels: { app: 'x', tier: 'front' } })],
      ['POST', maps, configMap('b', { labels: { app: 'y' } })],
      ['POST', maps, configMap('c')],
      ['GET', `${maps}?labelSelector=app=x`],
      ['GET', `${maps}?labelSelector=app in (x,y),!tier`],
      ['GET', `${maps}?labelSelector=app notin (x)`],
      ['GET', `${maps}?labelSelector=app==`],
      ['GET', `${maps}?labelSelector=bad key`],
      ['GET', `${maps}?fieldSelector=metadata.name=a,metadata.namespace={ns}`],
      ['GET', `${maps}?fieldSelector=data.a=1`],
      ['GET', `/api/v1/configmaps?fieldSelector=metadata.namespace={ns}`],
      ['POST', pods, pod('p', { nodeName: 'n-{ns}' })],
      ['GET', '/api/v1/pods?fieldSelector=spec.nodeName=n-{ns}'],
      ['GET', `${pods}?fieldSelector=status.phase=Pending,spec.restartPolicy=Always`],
      ['GET', `${pods}?fieldSelector=spec.bad=x`],
      ['GET', `${secrets}?fieldSelector=type=Opaque`],
      ['GET', `${deployments}?fieldSelector=spec.replicas=1`],
    ],
    'pages and versions': [
      ['POST', maps, configMap('a')],
      ['POST', maps, configMap('b')],
      ['POST', maps, configMap('c')],
      ['GET', `${maps}?limit=2`],
      ['GET', `${maps}?limit=2&labelSelector=none`],
      ['GET', `${maps}?limit=2&resourceVersion=0`],
      ['GET', `${maps}?resourceVersion={version of a}&resourceVersionMatch=Exact`],
      ['GET', `${maps}?resourceVersion={version of b}&resourceVersionMatch=NotOlderThan`],
      ['GET', `${maps}?resourceVersion={version of b}`],
      ['GET', `${maps}?resourceVersion=999999999`],
      ['GET', `${maps}?continue=bad`],
      ['GET', `${maps}?limit=-1`],
      ['GET', `${maps}?resourceVersionMatch=Exact`],
      ['GET', `${maps}/a?resourceVersion=0`],
      ['GET', `/api/v1/namespaces/none-{ns}/configmaps`],
    ],
  },
};

export const watches: Room = {
  name: 'watches',
  scripts: {
    'from a version, with and without selectors': [
      ['POST', maps, configMap('start')],
      ['POST', maps, configMap('a', { labels: { l: '1' } })],
      ['PATCH', `${maps}/a`, { metadata: { labels: { l: '2' } } }, merge],
      ['PATCH', `${maps}/a`, { metadata: { finalizers: ['example.com/f'] } }, merge],
      ['DELETE', `${maps}/a`],
      ['PATCH', `${maps}/a`, { metadata: { finalizers: null } }, merge],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&resourceVersion={version of start}`],
      [
        'GET',
        `${maps}?watch=true&timeoutSeconds=1&resourceVersion={version of start}&labelSelector=l=1`,
      ],
      [
        'GET',
        `${maps}?watch=true&timeoutSeconds=1&resourceVersion={version of start}&fieldSelector=metadata.name=a`,
      ],
      [
        'GET',
        `/api/v1/watch/namespaces/{ns}/configmaps?timeoutSeconds=1&resourceVersion={version of start}`,
      ],
      [
        'GET',
        `/api/v1/watch/namespaces/{ns}/configmaps/a?timeoutSeconds=1&resourceVersion={version of start}`,
      ],
      ['GET', `${maps}/start?watch=true&timeoutSeconds=1`],
    ],
    'from now, from anything, streaming lists': [
      ['POST', maps, configMap('a')],
      ['GET', `${maps}?watch=true&timeoutSeconds=1`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&resourceVersion=0`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&${initial}`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&${initial}&labelSelector=none`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&sendInitialEvents=true`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&resourceVersion=bad`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&resourceVersion=1`],
      ['GET', `${maps}?watch=true&timeoutSeconds=1&resourceVersion=999999999`],
      ['GET', `${maps}?watch=1&timeoutSeconds=1&fieldSelector=bad=x`],
      ['GET', `${maps}?watch=true`, undefined, { as: 'nobody' }],
      ['GET', '/apis/none.example.com/v1/things?watch=true'],
    ],
  },
};

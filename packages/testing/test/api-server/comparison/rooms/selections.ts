import { configMap, maps, merge, pod, pods } from '../objects.ts';
import type { Room } from '../script.ts';

const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
const labelled = (name: string, value: string): object => configMap(name, { labels: { l: value } });
const watch = `${maps}?watch=true&timeoutSeconds=1`;

export const room: Room = {
  name: 'selections',
  scripts: {
    'objects that come into a selection and leave it': [
      ['POST', maps, configMap('start')],
      ['POST', maps, labelled('a', '1')],
      ['PATCH', `${maps}/a`, { metadata: { labels: { l: '2' } } }, merge],
      ['PATCH', `${maps}/a`, { data: { b: '2' } }, merge],
      ['PATCH', `${maps}/a`, { metadata: { labels: { l: '1' } } }, merge],
      ['PATCH', `${maps}/a`, { metadata: { labels: null } }, merge],
      ['DELETE', `${maps}/a`],
      ['POST', maps, labelled('a', '1')],
      ['DELETE', `${maps}/a`],
      ['GET', `${watch}&resourceVersion={version of start}&labelSelector=l=1`],
      ['GET', `${watch}&resourceVersion={version of start}&labelSelector=l!=1`],
      ['GET', `${watch}&resourceVersion={version of start}&labelSelector=l in (1,2)`],
      ['GET', `${watch}&resourceVersion={version of start}&labelSelector=!l`],
      ['GET', `${watch}&resourceVersion={version of a}&labelSelector=l=1`],
      ['GET', `${watch}&${initial}&labelSelector=l=1`],
      [
        'GET',
        `${watch}&resourceVersion={version of start}&labelSelector=l=1&fieldSelector=metadata.name=a`,
      ],
      ['GET', `${watch}&resourceVersion={version of start}&fieldSelector=metadata.name!=a`],
    ],
    'pods that change their node and phase': [
      ['POST', maps, configMap('start')],
      ['POST', pods, pod('p')],
      [
        'POST',
        `${pods}/p/binding`,
        { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n-{ns}' } },
      ],
      ['PATCH', `${pods}/p/status`, { status: { phase: 'Running' } }, merge],
      ['PATCH', `${pods}/p/status`, { status: { phase: 'Succeeded' } }, merge],
      ['DELETE', `${pods}/p?gracePeriodSeconds=0`],
      [
        'GET',
        `${pods}?watch=true&timeoutSeconds=1&resourceVersion={version of start}&fieldSelector=spec.nodeName=n-{ns}`,
      ],
      [
        'GET',
        `${pods}?watch=true&timeoutSeconds=1&resourceVersion={version of start}&fieldSelector=status.phase=Running`,
      ],
      [
        'GET',
        `${pods}?watch=true&timeoutSeconds=1&resourceVersion={version of start}&fieldSelector=spec.nodeName=`,
      ],
    ],
    'pages while objects go': [
      ['POST', maps, labelled('a', '1')],
      ['POST', maps, labelled('b', '1')],
      ['POST', maps, labelled('c', '2')],
      ['POST', maps, labelled('d', '1')],
      ['GET', `${maps}?limit=1`],
      ['DELETE', `${maps}/b`],
      ['GET', `${maps}?limit=2&continue={continue}`],
      ['GET', `${maps}?limit=2&continue={continue}`],
      ['GET', `${maps}?limit=1&labelSelector=l=1`],
      ['GET', `${maps}?limit=1&labelSelector=l=1&continue={continue}`],
      ['GET', `${maps}?limit=1&labelSelector=l=1&continue={continue}&resourceVersion=5`],
      ['GET', `${maps}?limit=2&resourceVersion={version of c}`],
      ['GET', `${maps}?limit=2&resourceVersion={version of c}&resourceVersionMatch=NotOlderThan`],
      ['GET', `${maps}?limit=2&resourceVersion={version of c}&resourceVersionMatch=Exact`],
      ['GET', `${maps}?limit=2&resourceVersion={version of c}&resourceVersionMatch=Odd`],
      ['GET', `${maps}?resourceVersion=0&resourceVersionMatch=Exact`],
      ['GET', `${maps}?resourceVersion=abc`],
      ['GET', `${maps}?resourceVersion=-1`],
      ['GET', `${maps}?limit=x`],
      ['GET', `${maps}/a?resourceVersion=abc`],
      ['GET', `${watch}&resourceVersionMatch=NotOlderThan`],
      ['GET', `${watch}&${initial}&resourceVersion={version of a}`],
      ['GET', `${watch}&limit=1&resourceVersion=0`],
    ],
  },
};

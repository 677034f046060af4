import { configMap, deployments, maps, merge, workload } from '../objects.ts';
import type { Room } from '../script.ts';

const core = '/api/v1/namespaces/{ns}';

/** Where things are, and are not: what a client asks with an address that is off by a little. */
export const room: Room = {
  name: 'addresses',
  scripts: {
    'that name the same in another way': [
      ['POST', maps, configMap('a')],
      ['GET', `${maps}/`],
      ['GET', `${maps}/a/`],
      ['GET', `${core}//configmaps/a`],
      ['GET', `/${maps}/a`],
      ['GET', `${core}/./configmaps/a`],
      ['GET', `${core}/configmap%73/a`],
      ['GET', `${maps}/%61`],
      ['PUT', `${maps}/%61`, configMap('%61')],
      ['PATCH', `${maps}/%61`, { data: { a: '2' } }, merge],
      ['DELETE', `${maps}/%61`],
      ['GET', '/apis/apps//v1/namespaces/{ns}/deployments'],
      ['GET', '//healthz'],
      ['GET', '//apis'],
      ['GET', `${maps}/a?`],
      ['GET', `${maps}/a?unknown=x&unknown=y`],
      ['GET', `${maps}/A`],
      ['GET', `${core}/ConfigMaps/a`],
      ['GET', `${core}/configmap/a`],
      ['GET', '/api/v1/configmaps/a'],
      ['GET', '/api/v1/namespaces/{ns}/namespaces/{ns}'],
      ['GET', '/api/v1/namespaces/namespaces'],
      ['GET', '/api/v1/nodes?namespace={ns}'],
    ],
    'of what is not there': [
      ['POST', maps, configMap('a')],
      ['GET', `${maps}/a/status`],
      ['PUT', `${maps}/a/status`, configMap('a')],
      ['GET', `${maps}/a/none`],
      ['GET', `${core}/none`],
      ['GET', '/api/v2'],
      ['GET', '/api/v1/none'],
      ['GET', '/apis/apps/v1beta9/deployments'],
      ['GET', '/apis/none.example.com'],
      ['GET', '/apis/apps'],
      ['GET', '/apis/apps/v1/namespaces/{ns}/none'],
      ['GET', '/none'],
    ],
    'with methods that are none of theirs': [
      ['POST', deployments, workload('d')],
      ['PUT', deployments, workload('d')],
      ['PATCH', deployments, { metadata: { labels: { a: 'b' } } }, merge],
      ['POST', `${deployments}/d`, workload('d')],
      ['POST', `${deployments}/d/status`, workload('d')],
      ['DELETE', `${deployments}/d/status`],
      ['DELETE', `${deployments}/d/scale`],
      ['POST', '/api/v1/configmaps', configMap('everywhere')],
      ['DELETE', '/api/v1/configmaps'],
      ['POST', '/api/v1', configMap('a')],
      ['DELETE', '/apis/apps/v1'],
    ],
  },
};

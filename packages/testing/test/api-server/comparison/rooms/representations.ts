import {
  configMap,
  deployments,
  maps,
  metadataOnly,
  pod,
  pods,
  table,
  workload,
} from '../objects.ts';
import type { Room, StepOptions } from '../script.ts';

const only: StepOptions = { only: 'status' };

export const room: Room = {
  name: 'representations',
  scripts: {
    tables: [
      ['POST', maps, configMap('a')],
      ['GET', maps, undefined, table],
      ['GET', `${maps}/a`, undefined, table],
      ['POST', pods, pod('p')],
      ['GET', pods, undefined, table],
      ['POST', deployments, workload('d')],
      ['GET', deployments, undefined, table],
      ['GET', `${maps}?watch=1&timeoutSeconds=1`, undefined, table],
    ],
    'metadata alone': [
      ['POST', maps, configMap('a', { labels: { l: 'm' } })],
      ['GET', `${maps}/a`, undefined, metadataOnly],
      [
        'GET',
        maps,
        undefined,
        { accept: metadataOnly.accept!.replace('Metadata;', 'MetadataList;') },
      ],
      ['GET', `${maps}?watch=1&timeoutSeconds=1`, undefined, metadataOnly],
      ['DELETE', `${maps}/a`, undefined, metadataOnly],
    ],
    'encodings and methods': [
      ['POST', maps, configMap('a')],
      ['GET', `${maps}/a`, undefined, { accept: 'application/yaml', ...only }],
      ['GET', `${maps}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf', ...only }],
      [
        'GET',
        `${maps}/a`,
        undefined,
        { accept: 'application/vnd.kubernetes.protobuf,application/json', ...only },
      ],
      ['GET', `${maps}/a`, undefined, { accept: 'application/xml' }],
      ['GET', `${maps}/a?pretty=1`],
      ['HEAD', `${maps}/a`, undefined, only],
      ['HEAD', maps, undefined, only],
      ['HEAD', `${maps}/none`, undefined, only],
      ['OPTIONS', maps, undefined, only],
      ['POST', `${maps}/a`, configMap('a')],
      ['GET', `${maps}/a/`, undefined, only],
    ],
    'what a client asks before all else': [
      ['GET', '/version', undefined, only],
      ['GET', '/healthz'],
      ['GET', '/readyz'],
      ['GET', '/livez/ping'],
      ['GET', '/readyz?verbose', undefined, only],
      ['GET', '/openapi/v2', undefined, only],
      ['GET', '/openapi/v3', undefined, only],
      ['GET', '/openapi/v3/api/v1', undefined, only],
      ['GET', '/.well-known/openid-configuration', undefined, only],
      ['GET', '/metrics', undefined, only],
      ['GET', '/', undefined, only],
      ['GET', '/nowhere', undefined, only],
    ],
  },
};

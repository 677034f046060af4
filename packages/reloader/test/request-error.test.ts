import { ApiException } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';

import { RequestError } from '../src/request-error.ts';

const from = (error: unknown) => RequestError.from('read of secret n/s', error);
const fetchFailed = (cause: unknown) => new TypeError('fetch failed', { cause });

describe('RequestError', () => {
  it.each<[string, unknown, string, number | undefined]>([
    [
      'a Status',
      new ApiException(403, 'Unknown', '{"kind":"Status","message":"secrets is forbidden"}', {}),
      'read of secret n/s: the API server answered 403: secrets is forbidden',
      403,
    ],
    [
      'a Status that was parsed already',
      new ApiException(409, 'Unknown', { kind: 'Status', reason: 'Conflict' }, {}),
      'read of secret n/s: the API server answered 409: Conflict',
      409,
    ],
    [
      'an answer that is no Status',
      new ApiException(502, 'Unknown', '<html>hush</html>', { 'x-hush': 'hush' }),
      'read of secret n/s: the API server answered 502',
      502,
    ],
    [
      'an object where a Status should be',
      new ApiException(500, 'Unknown', '{"kind":"Secret","message":"hush"}', {}),
      'read of secret n/s: the API server answered 500',
      500,
    ],
    [
      'no connection',
      fetchFailed(Object.assign(new Error('hush'), { code: 'ECONNREFUSED' })),
      'read of secret n/s: failed with ECONNREFUSED',
      undefined,
    ],
    [
      'no JSON',
      new SyntaxError('Unexpected token h in "hush"'),
      'read of secret n/s: the answer was not JSON',
      undefined,
    ],
    [
      'a timeout',
      new DOMException('hush', 'TimeoutError'),
      'read of secret n/s: no answer in time',
      undefined,
    ],
    ['something else', fetchFailed('hush'), 'read of secret n/s: failed', undefined],
  ])('says what it knows of %s and quotes nothing else', (_what, error, message, status) => {
    const failure = from(error);
    expect(failure.message).toBe(message);
    expect(failure.status).toBe(status);
    expect(failure.cause).toBeUndefined();
    expect(`${failure.stack}${JSON.stringify(failure)}`).not.toContain('hush');
  });
});

import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { serverOf } from '../src/credentials/kube-config.ts';
import {
  connectionError,
  NotConnectedError,
  timeoutError,
} from '../src/answers/transport-error.ts';

const server = serverOf({
  getCurrentCluster: () => ({ name: 'c', server: 'https://[::1]:6443/base/' }),
  getCurrentUser: () => null,
  applyToHTTPSOptions: async () => {},
});
const withCode = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('connectionError', () => {
  it('names the request, the server and the reason where there is no connection', () => {
    const refused = withCode('ECONNREFUSED', 'connect ECONNREFUSED ::1:6443');
    for (const cause of [refused, new AggregateError([refused])]) {
      const error = connectionError('list', server, new NotConnectedError(cause));
      expect(error).toMatchObject({
        code: 'ERR_TRANSPORT',
        retryable: true,
        reason: 'unreachable',
        cause: { code: 'ECONNREFUSED' },
      });
      expect(error.status).toBeUndefined();
      expect(error.message).toBe(
        'list: no connection to the API server at [::1]:6443: connect ECONNREFUSED ::1:6443',
      );
    }
  });

  it.each([
    ['ECONNRESET', 'unreachable'],
    ['UND_ERR_SOCKET', 'unreachable'],
    ['ERR_HTTP2_STREAM_ERROR', 'unreachable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'certificate'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'certificate'],
    ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'credentials'],
    ['HPE_INVALID_CHUNK_SIZE', 'protocol'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
  ])('tells by %s: %s', (code, reason) => {
    const error = connectionError('list', server, withCode(code, 'what happened'));
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(code);
    expect(error.message.includes('no connection to')).toBe(false);
  });

  it('keeps nothing of the original but name, code and message', () => {
    const original = Object.assign(withCode('HPE_INVALID_CHUNK_SIZE', 'bad chunk'), {
      name: 'HTTPParserError',
      data: 'canary',
      cause: new Error('canary'),
    });
    const error = connectionError('watch', server, original);
    expect(error.cause).toMatchObject({ name: 'HTTPParserError', message: 'bad chunk' });
    const syntax = connectionError('watch', server, new SyntaxError('canary is no JSON'));
    for (const one of [error, syntax])
      expect(inspect(one, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });
});

it.each([
  ['answer', 'timeout'],
  ['connection', 'unreachable'],
  ['credentials', 'credentials'],
] as const)('a time-out while it waited for %s tells: %s', (waitedFor, reason) => {
  expect(timeoutError('list', server, 70, waitedFor)).toMatchObject({
    code: 'ERR_TRANSPORT',
    retryable: true,
    reason,
    message: expect.stringContaining('70 ms') as string,
  });
});

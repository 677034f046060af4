import { describe, expect, it } from 'vitest';

import { answerError, connectionError } from '../src/answer-error.ts';
import { serverOf } from '../src/kube-config.ts';

const json = { 'content-type': 'application/json' };
const body = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('answerError', () => {
  it('takes what a Status says, and the code of the status line', () => {
    const error = answerError(
      'list',
      403,
      json,
      body({ kind: 'Status', code: 400, reason: 'Forbidden', message: 'no' }),
    );
    expect(error).toMatchObject({
      code: 'ERR_FORBIDDEN',
      message: 'list: the API server answered 403 Forbidden: no',
      status: { code: 403 },
    });
  });

  it.each([
    [
      503,
      { 'content-type': 'text/html' },
      '<html>secret</html>',
      'list: the API server answered 503',
    ],
    [502, {}, '', 'list: the API server answered 502'],
    [500, json, '{"kind":"Sta', 'list: the API server answered 500'],
    [500, json, 'null', 'list: the API server answered 500'],
    [
      404,
      { 'content-type': 'text/plain' },
      'not found\n',
      'list: the API server answered 404: not found',
    ],
    [
      301,
      { location: 'https://x' },
      '',
      'list: the API server answered 301: redirects are not followed',
    ],
  ])('makes do with a %i of %j', (code, headers, text, message) => {
    const error = answerError('list', code, headers, Buffer.from(text));
    expect(error.message).toBe(message);
    expect(error.status?.code).toBe(code);
    expect(error.retryable).toBe(code >= 500);
  });

  it('quotes no more than a line of text', () => {
    const error = answerError(
      'list',
      500,
      { 'content-type': 'text/plain' },
      Buffer.from('x'.repeat(10_000)),
    );
    expect(error.message.length).toBeLessThan(300);
  });

  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    [
      'a date',
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      30_000,
    ],
    [
      'a date that has passed',
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT', date: 'Wed, 21 Oct 2015 07:29:00 GMT' },
      0,
    ],
    ['more than is bearable', { 'retry-after': '999999999' }, 300_000],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('reads a Retry-After of %s', (_, headers, ms) => {
    expect(answerError('list', 429, headers, Buffer.alloc(0)).retryAfterMs).toBe(ms);
  });

  it('bounds the wait that a Status asks for', () => {
    const status = { kind: 'Status', code: 429, details: { retryAfterSeconds: 1e9 } };
    expect(answerError('list', 429, json, body(status)).retryAfterMs).toBe(300_000);
  });
});

it('names the request, the server and the reason where there is no answer', () => {
  const server = serverOf({
    getCurrentCluster: () => ({ name: 'c', server: 'https://[::1]:6443/base/' }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: async () => {},
  });
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:6443'), {
    code: 'ECONNREFUSED',
  });
  for (const cause of [refused, new AggregateError([refused])]) {
    const error = connectionError('list', server, cause);
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, cause });
    expect(error.status).toBeUndefined();
    expect(error.message).toBe(
      'list: no connection to the API server at [::1]:6443: connect ECONNREFUSED ::1:6443',
    );
  }
});

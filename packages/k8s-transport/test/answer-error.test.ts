import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { answerError } from '../src/answers/answer-error.ts';

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

  // What a server in Go says who is asked without TLS on a port that has it.
  it('says of an http: server that it wants https:', () => {
    const text = 'Client sent an HTTP request to an HTTPS server.\n';
    const error = answerError('list', 400, { 'content-type': 'text/plain' }, Buffer.from(text));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false, status: { code: 400 } });
    expect(error.message).toBe(`list: the API server answered 400: ${text.trim()}`);
    const untyped = answerError('list', 400, {}, Buffer.from(text));
    expect(untyped.message).toBe(error.message);
  });

  const foreign = (code: number, what: string) =>
    `list: what answered ${code} is no Kubernetes API server: it sent ${what}`;
  const html = { 'content-type': 'text/html; charset=utf-8' };

  it.each([
    [503, html, '<html>canary</html>', 'HTML (content type text/html)'],
    [502, {}, '', 'nothing'],
    [500, json, '{"kind":"canary', 'JSON that is no Status (content type application/json)'],
    [500, json, 'null', 'text (content type application/json)'],
    [404, html, '<!doctype html>canary', 'HTML (content type text/html)'],
    [404, {}, '\x1f\x8bcanary', 'gzip'],
    [410, { 'content-encoding': 'br' }, '', 'content encoding br'],
    [400, { 'content-type': 'canary: 1' }, 'canary', 'text (content type unknown)'],
    [
      404,
      { 'content-type': 'text/plain' },
      '404 page not found\n',
      'text (content type text/plain)',
    ],
    [301, { location: 'https://canary' }, '', 'nothing; redirects are not followed'],
  ])(
    'names what a %i is that no API server sent, and quotes nothing of it',
    (code, headers, text, what) => {
      const error = answerError('list', code, headers, Buffer.from(text, 'latin1'));
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'not-kubernetes' });
      expect(error.message).toBe(foreign(code, what));
      expect(inspect(error, { depth: Infinity })).not.toContain('canary');
      // Whoever goes by the status must not take anything for gone.
      expect(error.status?.code).toBe(code === 404 || code === 410 ? undefined : code);
      expect(error.retryable).toBe(code === 404 || code === 410 || code >= 500);
    },
  );

  it.each([
    [401, 'ERR_UNAUTHORIZED'],
    [403, 'ERR_FORBIDDEN'],
  ])('takes a %i for one, whoever says it', (status, code) => {
    const error = answerError('list', status, html, Buffer.from('canary'));
    expect(error).toMatchObject({ code, status: { code: status } });
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
  });

  it('takes the page of a kube-apiserver for a group that it does not have', () => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'audit-id': 'x' };
    const page = Buffer.from('404 page not found\n');
    expect(answerError('list', 404, headers, page)).toMatchObject({
      code: 'ERR_NO_VERSIONED_RESOURCE',
      message: 'list: the API server answered 404: 404 page not found',
    });
    expect(answerError('list', 404, headers, Buffer.from('canary'))).toMatchObject({
      reason: 'not-kubernetes',
    });
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

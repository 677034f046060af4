import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';
import { abortedError, DepwatchError, errorFromStatus, isDepwatchError } from '../src/index.ts';

describe('DepwatchError', () => {
  test('its code is own and enumerable, its cause is kept', () => {
    const cause = new Error('why');
    const error = new DepwatchError('ERR_TRANSPORT', 'what', { cause, retryable: true });
    expect(Object.keys(error)).toContain('code');
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, cause });
    expect(error.status).toBeUndefined();
    expect(Object.hasOwn(error, 'status')).toBe(false);
  });

  test('JSON.stringify never throws, whatever the cause or the status holds', () => {
    const cause: { self?: unknown; big?: bigint } = { big: 1n };
    cause.self = cause;
    const details = { causes: [] } as { causes: unknown[]; self?: unknown };
    details.self = details;
    const status = { code: 410, reason: 'Expired', message: 'too old', details } as never;
    const error = new DepwatchError('ERR_EXPIRED', 'old', { cause, status, retryAfterMs: 5 });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'DepwatchError',
      code: 'ERR_EXPIRED',
      message: 'old',
      retryable: false,
      status: { code: 410, reason: 'Expired', message: 'too old' },
      retryAfterMs: 5,
    });
  });
});

test('isDepwatchError may be asked of anything, also of what throws when it is read', () => {
  const refuse = (): never => {
    throw new Error('not this');
  };
  const hostile = new Proxy(new Error('no'), { get: refuse, getPrototypeOf: refuse });
  for (const thrown of [undefined, null, 'ERR_EXPIRED', Symbol('no'), Object.create(null), hostile])
    expect(isDepwatchError(thrown)).toBe(false);
});

test('isDepwatchError goes by name and code, so that two copies of the package agree', () => {
  const foreign = Object.assign(new Error('x'), { name: 'DepwatchError', code: 'ERR_EXPIRED' });
  expect(isDepwatchError(foreign)).toBe(true);
  expect(isDepwatchError(foreign, 'ERR_EXPIRED')).toBe(true);
  expect(isDepwatchError(foreign, 'ERR_ABORTED')).toBe(false);
  for (const other of [
    new Error('x'),
    { name: 'DepwatchError', code: 'ERR_EXPIRED' },
    undefined,
    null,
    'x',
  ]) {
    expect(isDepwatchError(other)).toBe(false);
  }
});

describe('errorFromStatus', () => {
  const tooLarge = { causes: [{ reason: 'ResourceVersionTooLarge' }] };
  test.each([
    [{ code: 401 }, 'ERR_UNAUTHORIZED', false],
    [{ code: 403 }, 'ERR_FORBIDDEN', false],
    [{ code: 404 }, 'ERR_NO_VERSIONED_RESOURCE', false],
    [{ code: 410 }, 'ERR_EXPIRED', true],
    [{ code: 504, details: tooLarge }, 'ERR_EXPIRED', true],
    [{ code: 504 }, 'ERR_TRANSPORT', true],
    [{ code: 500 }, 'ERR_TRANSPORT', true],
    [{ code: 429 }, 'ERR_TRANSPORT', true],
    [{ code: 408 }, 'ERR_TRANSPORT', true],
    [{ code: 400 }, 'ERR_TRANSPORT', false],
    [{ code: 422 }, 'ERR_TRANSPORT', false],
    [{}, 'ERR_TRANSPORT', true],
  ] as const)('%j is %s, retryable: %s', (status, code, retryable) => {
    expect(errorFromStatus(status, 'list of v1 Pod')).toMatchObject({ code, retryable, status });
  });

  test('the message names the request, the wait is the header, else the body', () => {
    const status = {
      code: 429,
      reason: 'TooManyRequests',
      message: 'slow down',
      details: { retryAfterSeconds: 3 },
    };
    const error = errorFromStatus(status, 'watch of v1 Pod');
    expect(error.message).toBe(
      'watch of v1 Pod: the API server answered 429 TooManyRequests: slow down',
    );
    expect(error.retryAfterMs).toBe(3000);
    expect(errorFromStatus(status, 'x', 70).retryAfterMs).toBe(70);
  });

  test.each([
    [{ code: '410', reason: {}, message: { toString: 1 }, details: { causes: 'x' } }],
    [{ code: {}, reason: 7, message: [[]], details: { causes: [null], retryAfterSeconds: '3' } }],
    [{ code: null, details: null }],
  ])('a Status may hold anything: %j', (status) => {
    const error = errorFromStatus(status as never, 'list of v1 Pod');
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toBe('list of v1 Pod: the API server answered 500');
    expect(JSON.parse(JSON.stringify(error)).status).toEqual({});
  });

  test('keeps the fields of a Status, each of bounded length, and nothing else', () => {
    const details = {
      name: 'a',
      group: 'apps',
      kind: 'deployments',
      uid: 'u',
      retryAfterSeconds: 2,
      causes: [{ reason: 'FieldValueInvalid', message: 'm', field: 'spec' }],
    };
    const status = {
      ...{ apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Invalid', code: 422 },
      details,
    };
    expect(errorFromStatus({ ...status, message: 'm' }, 'list').status).toEqual({
      ...status,
      message: 'm',
    });
    const secret = { data: { password: 'canary' }, metadata: { name: 'canary' } };
    const hostile = {
      ...status,
      ...secret,
      message: 'x'.repeat(1_000_000),
      details: { ...details, ...secret, causes: Array(1_000).fill({ ...secret, reason: 'r' }) },
    };
    const error = errorFromStatus(hostile as never, 'list');
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
    expect(JSON.stringify(error.status).length).toBeLessThan(3_000);
    expect(error.message.length).toBeLessThan(2_000);
  });
});

test('abortedError passes on a DepwatchError that is the reason', () => {
  const reason = new DepwatchError('ERR_NOT_STARTED', 'stopped');
  expect(abortedError(AbortSignal.abort(reason))).toBe(reason);
  expect(abortedError(AbortSignal.abort('why'))).toMatchObject({
    code: 'ERR_ABORTED',
    cause: 'why',
  });
});

// Go leaves out a code of 0, and servers that are none of Kubernetes' own may set the reason alone.
test.each([
  ['Expired', 410, 'ERR_EXPIRED', true],
  ['Gone', 410, 'ERR_EXPIRED', true],
  ['Forbidden', 403, 'ERR_FORBIDDEN', false],
  ['Unauthorized', 401, 'ERR_UNAUTHORIZED', false],
  ['NotFound', 404, 'ERR_NO_VERSIONED_RESOURCE', false],
  ['BadRequest', 400, 'ERR_TRANSPORT', false],
  ['TooManyRequests', 429, 'ERR_TRANSPORT', true],
  ['Timeout', 504, 'ERR_TRANSPORT', true],
])('a Status without a code goes by its reason: %s', (reason, code, expected, retryable) => {
  for (const missing of [{}, { code: 0 }, { code: 'many' as never }]) {
    const error = errorFromStatus({ kind: 'Status', reason, ...missing }, 'watch of ConfigMap');
    expect(error).toMatchObject({ code: expected, retryable, status: { code } });
  }
  expect(errorFromStatus({ reason, code: 500 }, 'watch').code).toBe('ERR_TRANSPORT');
});

test('a Status without a code, whose reason nobody knows, may be asked again', () => {
  for (const reason of [undefined, 'constructor', 'Odd'])
    expect(errorFromStatus({ ...(reason && { reason }) }, 'watch')).toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: true,
    });
});

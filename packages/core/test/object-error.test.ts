import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';

import { errorFromObjectStatus, type KubernetesStatus, type ObjectVerb } from '../src/index.ts';

const configMap = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const secret = { ...configMap, kind: 'Secret' };

function errorOf(status: KubernetesStatus, verb: ObjectVerb = 'update', id = configMap) {
  return errorFromObjectStatus({ kind: 'Status', status: 'Failure', ...status }, { verb, id });
}

describe('the error for the answer to a read or write of an object', () => {
  // As a kube-apiserver 1.36 answers.
  const named = { name: 'a', kind: 'configmaps' };
  const denied = (who: string) => `configmaps "a" is forbidden: ${who} denied request: no`;
  test.each<[string, KubernetesStatus, string, boolean]>([
    ['no such object', { code: 404, reason: 'NotFound', details: named }, 'ERR_NOT_FOUND', false],
    [
      'no such namespace',
      { code: 404, reason: 'NotFound', details: { name: 'x', kind: 'namespaces' } },
      'ERR_NOT_FOUND',
      false,
    ],
    [
      'no such kind, version or subresource',
      { code: 404, reason: 'NotFound', details: {} },
      'ERR_NO_VERSIONED_RESOURCE',
      false,
    ],
    [
      'no such group',
      { code: 404, message: '404 page not found' },
      'ERR_NO_VERSIONED_RESOURCE',
      false,
    ],
    ['exists', { code: 409, reason: 'AlreadyExists' }, 'ERR_ALREADY_EXISTS', false],
    ['changed meanwhile', { code: 409, reason: 'Conflict', details: named }, 'ERR_CONFLICT', false],
    ['malformed', { code: 400, reason: 'BadRequest' }, 'ERR_REJECTED', false],
    ['no such method', { code: 405, reason: 'MethodNotAllowed' }, 'ERR_REJECTED', false],
    ['too large', { code: 413, reason: 'RequestEntityTooLarge' }, 'ERR_REJECTED', false],
    ['no such patch', { code: 415, reason: 'UnsupportedMediaType' }, 'ERR_REJECTED', false],
    ['invalid', { code: 422, reason: 'Invalid' }, 'ERR_REJECTED', false],
    [
      'denied by a policy, in whatever words',
      { code: 403, reason: 'Forbidden', message: denied("ValidatingAdmissionPolicy 'p'") },
      'ERR_REJECTED',
      false,
    ],
    ...[400, 401, 403, 404, 409, 429, 500, 503].map(
      (code): [string, KubernetesStatus, string, boolean] => [
        `denied by a webhook that says ${code}`,
        { code, message: 'admission webhook "w.x.dev" denied the request: no' },
        'ERR_REJECTED',
        false,
      ],
    ),
    [
      'a namespace that ends',
      {
        code: 403,
        reason: 'Forbidden',
        message: 'configmaps "a" is forbidden: unable to create new content in namespace term',
      },
      'ERR_REJECTED',
      false,
    ],
    [
      'no rights',
      {
        code: 403,
        reason: 'Forbidden',
        message:
          'configmaps "a" is forbidden: User "nobody" cannot update resource "configmaps" in API group ""',
      },
      'ERR_FORBIDDEN',
      false,
    ],
    ['no rights, by a front', { code: 403 }, 'ERR_FORBIDDEN', false],
    ['unknown', { code: 401 }, 'ERR_UNAUTHORIZED', false],
    [
      'a disruption budget',
      {
        code: 429,
        reason: 'TooManyRequests',
        details: { causes: [{ reason: 'DisruptionBudget', message: 'needs 1' }] },
      },
      'ERR_REJECTED',
      true,
    ],
    ['too busy', { code: 429, reason: 'TooManyRequests' }, 'ERR_TRANSPORT', true],
    ['a webhook that is down', { code: 500, reason: 'InternalError' }, 'ERR_TRANSPORT', true],
    [
      'an apply that does not fit the schema',
      {
        code: 500,
        message:
          'failed to create typed patch object (/g; a.dev/v1, Kind=G): .spec.size: expected x',
      },
      'ERR_REJECTED',
      false,
    ],
    [
      'an apply that can not be read',
      {
        code: 500,
        message: 'failed to convert new object (/s; /v1, Kind=Secret) to proper version',
      },
      'ERR_REJECTED',
      false,
    ],
    ['too late', { code: 504, reason: 'Timeout' }, 'ERR_TRANSPORT', true],
  ])('%s', (_, status, code, retryable) => {
    expect(errorOf(status)).toMatchObject({ code, retryable });
  });

  test('a read is never rejected by admission', () => {
    expect(errorOf({ code: 403, message: 'no' }, 'get').code).toBe('ERR_FORBIDDEN');
  });

  test('tells what was asked', () => {
    const error = errorFromObjectStatus(
      { code: 409, reason: 'AlreadyExists', message: 'it is there' },
      {
        verb: 'create',
        subresource: 'binding',
        id: { group: 'g.dev', version: 'v1', kind: 'Thing', name: 'x'.repeat(300) },
      },
    );
    expect(error.message).toBe(
      `create of the binding of g.dev/v1 Thing "${'x'.repeat(256)}…": the API server answered 409 AlreadyExists: it is there`,
    );
  });

  test('keeps what the server asked to wait', () => {
    const status = { code: 429, details: { retryAfterSeconds: 10 } };
    expect(errorOf(status).retryAfterMs).toBe(10_000);
    expect(errorFromObjectStatus(status, { verb: 'get', id: configMap }, 70).retryAfterMs).toBe(70);
  });

  test('of a disruption budget says which', () => {
    const causes = [{ reason: 'DisruptionBudget', message: 'The disruption budget b needs 1' }];
    const { message } = errorOf({ code: 429, message: 'Cannot evict.', details: { causes } });
    expect(message).toContain('429: Cannot evict. The disruption budget b needs 1');
  });
});

describe('a conflict', () => {
  const manager = (field: string, who: string) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field,
  });

  test('names the managers and their fields', () => {
    const causes = [manager('.data.a', '"one"'), manager('.data.b', '"two" using v1')];
    for (const id of [configMap, secret]) {
      const { message } = errorOf(
        { code: 409, reason: 'Conflict', details: { causes } },
        'apply',
        id,
      );
      expect(message).toMatch(
        /409 Conflict.*; others own \.data\.a of "one", \.data\.b of "two" using v1; apply without these fields, or with force$/,
      );
    }
  });

  test('of versions says to read it anew', () => {
    const text = 'the object has been modified';
    expect(errorOf({ code: 409, reason: 'Conflict', message: text }).message).toMatch(
      /409 Conflict: the object has been modified; read it anew$/,
    );
  });
});

describe('what was rejected', () => {
  const cause = (field: string, message: string) => ({
    reason: 'FieldValueInvalid',
    message,
    field,
  });

  test('is named by its fields, each with what is wrong, and no value', () => {
    const causes = [
      cause('spec.replicas', 'Invalid value: -1: must be greater than or equal to 0'),
      cause('spec.color', 'Unsupported value: "canary": supported values: "red"'),
      cause('spec.list[1]', 'Duplicate value: "can\\"ary"'),
      cause('spec', 'Invalid value: three is bad'),
      cause('patch', `Invalid value: "{\\"canary\\":1}": json: cannot unmarshal`),
      cause('x', 'Invalid value: {"canary":"y"}: odd'),
      cause('cut', `Invalid value: "canary${'x'.repeat(2_000)}`),
    ];
    const status = { code: 422, reason: 'Invalid', message: 'all: canary', details: { causes } };
    const error = errorOf(status);
    expect(error.message).toBe(
      'update of v1 ConfigMap "a" in namespace "default": the API server answered 422 Invalid: ' +
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0; ' +
        'spec.color: Unsupported value: supported values: "red"; ' +
        'spec.list[1]: Duplicate value; spec: Invalid value: three is bad; ' +
        'patch: Invalid value: json: cannot unmarshal; x: Invalid value; cut: Invalid value',
    );
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
  });

  test('quotes nothing that an apply got in place of another type', () => {
    const message =
      'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.a: expected string, got &value{"canary"}';
    const error = errorOf({ code: 500, message }, 'apply');
    expect(error.message).toMatch(/: \.data\.a: expected string$/);
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
  });

  test.each<[string, KubernetesStatus, string]>([
    [
      'a validation',
      {
        code: 422,
        reason: 'Invalid',
        message: 'Secret "a" is invalid: canary',
        details: { causes: [cause('data[tls.key]', 'Required value: canary')] },
      },
      '422 Invalid: data[tls.key] (FieldValueInvalid)',
    ],
    [
      'a validation without causes',
      { code: 422, reason: 'Invalid', message: 'canary' },
      '422 Invalid',
    ],
    [
      'an unknown field',
      {
        code: 400,
        reason: 'BadRequest',
        message:
          'Secret in version "v1" cannot be handled as a Secret: strict decoding error: unknown field "foo", unknown field "spec"',
      },
      '400 BadRequest: foo (unknown), spec (unknown)',
    ],
    [
      'what can not be read',
      { code: 400, reason: 'BadRequest', message: 'illegal data "canary"' },
      '400 BadRequest',
    ],
    [
      'an apply',
      {
        code: 500,
        message:
          'failed to create typed patch object (/s; /v1, Kind=Secret): .data.a: expected string, got canary',
      },
      '500: .data.a',
    ],
    [
      'a webhook',
      {
        code: 403,
        reason: 'Forbidden',
        message: 'admission webhook "w" denied the request: canary',
        details: { causes: [{ message: 'canary' }] },
      },
      '403 Forbidden',
    ],
    [
      'a failing webhook',
      { code: 500, reason: 'InternalError', message: 'failed calling webhook: canary' },
      '500 InternalError',
    ],
  ])('of a Secret is told without a word of the server: %s', (_, status, text) => {
    const error = errorOf(status, 'create', secret);
    expect(error.message).toBe(
      `create of v1 Secret "a" in namespace "default": the API server answered ${text}`,
    );
    expect(inspect(error, { depth: Infinity })).not.toContain('canary');
    expect(JSON.stringify([error, error.status])).not.toContain('canary');
  });

  test('names the missing right to a Secret', () => {
    const text = 'secrets "a" is forbidden: User "n" cannot get resource "secrets" in API group ""';
    expect(errorOf({ code: 403, message: text }, 'get', secret).message).toContain(text);
  });

  test('is as discreet about what asks for tokens', () => {
    const request = { verb: 'create' as const, id: configMap };
    for (const more of [
      { subresource: 'token' },
      { bodyKind: 'TokenReview' },
      { bodyKind: 'TokenRequest' },
      { bodyKind: 'Secret' },
    ]) {
      const error = errorFromObjectStatus(
        { code: 422, message: 'canary' },
        { ...request, ...more },
      );
      expect(inspect(error, { depth: Infinity })).not.toContain('canary');
    }
  });
});

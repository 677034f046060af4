import { describe, expect, it } from 'vitest';

import { Tokens, tokenIssuer } from '../../src/api-server/auth/tokens.ts';
import type { ApiObject } from '../../src/api-server/http/api-object.ts';

function object(kind: string, name: string, uid: string, more: object = {}): ApiObject {
  const metadata = { name, namespace: 'default', uid, resourceVersion: '1', creationTimestamp: '' };
  return { kind, apiVersion: 'v1', metadata: { ...metadata, ...more } };
}

function setUp() {
  let time = Date.parse('2026-01-01T00:00:00Z');
  const account = object('ServiceAccount', 'builder', 'uid-1');
  const objects = new Map<string, ApiObject>([['serviceaccounts/builder', account]]);
  const tokens = new Tokens(
    (resource, _namespace, name) => objects.get(`${resource}/${name}`),
    () => new Date(time),
  );
  return { account, objects, tokens, pass: (ms: number) => (time += ms) };
}

const user = {
  name: 'system:serviceaccount:default:builder',
  uid: 'uid-1',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
};

describe('a service account’s token', () => {
  it('says whose it is, and when it ends', () => {
    const { account, tokens } = setUp();
    const { token, expirationTimestamp } = tokens.issue(account, { expirationSeconds: 600 });
    expect(expirationTimestamp).toBe('2026-01-01T00:10:00Z');
    expect(tokens.review(token)).toMatchObject({ user, audiences: [tokenIssuer] });
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({
      aud: [tokenIssuer],
      exp: claims.iat + 600,
      'kubernetes.io': {
        namespace: 'default',
        serviceaccount: { name: 'builder', uid: 'uid-1' },
      },
      sub: user.name,
    });
  });

  it('is refused a minute after its end, as clocks differ', () => {
    const { account, tokens, pass } = setUp();
    const { token } = tokens.issue(account, { expirationSeconds: 600 });
    pass(660_000);
    expect(tokens.review(token)).toMatchObject({ user });
    pass(1);
    expect(tokens.review(token)).toEqual({
      error: '[invalid bearer token, service account token has expired]',
    });
  });

  it('is for its audiences alone', () => {
    const { account, tokens } = setUp();
    const { token } = tokens.issue(account, { audiences: ['vault', 'other'] });
    expect(tokens.review(token, ['vault'])).toMatchObject({ user, audiences: ['vault'] });
    expect(tokens.review(token)).toEqual({
      error: `[invalid bearer token, token audiences ["vault" "other"] is invalid for the target audiences ["${tokenIssuer}"]]`,
    });
  });

  it('is nobody’s once its account was replaced by another of the same name', () => {
    const { account, objects, tokens } = setUp();
    const { token } = tokens.issue(account);
    objects.set('serviceaccounts/builder', object('ServiceAccount', 'builder', 'uid-2'));
    expect(tokens.review(token)).toEqual({
      error: '[invalid bearer token, service account UID (uid-2) does not match claim (uid-1)]',
    });
    objects.clear();
    expect(tokens.review(token)).toEqual({
      error: '[invalid bearer token, serviceaccounts "builder" not found]',
    });
  });

  it('falls with the pod that it is bound to, and names it and its node', () => {
    const { account, objects, tokens } = setUp();
    const pod = { ...object('Pod', 'p', 'uid-p'), spec: { nodeName: 'n' } };
    objects.set('pods/p', pod).set('nodes/n', object('Node', 'n', 'uid-n'));
    const { token } = tokens.issue(account, {
      boundObjectRef: { kind: 'Pod', name: 'p', uid: 'uid-p' },
    });
    expect(tokens.review(token)).toMatchObject({
      user: {
        extra: {
          'authentication.kubernetes.io/pod-name': ['p'],
          'authentication.kubernetes.io/pod-uid': ['uid-p'],
          'authentication.kubernetes.io/node-name': ['n'],
          'authentication.kubernetes.io/node-uid': ['uid-n'],
        },
      },
    });
    // The node is only told; the token doesn't fall with it.
    objects.delete('nodes/n');
    expect(tokens.review(token)).toMatchObject({ user });
    objects.delete('pods/p');
    expect(tokens.review(token)).toEqual({
      error: '[invalid bearer token, service account token has been invalidated]',
    });
  });

  it('is nobody’s once a byte of it is changed, or when another server issued it', () => {
    const { account, tokens } = setUp();
    const { token } = tokens.issue(account);
    const forged = { error: expect.stringContaining('error in cryptographic primitive') };
    expect(tokens.review(`${token.slice(0, -2)}AA`)).toEqual(forged);
    expect(setUp().tokens.review(token)).toEqual(forged);
    for (const other of ['', 'x', 'a.b.c', '..', 'null.bnVsbA.x']) {
      expect(tokens.review(other)).toEqual({ error: 'invalid bearer token' });
    }
  });
});

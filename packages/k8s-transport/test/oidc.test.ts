import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { silentLogger } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { Credentials } from '../src/credentials/credentials.ts';
import { failureOf, kubeConfigFrom } from './helpers.ts';
import { certificates } from './secure-server.ts';

const trusted = getCACertificates('default');
beforeAll(async () => {
  const { certificateAuthority } = await certificates();
  setDefaultCACertificates([...trusted, certificateAuthority]);
});
afterAll(() => setDefaultCACertificates(trusted));

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An identity token that has expired, or will in an hour. */
function identityToken(issuer: string, id: number, expired = false): string {
  const now = Math.floor(Date.now() / 1_000);
  const exp = now + (expired ? -60 : 3_600);
  const claims = { iss: issuer, aud: 'client', sub: 'someone', iat: now - 120, exp, id };
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

type Answer = (refresh: string | null, issuer: string) => object;

/** An identity provider that answers to refresh tokens so, and what a kubeconfig has of it. */
async function identityProvider(answer: Answer) {
  const { certificate, key } = await certificates();
  const refreshes: (string | null)[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      const isDiscovery = request.url!.startsWith('/.well-known/');
      if (isDiscovery) {
        return response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }));
      }
      const refresh = new URLSearchParams(body).get('refresh_token');
      refreshes.push(refresh);
      return response.end(
        JSON.stringify({ token_type: 'bearer', access_token: 'a', ...answer(refresh, issuer) }),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    'client-id': 'client',
    'client-secret': 'secret',
    'id-token': identityToken(issuer, 0, true),
    'refresh-token': 'first',
    'idp-issuer-url': issuer,
  };
  return { issuer, refreshes, config };
}

function credentialsOf(config: object) {
  const kubeConfig = kubeConfigFrom(
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443' } }],
      users: [{ name: 'u', user: { 'auth-provider': { name: 'oidc', config } } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  const clock = createVirtualClock();
  return { clock, credentials: new Credentials({ kubeConfig, clock, logger: silentLogger }) };
}

/** In which a token expires. */
function passTwoHours(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
}

describe('an identity token', () => {
  it('is refreshed time and again where the provider keeps its refresh token', async () => {
    let id = 0;
    const { refreshes, config } = await identityProvider((_, issuer) => ({
      id_token: identityToken(issuer, ++id),
    }));
    const { credentials } = credentialsOf(config);
    const first = await credentials.get();
    passTwoHours();
    const second = await credentials.renew(first);
    expect(second?.headers['authorization']).toMatch(/^Bearer /);
    expect(second?.headers).not.toEqual(first.headers);
    expect(refreshes).toEqual(['first', 'first']);
  });

  it('is refreshed by the newest refresh token where the provider gives another each time', async () => {
    let id = 0;
    const { refreshes, config } = await identityProvider((refresh, issuer) => ({
      id_token: identityToken(issuer, ++id),
      refresh_token: `${refresh}+`,
    }));
    const { credentials } = credentialsOf(config);
    const first = await credentials.get();
    passTwoHours();
    await credentials.renew(first);
    expect(refreshes).toEqual(['first', 'first+']);
  });

  it('that is not given is no identity: it is asked for again, and nobody goes without', async () => {
    let gives = false;
    const { refreshes, config } = await identityProvider((_, issuer) =>
      gives ? { id_token: identityToken(issuer, 1) } : {},
    );
    const { clock, credentials } = credentialsOf(config);
    const error = await failureOf(credentials.get());
    expect(error).toMatchObject({ reason: 'credentials', retryable: true });
    expect(error.message).toMatch(/the auth provider "oidc" of user "u" gave none$/);
    gives = true;
    await clock.advance(1_000);
    expect((await credentials.get()).headers['authorization']).toMatch(/^Bearer /);
    expect(refreshes).toEqual(['first', 'first']);
  });

  it('that has expired, and can not be refreshed, is none', async () => {
    const { config } = await identityProvider(() => ({}));
    const error = await failureOf(
      credentialsOf({ ...config, 'refresh-token': undefined }).credentials.get(),
    );
    expect(error.message).toMatch(/the auth provider "oidc" of user "u" gave none$/);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';

import { describe, expect, it, onTestFinished } from 'vitest';

import { clientCertificates } from './client-certificates.ts';
import { changedKubeConfig, configMaps, failureOf, transportFor } from './helpers.ts';
import { secureServer } from './secure-server.ts';

const list = JSON.stringify({ metadata: { resourceVersion: '1' }, items: [] });

/** A gateway that demands a certificate. Node's servers send an alert only where there is none. */
async function gateway(maxVersion: SecureVersion): Promise<string> {
  const { server, kubeConfig } = await secureServer({
    ...{ requestCert: true, rejectUnauthorized: true, maxVersion },
    ca: clientCertificates.a.certificate,
  });
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    stream.end(list);
  });
  return kubeConfig;
}

/** A plugin that gives a token first, and from then on a certificate or what it gave before. */
function pluginFor(later: 'certificate' | 'token'): object {
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const now = join(folder, 'now.json');
  const next = join(folder, 'next.json');
  const { certificate, key } = clientCertificates.a;
  const status = { clientCertificateData: certificate, clientKeyData: key };
  const token = { status: { token: 'token' } };
  writeFileSync(now, JSON.stringify(token));
  writeFileSync(next, JSON.stringify(later === 'token' ? token : { status }));
  const program = `
    const fs = require('node:fs');
    console.log(fs.readFileSync(${JSON.stringify(now)}, 'utf8'));
    fs.copyFileSync(${JSON.stringify(next)}, ${JSON.stringify(now)});`;
  const apiVersion = 'client.authentication.k8s.io/v1';
  return { exec: { apiVersion, command: process.execPath, args: ['-e', program] } };
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a client certificate, with %s', (version) => {
  it('that the handshake is refused for is renewed', async () => {
    const kubeConfig = changedKubeConfig(await gateway(version), {
      user: pluginFor('certificate'),
    });
    const transport = transportFor(kubeConfig);
    await Promise.all(Array.from({ length: 20 }, () => transport.list(configMaps, {})));
  });

  it('that is missing still is an error that says so', async () => {
    const kubeConfig = changedKubeConfig(await gateway(version), { user: pluginFor('token') });
    expect(await failureOf(transportFor(kubeConfig).list(configMaps, {}))).toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: true,
      reason: 'certificate',
    });
  });
});

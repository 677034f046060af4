import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion, TLSSocket } from 'node:tls';

import { describe, expect, it, onTestFinished } from 'vitest';

import { clientCertificates } from './client-certificates.ts';
import { changedKubeConfig, configMaps, failureOf, opened, transportFor } from './helpers.ts';
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

// A kube-apiserver looks at the certificate with each request, not with the handshake alone.
it('a client certificate that expires on an open connection is replaced by the one that is there by now', async () => {
  const { a, b } = clientCertificates;
  const { server, kubeConfig } = await secureServer({
    ...{ requestCert: true, rejectUnauthorized: true },
    ca: [a.certificate, b.certificate],
  });
  let expired = 'nobody';
  const asked: string[] = [];
  server.on('stream', (stream, { ':path': path }) => {
    const { CN } = (stream.session!.socket as TLSSocket).getPeerCertificate().subject;
    asked.push(String(CN));
    const isRefused = CN === expired;
    stream
      .on('error', () => {})
      .respond({
        ':status': isRefused ? 401 : 200,
        'content-type': 'application/json',
      });
    if (isRefused) stream.end('{"kind":"Status","code":401}');
    else if (!path!.includes('watch=true')) stream.end(list);
  });
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const write = (pair: typeof a) => {
    writeFileSync(certificate, pair.certificate);
    writeFileSync(key, pair.key);
  };
  write(a);
  const user = { 'client-certificate': certificate, 'client-key': key };
  const transport = transportFor(changedKubeConfig(kubeConfig, { user }));
  const watch = await opened(transport.watch(configMaps, {}));
  write(b);
  expired = 'client-a';
  await Promise.all(Array.from({ length: 20 }, () => transport.list(configMaps, {})));
  await opened(transport.watch(configMaps, {}));
  expect(asked.at(0)).toBe('client-a');
  expect(asked.at(-1)).toBe('client-b');
  // What was let through before goes on.
  await watch.return!();
});

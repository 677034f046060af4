import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { startApiServer, type ApiServer } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import {
  changedKubeConfig,
  configMap,
  configMaps,
  failureOf,
  opened,
  transportFor,
} from './helpers.ts';
import { secureServer } from './secure-server.ts';

let server: ApiServer;
let other: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  other = await startApiServer();
});
afterAll(() => Promise.all([server.stop(), other.stop()]));

const authorityOf = ({ kubeConfig }: ApiServer): string =>
  (JSON.parse(kubeConfig) as { clusters: [{ cluster: Record<string, string> }] }).clusters[0]
    .cluster['certificate-authority-data']!;

describe('TLS', () => {
  it('trusts what the kubeconfig says, and nobody else', async () => {
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { 'certificate-authority-data': authorityOf(other) },
    });
    const error = await failureOf(transportFor(kubeConfig).list(configMaps, {}));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.status).toBeUndefined();
    expect(error.message).toContain('certificate');
    expect(error.message).toContain(server.url.replace('https://', ''));
  });

  it('trusts anybody where that was asked for', async () => {
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true },
    });
    await transportFor(kubeConfig).list(configMaps, {});
  });

  it('looks for the name that tls-server-name gives', async () => {
    const named = (name: string) =>
      transportFor(changedKubeConfig(server.kubeConfig, { cluster: { 'tls-server-name': name } }));
    await named('kubernetes.default.svc').list(configMaps, {});
    const error = await failureOf(named('kubernetes.example').list(configMaps, {}));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toContain('kubernetes.example');
  });

  // Go checks for it, and sends no name; Node would send it, which servers may refuse.
  it('looks for the address that tls-server-name gives, and sends no name', async () => {
    const { server: own, kubeConfig } = await secureServer();
    const names: unknown[] = [];
    own.on('session', ({ socket }) => names.push((socket as TLSSocket).servername));
    own.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end('{"items":[]}');
    });
    const warned = vi.fn();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const addressed = (address: string) =>
      transportFor(changedKubeConfig(kubeConfig, { cluster: { 'tls-server-name': address } }));
    await addressed('127.0.0.1').list(configMaps, {});
    expect(names).toEqual([false]);
    const error = await failureOf(addressed('10.9.8.7').list(configMaps, {}));
    expect(error).toMatchObject({ reason: 'certificate' });
    expect(error.message).toContain('10.9.8.7');
    expect(warned).not.toHaveBeenCalled();
  });

  it('names a host by its name', async () => {
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { server: server.url.replace('127.0.0.1', 'localhost') },
    });
    await transportFor(kubeConfig).list(configMaps, {});
  });

  it('moves new requests to new connections when a certificate file changes, and lets the old ones end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depwatch-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'ca.crt');
    const pem = (from: ApiServer) => Buffer.from(authorityOf(from), 'base64').toString();
    writeFileSync(file, pem(server));
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { 'certificate-authority-data': undefined, 'certificate-authority': file },
    });
    let now = 0;
    const transport = transportFor(kubeConfig, {
      clock: { now: () => now, setTimeout: (run, ms) => setTimeout(run, ms), random: () => 0 },
    });
    const watch = await opened(
      transport.watch({ ...configMaps, name: 'a' }, { resourceVersion: server.resourceVersion }),
    );
    await vi.waitFor(() => expect(server.requests.openConnections).toBe(1));
    writeFileSync(file, `${pem(server)}\nAnd a word that changes nothing.\n`);
    await transport.list(configMaps, {});
    expect(server.requests.openConnections).toBe(1);
    now = 1_000;
    await transport.list(configMaps, {});
    expect(server.requests.openConnections).toBe(2);
    server.objects.apply(configMap('a'));
    expect((await watch.next()).value).toMatchObject([{ type: 'ADDED' }]);
    await watch.return!();
    await vi.waitFor(() => expect(server.requests.openConnections).toBe(1));
  });
});

import { createSecureServer, type Http2SecureServer, type SecureServerOptions } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

import {
  createCertificates,
  type ServerCertificates,
} from '../../testing/src/api-server/http/certificates.ts';

let made: Promise<ServerCertificates> | undefined;

/** Certificates for the loopback address and localhost, made once. */
export const certificates = (): Promise<ServerCertificates> => (made ??= createCertificates());

/** The text of a kubeconfig for a server with these certificates. */
export async function kubeConfigTo(port: number): Promise<string> {
  const { certificateAuthority } = await certificates();
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
  };
  return JSON.stringify({
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

/** An HTTP/2 server in the words of Node, and the text of a kubeconfig for it. It is stopped when the test ends. */
export async function secureServer(options: SecureServerOptions = {}): Promise<{
  readonly server: Http2SecureServer;
  readonly port: number;
  readonly kubeConfig: string;
}> {
  const { certificate, key } = await certificates();
  const server = createSecureServer({ cert: certificate, key, ...options });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => void sessions.add(session));
  server.on('sessionError', () => {}).on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, kubeConfig: await kubeConfigTo(port) };
}

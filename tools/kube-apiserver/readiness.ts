import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ServerProcess } from './server-process.ts';

const startTimeoutMs = 60_000;
const pollIntervalMs = 100;

/** What {@link untilReady} looks at. */
export interface ReadinessOptions {
  /** The URL of the API server. */
  readonly url: string;
  /** The bearer token of a user who may read /readyz. */
  readonly token: string;
  /** The file into which the API server writes its certificate and the authority's. */
  readonly certificateFile: string;
  /** What must not end in the meantime. */
  readonly processes: readonly ServerProcess[];
}

/**
 * Waits until an API server says that it is ready.
 *
 * @returns the certificate authority that it made for itself, as PEM.
 * @throws Error if it isn't ready within 60 s, or as soon as one of the processes has ended.
 */
export async function untilReady({
  url,
  token,
  certificateFile,
  processes,
}: ReadinessOptions): Promise<string> {
  const finished = new AbortController();
  const signal = AbortSignal.any([finished.signal, AbortSignal.timeout(startTimeoutMs)]);
  const poll = async () => {
    let problem = 'no answer';
    while (!signal.aborted) {
      try {
        const certificateAuthority = await readCertificateAuthority(certificateFile);
        const answer = await readyz(url, token, certificateAuthority, signal);
        if (answer === 'ok') return certificateAuthority;
        problem = answer;
      } catch (error) {
        if (!signal.aborted) problem = String(error);
      }
      await sleep(pollIntervalMs);
    }
    throw new Error(`kube-apiserver was not ready within ${startTimeoutMs} ms: ${problem}`);
  };
  try {
    return await Promise.race([poll(), ...processes.map((server) => server.failure())]);
  } finally {
    finished.abort();
  }
}

/** The file with the server's certificate has the authority that signed it, too; throws while it isn't there. */
async function readCertificateAuthority(certificateFile: string): Promise<string> {
  const pem = await readFile(certificateFile, 'utf8');
  const certificates =
    pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
  const authority = certificates.find((certificate) => new X509Certificate(certificate).ca);
  if (authority === undefined)
    throw new Error('its certificate file holds no certificate authority yet');
  return authority;
}

function readyz(url: string, token: string, ca: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    get(
      `${url}/readyz`,
      { ca, signal, agent: false, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response
          .setEncoding('utf8')
          .toArray()
          .then((chunks) => resolve(chunks.join('')), reject);
      },
    ).once('error', reject);
  });
}

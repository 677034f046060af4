/** The load generator for a real server: a process that writes over one HTTP/2 connection. */
import { type ClientHttp2Session, connect } from 'node:http2';

import { configMap, namespace, namespaceOf, nameOf, type Place } from '../objects.ts';
import { kubeConfigVariable, serve } from '../remote.ts';
import { createLoad } from './load.ts';

const atOnce = 64;
const { clusters, users } = JSON.parse(process.env[kubeConfigVariable]!);
const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
let session: ClientHttp2Session | undefined;

/** The connection; a new one when the server was away. */
function connected(): ClientHttp2Session {
  if (!session || session.closed || session.destroyed) {
    session = connect(server, { ca: Buffer.from(ca, 'base64') });
    // Its streams tell.
    session.on('error', () => {});
  }
  return session;
}

function send(
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = connected().request({
      ':method': method,
      ':path': path,
      authorization: `Bearer ${users[0].user.token}`,
      'content-type': 'application/json',
    });
    let status = 0;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (headers) => (status = Number(headers[':status'])));
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('end', () => resolve({ status, text })).on('error', reject);
    stream.end(JSON.stringify(body));
  });
}

async function sendWell(method: string, path: string, body: unknown, alsoFine?: number) {
  const { status, text } = await send(method, path, body);
  if (status >= 300 && status !== alsoFine) throw new Error(`${method} ${path}: ${status} ${text}`);
  return JSON.parse(text) as { metadata: { resourceVersion?: string } };
}

async function createNamespace(name: string): Promise<void> {
  await sendWell('POST', '/api/v1/namespaces', { metadata: { name } }, 409);
}

const load = createLoad(atOnce, async (index, revision, place) => {
  const object = configMap(index, revision, place);
  const configMaps = `/api/v1/namespaces/${object.metadata.namespace}/configmaps`;
  const { metadata } = await (revision === 0
    ? sendWell('POST', configMaps, object)
    : sendWell('PUT', `${configMaps}/${nameOf(index)}`, object));
  return Number(metadata.resourceVersion);
});
await createNamespace(namespace);
serve({
  ...load,
  async create(count: number, place?: Place) {
    const namespaces = Array.from({ length: place?.over ?? 1 }, (_, n) => namespaceOf(n, place));
    await Promise.all(namespaces.map(createNamespace));
    await load.create(count, place);
  },
});

import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';
import { startApiServer } from '../../src/index.ts';

const binaries = await findKubeApiServer({ log: (line) => console.log(`skipped: ${line}`) });
const servers = [
  { name: 'the in-process server', start: () => startApiServer() },
  ...(binaries
    ? [{ name: 'a real kube-apiserver', start: () => startControlPlane({ binaries }) }]
    : []),
];
const maps = '/api/v1/namespaces/default/configmaps';

/** The status of an answer, or how there was none. */
function ask(
  session: ClientHttp2Session,
  path: string,
  authorization?: string,
  body?: object,
): Promise<unknown> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': body ? 'POST' : 'GET',
      ':path': path,
      ...(authorization && { authorization }),
    });
    stream.end(body && JSON.stringify(body));
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', (error) => resolve(error.message));
    stream.resume();
  });
}

describe.each(servers)('connections of $name', ({ start }) => {
  let server: AsyncDisposable & { readonly kubeConfig: string };
  let url: string;
  let ca: Buffer;
  let good: string;
  beforeAll(async () => {
    server = await start();
    const config = JSON.parse(server.kubeConfig);
    const { cluster } = config.clusters[0];
    url = cluster.server;
    ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    good = `Bearer ${config.users[0].user.token}`;
  }, 60_000);
  afterAll(() => server?.[Symbol.asyncDispose]());

  test.each([
    { who: 'whose token is nobody’s', authorization: 'Bearer wrong', status: 401 },
    { who: 'who has none', authorization: undefined, status: 403 },
  ])(
    'who asks one $who has to make another; a watch on it goes on',
    async ({ authorization, status }) => {
      const session = connect(url, { ca });
      session.on('error', () => {});
      const goneAway = new Promise<number>((resolve) => session.once('goaway', resolve));
      const watch = session.request({ ':path': `${maps}?watch=1`, authorization: good });
      await new Promise((resolve) => watch.once('response', resolve));
      expect(await ask(session, maps, authorization)).toBe(status);
      expect(await goneAway).toBe(0);
      const seen = new Promise((resolve) => watch.once('data', resolve));
      const another = connect(url, { ca });
      expect(await ask(another, maps, good, { metadata: { generateName: 'seen-' } })).toBe(201);
      expect(String(await seen)).toMatch('"name":"seen-');
      const closed = new Promise((resolve) => session.once('close', resolve));
      watch.close();
      await closed;
      another.destroy();
    },
  );

  test('who is known keeps one, whatever is refused', async () => {
    const session = connect(url, { ca });
    expect(await ask(session, '/api/v1/namespaces/none/configmaps/none', good)).toBe(404);
    expect(await ask(session, maps, good)).toBe(200);
    session.destroy();
  });
});

test('a watch that is cancelled with an event still to be sent is over', async () => {
  await using server = await startApiServer();
  const { cluster } = JSON.parse(server.kubeConfig).clusters[0];
  const session = connect(cluster.server, {
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    // Answers begin, and nothing of them comes: what the server writes stays with it.
    settings: { initialWindowSize: 0 },
  });
  session.on('error', () => {});
  const { token } = JSON.parse(server.kubeConfig).users[0].user;
  const watch = session.request({
    ':path': `${maps}?watch=1`,
    authorization: `Bearer ${token}`,
  });
  await once(watch, 'response');
  server.objects.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default' },
  });
  expect(server.requests.openWatches()).toBe(1);
  // As clients cancel that have read all they want: not an error.
  watch.close(constants.NGHTTP2_NO_ERROR);
  await vi.waitFor(() => expect(server.requests.openWatches()).toBe(0));
  session.close();
});

test('a watch that is cancelled before it is answered never opens', async () => {
  await using server = await startApiServer();
  const { cluster } = JSON.parse(server.kubeConfig).clusters[0];
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
  const authorization = `Bearer ${JSON.parse(server.kubeConfig).users[0].user.token}`;
  const session = connect(cluster.server, { ca });
  server.faults.delay(20);
  const watch = session.request({ ':path': `${maps}?watch=1`, authorization });
  // The server has the request by the time that it answers this.
  await new Promise((resolve) => session.ping(resolve));
  watch.close(constants.NGHTTP2_CANCEL);
  expect(await ask(session, maps, authorization)).toBe(200);
  expect(server.requests.count({ verb: 'watch' })).toBe(1);
  expect(server.requests.openWatches()).toBe(0);
  session.close();
});

import { channel } from 'node:diagnostics_channel';

import { startApiServer, type ApiServer } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import {
  answer,
  changedKubeConfig,
  configMaps,
  failureOf,
  opened,
  plainServer,
  relayTo,
  transportFor,
} from './helpers.ts';

const status = (code: number) => ({ kind: 'Status', status: 'Failure', code });

/** A server that says so to /readyz, and so to /api/v1. */
const saying = (readyz: number, core: number) =>
  plainServer(({ url }, response) => {
    const code = url === '/readyz' ? readyz : core;
    if (code !== 200) answer(response, code, status(code));
    else if (url === '/readyz') response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    else answer(response, 200, { kind: 'APIResourceList', resources: [] });
  });

const pathsOf = ({ requests }: { requests: readonly { url?: string | undefined }[] }) => [
  ...new Set(requests.map(({ url }) => url)),
];

describe('a probe', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server.stop());

  it('finds a server that is there', async () => {
    await transportFor(server.kubeConfig).probe!({});
    await transportFor(server.kubeConfigFor('nobody')).probe!({});
  });

  it('that is sent as a connection dies waits for nothing on it', async () => {
    const own = await startApiServer();
    onTestFinished(() => own.stop());
    const transport = transportFor(own.kubeConfig);
    const { resourceVersion } = own;
    const watch = await opened(transport.watch(configMaps, { resourceVersion }));
    const failures = channel('undici:request:error');
    const failed: string[] = [];
    const note = (message: unknown): void => {
      failed.push((message as { request: { path: string } }).request.path);
    };
    failures.subscribe(note);
    onTestFinished(() => {
      failures.unsubscribe(note);
    });
    const probed = failureOf(watch.next()).then(() => failureOf(transport.probe!({})));
    await own.faults.down();
    expect(await probed).toMatchObject({ reason: 'unreachable' });
    expect(failed).not.toContain('/readyz');
  });

  it('asks for /readyz alone where that is served', async () => {
    const own = await saying(200, 500);
    await transportFor(own.kubeConfig).probe!({});
    expect(pathsOf(own)).toEqual(['/readyz']);
  });

  it.each([
    [401, 401],
    [403, 200],
    [404, 200],
    [404, 403],
    [404, 404],
    // A server that starts, or is busy, answers all the same.
    [500, 200],
    [503, 403],
    [429, 200],
  ])('takes an answer for a sign of life: %i, then %i', async (readyz, core) => {
    const own = await saying(readyz, core);
    await transportFor(own.kubeConfig).probe!({});
    expect(pathsOf(own)).toEqual(['/readyz', '/api/v1']);
  });

  it.each([
    [500, 500],
    [503, 503],
    [404, 500],
    [403, 429],
  ])('rejects where the server is not well: %i, then %i', async (readyz, core) => {
    const own = await saying(readyz, core);
    expect(await failureOf(transportFor(own.kubeConfig).probe!({}))).toMatchObject({
      status: { code: core },
    });
  });

  it.each([200, 404])('is not deceived by a page of a front with status %i', async (code) => {
    const front = await plainServer(
      (_, response) => void response.writeHead(code, { 'content-type': 'text/html' }).end('<html>'),
    );
    expect(await failureOf(transportFor(front.kubeConfig).probe!({}))).toMatchObject({
      reason: 'not-kubernetes',
    });
  });

  it('says what keeps it from asking', async () => {
    const other = await startApiServer();
    await other.stop();
    const untrusted = changedKubeConfig(server.kubeConfig, {
      cluster: { 'certificate-authority-data': undefined },
    });
    const plugin = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere' } };
    for (const [kubeConfig, reason] of [
      [other.kubeConfig, 'unreachable'],
      [untrusted, 'certificate'],
      [changedKubeConfig(server.kubeConfig, { user: plugin }), 'credentials'],
    ] as const)
      expect(await failureOf(transportFor(kubeConfig).probe!({}))).toMatchObject({ reason });
  });

  it('ends with its signal, and after the time of a request', async () => {
    onTestFinished(server.faults.blackHole());
    const transport = transportFor(server.kubeConfig, { requestTimeoutMs: 200 });
    const aborted = new AbortController();
    const failure = failureOf(transport.probe!({ signal: aborted.signal }));
    aborted.abort();
    expect(await failure).toMatchObject({ code: 'ERR_ABORTED' });
    expect(await failureOf(transport.probe!({}))).toMatchObject({ code: 'ERR_TRANSPORT' });
  });

  it('does not wait for a connection that is dead, though nobody knows yet', async () => {
    const relay = await relayTo(Number(new URL(server.url).port));
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { server: `https://127.0.0.1:${relay.port}` },
    });
    const transport = transportFor(kubeConfig, { requestTimeoutMs: 5_000 });
    await opened(transport.watch(configMaps, { resourceVersion: server.resourceVersion }));
    relay.swallowPresent();
    const startedAt = performance.now();
    await transport.probe!({});
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

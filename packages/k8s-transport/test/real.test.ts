import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { changedKubeConfig, configMaps, failureOf, opened, transportFor } from './helpers.ts';

// Whether there has to be one, conformance.test.ts says.
const binaries = await findKubeApiServer();
const startTimeoutMs = 120_000;

describe.runIf(binaries)('on a real kube-apiserver', { timeout: 60_000 }, () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ binaries: binaries!, users: ['nobody'] });
  }, startTimeoutMs);
  afterAll(() => controlPlane.stop(), startTimeoutMs);

  it.runIf(process.platform === 'linux')(
    '1,000 watches by name take at most 12 sockets',
    async () => {
      const transport = transportFor(controlPlane.kubeConfig);
      const port = Number(new URL(controlPlane.url).port);
      const watches = await Promise.all(
        Array.from({ length: 1_000 }, (_, n) =>
          opened(
            transport.watch(
              { ...configMaps, name: `cm-${n}`, metadataOnly: true },
              { initialEvents: true },
            ),
          ),
        ),
      );
      const ends = await Promise.all(watches.map((watch) => watch.next()));
      for (const { value } of ends)
        expect(value?.[0]).toMatchObject({ type: 'BOOKMARK', initialEventsEnd: true });
      const sockets = establishedTo(port);
      expect(sockets).toBeGreaterThanOrEqual(10);
      expect(sockets).toBeLessThanOrEqual(12);
      await transport.close();
      expect(establishedTo(port)).toBe(0);
    },
  );

  it('names verb and query of what is forbidden', async () => {
    const transport = transportFor(controlPlane.kubeConfigFor('nobody'));
    const query = { ...configMaps, name: 'a' };
    const list = await failureOf(transport.list(query, {}));
    const watch = await failureOf(opened(transport.watch(query, {})));
    expect([list.code, watch.code]).toEqual(['ERR_FORBIDDEN', 'ERR_FORBIDDEN']);
    expect(list.message).toContain('list of v1 ConfigMap "a" in namespace "default"');
    expect(watch.message).toContain('watch of v1 ConfigMap "a" in namespace "default"');
  });

  it('an http: URL of a server that has https: is told apart', async () => {
    const { kubeConfig, url } = controlPlane;
    const cluster = { server: url.replace('https:', 'http:') };
    const transport = transportFor(changedKubeConfig(kubeConfig, { cluster }));
    const error = await failureOf(transport.list(configMaps, {}));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false, status: { code: 400 } });
    expect(error.message).toMatch(/HTTP request to an HTTPS server\.$/);
  });

  it('a token that is no longer good is read again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depwatch-real-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const tokenFile = join(folder, 'token');
    const admin = new KubeConfig();
    admin.loadFromString(controlPlane.kubeConfig);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions({
      clusters: admin.getClusters(),
      users: [{ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } }],
      contexts: [{ name: 'x', cluster: admin.getCurrentCluster()!.name, user: 'u' }],
      currentContext: 'x',
    });
    writeFileSync(tokenFile, 'unknown\n');
    // A clock that stands still, so that only the refusal makes the transport look.
    const clock = {
      now: () => 0,
      setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
      random: () => 0,
    };
    const transport = transportFor(kubeConfig, { clock });
    expect(await failureOf(transport.list(configMaps, {}))).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
    });
    writeFileSync(tokenFile, `${admin.getCurrentUser()!.token}\n`);
    await transport.list(configMaps, {});
    await opened(transport.watch(configMaps, {}));
  });
});

/** How many sockets of this process are connected to a port. */
function establishedTo(port: number): number {
  const own = new Set<string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      own.add(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // Closed meanwhile.
    }
  }
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((table) => readFileSync(table, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , to, state, , , , , , inode]) =>
        to!.endsWith(remote) && state === '01' && own.has(`socket:[${inode}]`),
    ).length;
}

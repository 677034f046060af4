import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { silentLogger, type Clock } from '@depwatch/core';
import { startApiServer, type ApiServer } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { Credentials } from '../src/credentials/credentials.ts';
import { configOf, namespaceOf } from '../src/credentials/in-cluster.ts';
import { serverOf } from '../src/credentials/kube-config.ts';
import { configMap, configMaps, eventsOf, failureOf, opened, transportFor } from './helpers.ts';
import { podOf, type TestPod } from './pod.ts';
import { serviceAccountFilesOf } from './service-account-files.ts';

const files = { token: 'one\n', 'ca.crt': 'a CA', namespace: 'shop\n' };

function stoppedClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    pass: (ms) => void (now += ms),
    setTimeout: (run, ms) => setTimeout(run, ms),
    random: () => 0,
  };
}

function credentialsOf(pod: TestPod, clock = stoppedClock()) {
  return new Credentials({ kubeConfig: configOf(pod), clock, logger: silentLogger });
}

describe("a pod's configuration", () => {
  it.each([
    ['https://10.96.0.1:443', 'https://10.96.0.1', '10.96.0.1:443', '10.96.0.1'],
    ['https://[fd00::1]:6443', 'https://[fd00::1]:6443', '[fd00::1]:6443', 'fd00::1'],
    ['https://api.test:8080', 'https://api.test:8080', 'api.test:8080', 'api.test'],
  ])('leads to %s', (url, origin, address, hostname) => {
    const environment = { KUBERNETES_SERVICE_PORT: new URL(url).port || '443' };
    const pod = podOf(url, files);
    const config = configOf({ ...pod, environment: { ...pod.environment, ...environment } });
    expect(serverOf(config, {})).toMatchObject({ origin, address, hostname, secure: true });
  });

  it('names the variable that is missing, or is no host or port', () => {
    const pod = podOf('https://10.96.0.1:6443', files);
    const of = (changes: object) => () =>
      configOf({ ...pod, environment: { ...pod.environment, ...changes } });
    const refused = (message: string) =>
      expect.objectContaining({
        code: 'ERR_INVALID_INPUT',
        message: expect.stringContaining(message) as string,
      }) as Error;
    for (const name of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'])
      for (const value of ['', undefined])
        expect(of({ [name]: value })).toThrow(refused(`${name} is not set`));
    for (const KUBERNETES_SERVICE_HOST of ['a/b', 'me@host', 'a b', 'fd00::1%eth0', '[::1]'])
      expect(of({ KUBERNETES_SERVICE_HOST })).toThrow(refused('KUBERNETES_SERVICE_HOST'));
    for (const KUBERNETES_SERVICE_PORT of ['https', '6443/x', '70000'])
      expect(of({ KUBERNETES_SERVICE_PORT })).toThrow(refused('KUBERNETES_SERVICE_PORT'));
  });

  it.each(['token', 'ca.crt'])('names the file that is missing: %s', (name) => {
    const pod = podOf('https://10.96.0.1:6443', files);
    const file = join(pod.serviceAccount, name);
    rmSync(file);
    expect(() => configOf(pod)).toThrow(`${file} can't be read: ENOENT`);
  });

  it('holds no secret', () => {
    const pod = podOf('https://10.96.0.1:6443', { ...files, token: 'secret' });
    expect(inspect(configOf(pod), { depth: Infinity, showHidden: true })).not.toContain('secret');
  });
});

describe("a pod's credentials", () => {
  it('are its token and its authority, and follow both within a second', async () => {
    const pod = podOf('https://10.96.0.1:6443', files);
    const clock = stoppedClock();
    const credentials = credentialsOf(pod, clock);
    const first = await credentials.get();
    expect(first.headers).toEqual({ authorization: 'Bearer one' });
    expect(String(first.tls.ca)).toBe('a CA');
    clock.pass(1_000);
    expect(await credentials.get()).toBe(first);

    pod.write({ token: 'two' });
    expect(await credentials.get()).toBe(first);
    clock.pass(1_000);
    const second = await credentials.get();
    expect(second.headers).toEqual({ authorization: 'Bearer two' });
    expect(second.connectionKey).toBe(first.connectionKey);
  });

  it('are read anew at once when the server refuses them', async () => {
    const pod = podOf('https://10.96.0.1:6443', files);
    const credentials = credentialsOf(pod);
    let before = await credentials.get();
    for (const token of ['two', 'three', 'four']) {
      pod.write({ token });
      const renewed = await credentials.renew(before);
      expect(renewed?.headers).toEqual({ authorization: `Bearer ${token}` });
      before = renewed!;
    }
  });

  it('stay as they were while the token is empty or gone; where there were none, the file is named', async () => {
    const pod = podOf('https://10.96.0.1:6443', files);
    const clock = stoppedClock();
    const credentials = credentialsOf(pod, clock);
    const before = await credentials.get();
    pod.write({ token: '\n' });
    clock.pass(1_000);
    expect(await credentials.get()).toBe(before);
    const tokenFile = join(pod.serviceAccount, 'token');
    expect(await failureOf(credentialsOf(pod).get())).toMatchObject({
      code: 'ERR_TRANSPORT',
      reason: 'credentials',
      retryable: true,
      message: `no credentials: ${tokenFile} is empty`,
    });
    const config = configOf(pod);
    rmSync(tokenFile);
    const gone = new Credentials({ kubeConfig: config, clock, logger: silentLogger });
    expect((await failureOf(gone.get())).message).toContain(tokenFile);
    clock.pass(1_000);
    expect(await credentials.get()).toBe(before);
  });
});

describe("a pod's namespace", () => {
  it('is what POD_NAMESPACE says, else its file; outside of a pod there is none', () => {
    const pod = podOf('https://10.96.0.1:6443', files);
    expect(namespaceOf(pod)).toBe('shop');
    expect(namespaceOf({ ...pod, environment: { POD_NAMESPACE: 'told' } })).toBe('told');
    expect(namespaceOf({ environment: {}, serviceAccount: '/nowhere' })).toBeUndefined();
  });
});

describe('in a pod', () => {
  let server: ApiServer;
  const account = 'system:serviceaccount:default:builder';
  beforeAll(async () => {
    server = await startApiServer();
    server.objects.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'builder' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ kind: 'ServiceAccount', name: 'builder', namespace: 'default' }],
    } as never);
  });
  afterAll(() => server.stop());

  it('new connections trust the authority of the moment, and watches that are open go on', async () => {
    const { token, 'ca.crt': ca, namespace } = serviceAccountFilesOf(server.kubeConfigFor(account));
    const pod = podOf(server.url, { token, 'ca.crt': ca, namespace });
    const clock = stoppedClock();
    const transport = transportFor(configOf(pod), { clock });
    const watch = await opened(
      transport.watch(configMaps, { resourceVersion: server.resourceVersion }),
    );
    // Another one beside it, as while an authority is being replaced.
    const other = await startApiServer();
    onTestFinished(() => other.stop());
    const otherCa = serviceAccountFilesOf(other.kubeConfig)['ca.crt'];
    pod.write({ 'ca.crt': `${ca}\n${otherCa}` });
    clock.pass(1_000);
    await transport.list(configMaps, {});
    server.objects.create(configMap('seen'));
    const rest = { [Symbol.asyncIterator]: () => watch };
    expect(await eventsOf(rest, 1)).toMatchObject([{ type: 'ADDED' }]);

    pod.write({ 'ca.crt': otherCa });
    clock.pass(1_000);
    expect(await failureOf(transport.list(configMaps, {}))).toMatchObject({
      code: 'ERR_TRANSPORT',
      reason: 'certificate',
    });
  });
});

import { CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { configOf } from '../src/credentials/in-cluster.ts';
import { configMap, configMaps, failureOf, opened, transportFor } from './helpers.ts';
import { podOf } from './pod.ts';
import { serviceAccountFilesOf } from './service-account-files.ts';

// Whether there has to be one, conformance.test.ts says.
const binaries = await findKubeApiServer();
const startTimeoutMs = 120_000;
const namespace = 'default';
const account = 'builder';

/** A clock that stands still until it is told otherwise, whose timers are real. */
function stoppedClock() {
  let now = 0;
  return {
    now: () => now,
    pass: (ms: number) => void (now += ms),
    setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
    random: () => 0,
  };
}

describe.runIf(binaries)('in a pod of a real cluster', { timeout: 60_000 }, () => {
  let controlPlane: ControlPlane;
  let core: CoreV1Api;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ binaries: binaries! });
    const admin = new KubeConfig();
    admin.loadFromString(controlPlane.kubeConfig);
    core = admin.makeApiClient(CoreV1Api);
    await core.createNamespacedServiceAccount({
      namespace,
      body: { metadata: { name: account } },
    });
    await admin.makeApiClient(RbacAuthorizationV1Api).createClusterRoleBinding({
      body: {
        metadata: { name: account },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'cluster-admin',
        },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      },
    });
  }, startTimeoutMs);
  afterAll(() => controlPlane.stop(), startTimeoutMs);

  /** A token of the service account, by TokenRequest, that is good for as long as a Secret is there. */
  async function requestToken(secret: string): Promise<string> {
    const { metadata } = await core.createNamespacedSecret({
      namespace,
      body: { metadata: { name: secret } },
    });
    const { status } = await core.createNamespacedServiceAccountToken({
      namespace,
      name: account,
      body: {
        spec: {
          audiences: [],
          expirationSeconds: 600, // The shortest that a server gives.
          boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: secret, uid: metadata!.uid! },
        },
      },
    });
    return status!.token!;
  }

  /** Ends a token, and waits until the server, which remembers for 10 s, has noticed. */
  async function endToken(secret: string, token: string): Promise<void> {
    await core.deleteNamespacedSecret({ namespace, name: secret });
    const pod = podOf(controlPlane.url, { ...files(), token });
    const transport = transportFor(configOf(pod));
    for (;;) {
      const outcome = await transport.list(configMaps, { limit: 1 }).catch((error) => error);
      if ((outcome as { code?: string }).code === 'ERR_UNAUTHORIZED') break;
      await sleep(100);
    }
    await transport.close();
  }

  const files = () => serviceAccountFilesOf(controlPlane.kubeConfig);

  it('no watch is lost for a token that rotates, and new requests bring the new one', async () => {
    const tokens = [await requestToken('first'), await requestToken('second')];
    const pod = podOf(controlPlane.url, { ...files(), token: tokens[0]! });
    const clock = stoppedClock();
    const transport = transportFor(configOf(pod), { clock });
    const { resourceVersion } = await transport.list(configMaps, {});
    const watches = await Promise.all(
      Array.from({ length: 150 }, () => opened(transport.watch(configMaps, { resourceVersion }))),
    );
    const allSee = async (name: string) => {
      const next = Promise.all(watches.map((watch) => watch.next()));
      await core.createNamespacedConfigMap({ namespace, body: configMap(name) });
      for (const { value } of await next)
        expect(value).toMatchObject([{ type: 'ADDED', object: { metadata: { name } } }]);
    };
    await allSee('before');

    // As a kubelet does it, some time before the end of the old one.
    pod.write({ token: tokens[1]! });
    await endToken('first', tokens[0]!);
    clock.pass(1_000);
    await transport.list(configMaps, {});
    await opened(transport.watch(configMaps, { resourceVersion }));
    await allSee('with-the-second');

    // The clock stands still: only the refusal makes it look.
    const third = await requestToken('third');
    await endToken('second', tokens[1]!);
    expect(await failureOf(transport.list(configMaps, {}))).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
    });
    pod.write({ token: third });
    await Promise.all(Array.from({ length: 50 }, () => transport.list(configMaps, {})));
    await allSee('with-the-third');
  });

  it('of 50 lists at once none fails for a token that was replaced a moment ago', async () => {
    const good = await requestToken('replaced');
    const pod = podOf(controlPlane.url, { ...files(), token: good });
    const clock = stoppedClock();
    const transport = transportFor(configOf(pod), { clock });
    const watch = await opened(transport.watch(configMaps, { initialEvents: true }));
    for (let round = 0; round < 20; round++) {
      pod.write({ token: `unknown-${round}` });
      clock.pass(1_000);
      // The first of them reads the file as it is now, and the server ends the connection with its refusal.
      const lists = Array.from({ length: 50 }, () => transport.list(configMaps, {}));
      pod.write({ token: good });
      await Promise.all(lists);
    }
    await core.createNamespacedConfigMap({ namespace, body: configMap('after-all') });
    for await (const events of { [Symbol.asyncIterator]: () => watch })
      if (JSON.stringify(events).includes('after-all')) break;
  });
});

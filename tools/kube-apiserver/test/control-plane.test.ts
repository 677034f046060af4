import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';

import { findKubeApiServer } from '../binaries.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const binaries = await findKubeApiServer({ log: (line) => console.warn(`skipped: ${line}`) });
const startTimeoutMs = 70_000;

/** Asks the API server as the user of a kubeconfig, verifying its certificate. */
function ask(
  kubeConfig: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const { clusters, users } = JSON.parse(kubeConfig);
  return new Promise((resolve, reject) => {
    request(
      clusters[0].cluster.server + path,
      {
        method: body ? 'POST' : 'GET',
        ca: Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64'),
        agent: false,
        headers: {
          authorization: `Bearer ${users[0].user.token}`,
          'content-type': 'application/json',
        },
      },
      (response) => {
        response
          .setEncoding('utf8')
          .toArray()
          .then(
            (chunks) => resolve({ status: response.statusCode, text: chunks.join('') }),
            reject,
          );
      },
    )
      .once('error', reject)
      .end(body && JSON.stringify(body));
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(!binaries)('a control plane', () => {
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ users: ['viewer', 'with "quotes", and commas'] });
  }, startTimeoutMs);

  afterAll(() => controlPlane?.stop());

  test('is ready, with a certificate that its kubeconfig verifies', async () => {
    expect(controlPlane.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(controlPlane.kubeConfig, '/readyz')).toEqual({ status: 200, text: 'ok' });
  });

  test('is of the version that go.mod names', async () => {
    const goMod = await readFile(join(import.meta.dirname, '..', 'go.mod'), 'utf8');
    const { text } = await ask(controlPlane.kubeConfig, '/version');
    // A folder named by KUBEBUILDER_ASSETS may hold any version.
    if (!process.env['KUBEBUILDER_ASSETS'])
      expect(goMod).toContain(`k8s.io/kubernetes ${JSON.parse(text).gitVersion}\n`);
  });

  test('grants a user only what RBAC does', async () => {
    const viewer = controlPlane.kubeConfigFor('viewer');
    expect((await ask(viewer, '/api/v1/namespaces')).status).toBe(403);

    const group = 'rbac.authorization.k8s.io';
    await ask(controlPlane.kubeConfig, `/apis/${group}/v1/clusterroles`, {
      metadata: { name: 'namespace-viewer' },
      rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['list'] }],
    });
    await ask(controlPlane.kubeConfig, `/apis/${group}/v1/clusterrolebindings`, {
      metadata: { name: 'namespace-viewer' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'namespace-viewer' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'viewer' }],
    });
    await vi.waitFor(
      async () => expect((await ask(viewer, '/api/v1/namespaces')).status).toBe(200),
      4_000,
    );
    expect((await ask(viewer, '/api/v1/pods')).status).toBe(403);
  });

  test('knows users with any characters in their names, and no others', async () => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { text } = await ask(
      controlPlane.kubeConfigFor('with "quotes", and commas'),
      path,
      review,
    );

    expect(JSON.parse(text).status.userInfo).toMatchObject({
      username: 'with "quotes", and commas',
      groups: ['system:authenticated'],
    });
    expect(() => controlPlane.kubeConfigFor('stranger')).toThrow('without the user "stranger"');
  });

  test(
    'keeps its data and its port when the API server is killed and restarted',
    async () => {
      const { kubeConfig, pids: before } = controlPlane;
      const path = '/api/v1/namespaces/default/configmaps';
      expect((await ask(kubeConfig, path, { metadata: { name: 'kept' } })).status).toBe(201);

      await controlPlane.kill();
      expect(isRunning(before.kubeApiServer)).toBe(false);
      await expect(ask(kubeConfig, '/readyz')).rejects.toThrow('ECONNREFUSED');

      await controlPlane.restart();
      expect(controlPlane.pids).toEqual({ kubeApiServer: expect.any(Number), etcd: before.etcd });
      expect(controlPlane.pids.kubeApiServer).not.toBe(before.kubeApiServer);
      expect((await ask(kubeConfig, `${path}/kept`)).status).toBe(200);
    },
    startTimeoutMs,
  );

  test('leaves no process when it is stopped, and can be stopped again', async () => {
    const { kubeApiServer, etcd } = controlPlane.pids;
    expect([isRunning(kubeApiServer), isRunning(etcd)]).toEqual([true, true]);

    await Promise.all([controlPlane.stop(), controlPlane.stop()]);
    expect([isRunning(kubeApiServer), isRunning(etcd)]).toEqual([false, false]);
    await controlPlane.stop();
    await expect(controlPlane.restart()).rejects.toThrow('stopped');
  });
});

describe.skipIf(!binaries)('startControlPlane', () => {
  test('rejects with the end of the log of a process that ended', async () => {
    await expect(startControlPlane({ apiServerFlags: ['--no-such-flag'] })).rejects.toThrow(
      /kube-apiserver ended with exit code 1; .*unknown flag: --no-such-flag/s,
    );
  });

  // Only programs of our own build end with their parent however that one ends.
  test.skipIf(process.env['KUBEBUILDER_ASSETS'] || !process.features.typescript)(
    'leaves no server when the process that called it is killed',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'depwatch-control-plane-test-'));
      onTestFinished(() => rm(folder, { recursive: true, maxRetries: 5 }));
      const module = JSON.stringify(join(import.meta.dirname, '..', 'control-plane.ts'));
      const script = `const { startControlPlane } = await import(${module});
        console.log((await startControlPlane()).kubeConfig);`;
      const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        // A process that is killed can't remove its files.
        env: { ...process.env, TMPDIR: folder },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [kubeConfig] = await once(parent.stdout.setEncoding('utf8'), 'data');
      expect((await ask(kubeConfig, '/readyz')).status).toBe(200);

      parent.kill('SIGKILL');
      await vi.waitFor(
        () => expect(ask(kubeConfig, '/readyz')).rejects.toThrow('ECONNREFUSED'),
        5_000,
      );
    },
    startTimeoutMs,
  );
});

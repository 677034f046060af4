import { request } from 'node:http';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { type ApiServer, startApiServer, transportConformance } from '@depwatch/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { httpHarness, type HttpHarnessOptions } from './conformance-harness.ts';

const testTimeoutMs = 120_000;

/** All cases on one server: first those that run at once, then, one by one, those that disturb others. */
function runCases(options: HttpHarnessOptions): void {
  const { harness, close } = httpHarness(options);
  const cases = transportConformance(harness);
  for (const exclusive of [false, true]) {
    describe(exclusive ? 'alone' : 'at once', { concurrent: !exclusive }, () => {
      for (const { name, missing, run } of cases.filter((one) => one.exclusive === exclusive)) {
        if (missing.length > 0) test.skip(`${name} (no ${missing.join(', ')})`);
        else test(name, { timeout: testTimeoutMs }, run);
      }
    });
  }
  afterAll(close);
}

describe('on the in-process server', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server.stop());

  runCases({
    server: () => ({ kubeConfig: server.kubeConfig, nobody: server.kubeConfigFor('nobody') }),
    compact: () => server.faults.compact(),
    closeWatches: () => server.faults.closeWatches(),
    breakWatches: () => server.faults.cutConnections(),
  });
});

let reason = '';
const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
const required = process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1';
if (!binaries && !required) console.warn(`skipped on a real kube-apiserver: ${reason}`);

if (required) {
  test('a real kube-apiserver is there', () => {
    expect(binaries, reason).toBeDefined();
  });
}

describe.runIf(binaries)('on a real kube-apiserver', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ binaries: binaries!, users: ['nobody'] });
  }, testTimeoutMs);
  afterAll(() => controlPlane.stop(), testTimeoutMs);

  runCases({
    waitMs: 30_000,
    server: () => ({
      kubeConfig: controlPlane.kubeConfig,
      nobody: controlPlane.kubeConfigFor('nobody'),
    }),
    unwatchable: () => ({ version: 'v1', kind: 'ComponentStatus' }),
    // The versions that its cache still has, an API server watches from after a compaction, too: hence the restart.
    ...(process.platform === 'linux' && {
      async compact() {
        await compactEtcd(controlPlane.pids.etcd);
        await controlPlane.restart();
      },
    }),
    breakWatches: () => controlPlane.restart(),
  });
});

/** Makes etcd forget everything but the current state, through the socket in its working folder. */
async function compactEtcd(pid: number): Promise<void> {
  const folder = await readlink(`/proc/${pid}/cwd`);
  const ask = (path: string, body: object) =>
    new Promise<{ header?: { revision?: string } }>((resolve, reject) => {
      const socketPath = join(folder, 'etcd-client.sock:0');
      const sent = request({ socketPath, path, method: 'POST' }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text) as object);
          else reject(new Error(`etcd answered ${response.statusCode}: ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });
  const { header } = await ask('/v3/kv/range', { key: 'AA==', count_only: true });
  await ask('/v3/kv/compaction', { revision: header?.revision, physical: true });
}

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startApiServer } from '@depwatch/testing';

import { serviceAccountFilesOf } from '../../../k8s-transport/test/service-account-files.ts';

/** What a program of this folder has told. */
export interface PodReport {
  readonly data: unknown;
  /** Since the process began, as the next one. */
  readonly firstEventMs?: number;
  readonly firstWriteMs?: number;
  readonly rssMb: number;
  /** How many modules it has loaded, by package. */
  readonly modules: Readonly<Record<string, number>>;
}

/**
 * Runs a program of this folder as in a pod, beside an API server that has a ConfigMap for it.
 *
 * @param flags Node's
 */
export async function runInPod(program: string, ...flags: string[]): Promise<PodReport> {
  await using server = await startApiServer();
  server.objects.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'builder', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'builder', namespace: 'default' }],
  } as object);
  server.objects.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config', namespace: 'default' },
    data: { color: 'blue' },
  } as object);
  const files = serviceAccountFilesOf(
    server.kubeConfigFor('system:serviceaccount:default:builder'),
  );
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-pod-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { hostname, port } = new URL(server.url);
    const here = import.meta.dirname;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...flags, '--import', join(here, 'in-pod.mjs'), join(here, program)],
      {
        env: {
          POD_FILES: folder,
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: port,
          HOME: folder,
        },
        timeout: 60_000,
      },
    );
    const reports = stdout.trim().split('\n');
    return Object.assign({}, ...reports.map((line) => JSON.parse(line) as object)) as PodReport;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

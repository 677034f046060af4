import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { startApiServer } from '@depwatch/testing';

import { serviceAccountFilesOf } from '../../../k8s-transport/test/service-account-files.ts';

const data = { color: 'blue' };
const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object' } },
      },
    ],
  },
};

/** What a program of this folder has told. */
export interface PodReport {
  readonly data: unknown;
  /** Since the process began, as the next one. */
  readonly firstEventMs?: number;
  readonly firstWriteMs?: number;
  readonly allReadMs?: number;
  readonly rssMb: number;
  /** How many it has open, where it tells. */
  readonly watches?: number;
  /** How many modules it has loaded, by package. */
  readonly modules: Readonly<Record<string, number>>;
}

/**
 * Runs a program of this folder, or of that path, as in a pod, beside an API server that has a ConfigMap for it, and a Widget that may
 * depend on a hundred others.
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
    data,
  } as object);
  for (let index = 0; index < 100; index += 1) {
    const metadata = { name: `dependency-${index}`, namespace: 'default' };
    server.objects.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as object);
  }
  server.objects.create(widgetDefinition);
  server.objects.create({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'default' },
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
      [...flags, '--import', join(here, 'in-pod.mjs'), resolve(here, program)],
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

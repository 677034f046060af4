import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Controller, KubernetesObject, ObjectClient } from '@depwatch/controller';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig, loadAllYaml } from '@kubernetes/client-node';

import { demoChanges } from './changes.ts';
import { serveLivePage, type LivePage } from './live-page.ts';

/** How long it is quiet between two changes, in milliseconds. */
const pauseMs = 1250;

/** Who the manifests bind to their roles. */
export const reloaderUser = 'system:serviceaccount:depwatch-system:depwatch-reloader';

/** A running demo: an API server within this process, with workloads in it that change. */
export interface Demo {
  /** For a reloader that may do what the manifests grant, and nothing else. */
  readonly kubeConfig: KubeConfig;
  /** How that reloader should wait: a person looks at it, and no pod is hurt. */
  readonly pace: { readonly settleMs: number; readonly minIntervalMs: number };
  /** For the beginning: how to take part. */
  readonly intro: readonly string[];
  /**
   * Changes things from when the reloader knows every workload: what changes before would just be what it sees first. Stays pending
   * but for something that could not be changed.
   */
  changes(reloader: readonly Controller[], signal: AbortSignal): Promise<never>;
  /** Serves a live page of the reloader. @returns for the beginning: where it is */
  look(reloader: readonly Controller[]): Promise<string>;
  /** For the end: what has happened, and where to go on. */
  farewell(outcomes: ReadonlyMap<string, number>): readonly string[];
  /** Ends the changes and the API server. */
  stop(): Promise<void>;
}

/** Starts an API server within this process and fills it. Its kubeconfig is in a temporary file that only this user may read. */
export async function startDemo(): Promise<Demo> {
  const server = await startApiServer();
  const admin = createK8sTransport({ kubeConfig: load(server.kubeConfig) });
  const folder = await mkdtemp(join(tmpdir(), 'depwatch-'));
  const file = join(folder, 'kubeconfig');
  const startedAt = performance.now();
  const ended = new AbortController();
  let changing: Promise<void> | undefined;
  let page: LivePage | undefined;
  const demo: Demo = {
    kubeConfig: load(server.kubeConfigFor(reloaderUser)),
    pace: { settleMs: 200, minIntervalMs: 1000 },
    intro: [
      'An API server within this process; Ctrl-C ends it. It makes changes by itself. To make some of your own, in another terminal:',
      `  export KUBECONFIG=${file}`,
      '  kubectl -n demo get deployments,statefulsets,daemonsets,configmaps',
      `  kubectl -n demo patch configmap web-settings -p '{"data":{"THEME":"dark"}}'`,
    ],
    async changes(reloader, signal) {
      const quiet = AbortSignal.any([signal, ended.signal]);
      const ready = Promise.all(reloader.map((controller) => controller.ready));
      changing = ready.then(
        () => change(admin, quiet),
        () => {},
      );
      await changing;
      return new Promise(() => {});
    },
    async look(reloader) {
      page = await serveLivePage(reloader);
      return `See it live, in a browser: ${page.address}`;
    },
    farewell(outcomes) {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const counts = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`);
      return [
        `\n${seconds} s: ${counts.join(', ') || 'nothing was decided'}\n\nWhat next:`,
        '  write a controller of your own   packages/controller/docs/first-controller.md',
        '  see how it works                 packages/controller/docs/concepts.md',
        '  run this on a cluster of yours   npm start -- --kubeconfig FILE --dry-run',
      ];
    },
    async stop() {
      ended.abort();
      await page?.[Symbol.asyncDispose]();
      await changing?.catch(() => {});
      await admin.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await writeFile(file, server.kubeConfig, { mode: 0o600 });
    const objects = [...(await manifest('cluster-wide')), ...(await manifest('demo'))];
    const isOurs = ({ kind, metadata }: KubernetesObject): boolean =>
      kind === 'Deployment' && metadata?.name === 'depwatch-reloader';
    for (const object of objects) if (!isOurs(object)) await admin.create(object);
  } catch (error) {
    await demo.stop();
    throw error;
  }
  return demo;
}

/** The objects of a manifest of this package. */
async function manifest(name: string): Promise<readonly KubernetesObject[]> {
  const folder = import.meta.resolve('@depwatch/reloader/package.json');
  const text = await readFile(new URL(`manifests/${name}.yaml`, folder), 'utf8');
  return loadAllYaml(text) as readonly KubernetesObject[];
}

async function change(admin: ObjectClient, signal: AbortSignal): Promise<void> {
  const changes = demoChanges();
  for (let round = 1; ; round += 1) {
    for (const happen of changes) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await happen(admin, round);
    }
  }
}

function load(text: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return kubeConfig;
}

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubernetesObject, ObjectClient } from '@depwatch/controller';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig, loadAllYaml } from '@kubernetes/client-node';

import type { ReloaderEvent } from '../events.ts';
import { demoChanges } from './changes.ts';
import { seed } from './seed.ts';
import { startTour, type Tour } from './tour.ts';

/** How long it is quiet between two changes, in milliseconds. */
const pauseMs = 1250;

/** Who the manifests bind to their roles. */
export const reloaderUser = 'system:serviceaccount:depwatch-system:depwatch-reloader';

/** How a reloader that works on a demo should wait: a person looks at it, and no pod is hurt. */
export const demoPace = { settleMs: 200, minIntervalMs: 1000 } as const;

/** A running demo: an API server within this process, with workloads in it. */
export interface Demo {
  /** For a reloader that may do what the manifests grant, and nothing else. */
  readonly kubeConfig: KubeConfig;
  /** Who that is. */
  readonly user: string;
  /** What else whoever watches is told. */
  readonly tour: Tour;
  /**
   * Sees what the reloader tells of. The changes begin when it knows every workload: what changes before would just be
   * what it sees first.
   */
  observe(event: ReloaderEvent): void;
  /** Rejects when something could not be changed; else stays pending. */
  readonly failed: Promise<never>;
  /** Ends the changes and the API server. */
  stop(): Promise<void>;
}

/**
 * Starts an API server within this process and fills it.
 *
 * @param signal ends the changes
 */
export async function startDemo(signal: AbortSignal): Promise<Demo> {
  const server = await startApiServer();
  const admin = createK8sTransport({ kubeConfig: load(server.kubeConfig) });
  const ended = new AbortController();
  const quiet = AbortSignal.any([signal, ended.signal]);
  const failure = Promise.withResolvers<never>();
  // Whoever cares waits for it.
  failure.promise.catch(() => {});
  let changes: Promise<void> | undefined;
  let tour: Tour | undefined;
  const stop = async (): Promise<void> => {
    ended.abort();
    await changes;
    await tour?.end();
    await admin.close();
    await server.stop();
  };
  try {
    const objects = [...(await manifest()), ...seed];
    for (const object of objects) await admin.create(object);
    tour = await startTour(server.kubeConfig);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kubeConfig: load(server.kubeConfigFor(reloaderUser)),
    user: reloaderUser,
    tour,
    observe(event) {
      tour?.observe(event);
      if (event.type === 'synced') changes ??= change(admin, quiet).catch(failure.reject);
    },
    failed: failure.promise,
    stop,
  };
}

/** What the manifest of this package for a whole cluster holds, but for the Deployment that would run it. */
async function manifest(): Promise<readonly KubernetesObject[]> {
  const file = new URL(
    'manifests/cluster-wide.yaml',
    import.meta.resolve('@depwatch/reloader/package.json'),
  );
  const objects = loadAllYaml(await readFile(file, 'utf8')) as readonly KubernetesObject[];
  return objects.filter(({ kind }) => kind !== 'Deployment');
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

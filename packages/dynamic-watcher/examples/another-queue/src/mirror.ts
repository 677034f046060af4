import { isDeepStrictEqual } from 'node:util';

import {
  CoreV1Api,
  makeInformer,
  type KubeConfig,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import {
  createDynamicWatcher,
  systemClock,
  type ObjectIdentifier,
} from '@depwatch/dynamic-watcher';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { createWorkQueue, defaultControllerRateLimiter } from '@depwatch/queue';

import { handOver } from './hand-over.ts';
import { work } from './work.ts';

/** A ConfigMap with this label is a mirror: it gets the data of the ConfigMap that the label's value names. */
export const mirrorOf = 'example.com/mirror-of';

/** How long the informer pauses after an error, in milliseconds. */
const restartMs = 1_000;

/** What the mirror controller needs. */
export interface MirrorOptions {
  readonly kubeConfig: KubeConfig;
  /** Is told what happens, line by line. */
  readonly log?: (line: string) => void;
}

/**
 * Starts a controller as many have one: an informer on its own objects, the mirrors, puts them into a queue, and a worker
 * reconciles what it takes from there. What an informer can't know, because each mirror names a source of its own, comes
 * from a dynamic watcher, into the same queue.
 *
 * @returns ends it
 */
export async function startMirror({
  kubeConfig,
  log = () => {},
}: MirrorOptions): Promise<AsyncDisposable> {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const transport = createK8sTransport({ kubeConfig });
  const queue = createWorkQueue<ObjectIdentifier>({
    clock: systemClock,
    rateLimiter: defaultControllerRateLimiter({ clock: systemClock }),
  });

  const informer = makeInformer<V1ConfigMap>(
    kubeConfig,
    '/api/v1/configmaps',
    () => api.listConfigMapForAllNamespaces({ labelSelector: mirrorOf }),
    mirrorOf,
  );
  informer.on('change', (mirror) =>
    queue.add(configMap(mirror.metadata!.namespace!, mirror.metadata!.name!)),
  );
  // Unlike a dynamic watcher, this informer stays down after an error until it is started again.
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;
  const startLater = (): void => {
    clearTimeout(restart);
    if (!stopping) restart = setTimeout(startInformer, restartMs);
  };
  const startInformer = (): void => void informer.start().catch(startLater);
  informer.on('error', startLater);

  const dependencies = createDynamicWatcher({
    transport,
    reconciler: handOver(queue),
    enableCache: true,
    // The worker reads the source right after it has added it.
    disableInitialReconcile: true,
  });

  async function reconcile(item: ObjectIdentifier): Promise<void> {
    const mirror = informer.get(item.name!, item.namespace);
    if (!mirror) return dependencies.removeWatcher(item);
    const source = configMap(item.namespace!, mirror.metadata!.labels![mirrorOf]!);
    // First watch, then read: what changes in between comes as one more item. Watching what is watched already costs
    // nothing, and when the label names another source the old one is let go.
    await dependencies.addOrUpdateWatcher(item, [source]);
    const found = dependencies.getFromCache<V1ConfigMap>(source);
    const reason = reasonToLeaveAlone(mirror) ?? (found ? undefined : `there is no ${source.name}`);
    // No error: trying again would not help, and whatever ends the reason comes as one more item.
    if (reason !== undefined) return log(`${item.name} is left alone: ${reason}`);
    const { data = {} } = found!;
    if (isDeepStrictEqual(mirror.data ?? {}, data)) return;
    // The data alone: all else is somebody else's. And only in the version that the informer saw: if that is no longer
    // the newest, this fails, and the item comes again.
    const { resourceVersion } = mirror.metadata!;
    await transport.patch(item, [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/data', value: data },
    ]);
    log(`${item.name} mirrors ${source.name}`);
  }

  await dependencies.start();
  startInformer();
  const worker = work(queue, reconcile, (item, error) =>
    log(`${item.name} will be tried again: ${String(error)}`),
  );

  return {
    async [Symbol.asyncDispose]() {
      // First who uses the others. What is left in the queue is found again by the next start's list.
      queue.shutdownNow();
      await worker;
      await dependencies[Symbol.asyncDispose]();
      stopping = true;
      clearTimeout(restart);
      await informer.stop();
      await transport.close();
    },
  };
}

/** The label is its owner's consent to be written to, unless that is another controller, or it is on its way out. */
function reasonToLeaveAlone({ metadata }: V1ConfigMap): string | undefined {
  if (metadata?.deletionTimestamp) return 'it is being deleted';
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  return owner && `${owner.kind} ${owner.name} has it`;
}

function configMap(namespace: string, name: string): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace, name };
}

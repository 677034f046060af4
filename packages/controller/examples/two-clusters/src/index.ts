import {
  createController,
  run,
  type ControllerOptions,
  type KubernetesObject,
  type Run,
} from '@depwatch/controller';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';

/** A way to a cluster that reads and writes. */
export type Cluster = NonNullable<ControllerOptions['transport']>;

type ConfigMap = KubernetesObject & { data?: { [key: string]: string } };

const kind = { version: 'v1', kind: 'ConfigMap' };
const label = 'example.com/mirrored';

/**
 * Keeps a copy, in the other cluster, of each ConfigMap of this one that has the label: made anew when it is deleted there, put
 * right when it is changed there, and gone with its original.
 */
export function runMirror(here: Cluster, there: Cluster, signal: AbortSignal): Run {
  // What is watched there wakes what it was read for here.
  const other = createDynamicWatcher({
    transport: there,
    enableCache: true,
    unavailable: 'wait',
    reconciler: (id) => controller.enqueue(id),
  });

  const controller = createController<ConfigMap>({
    kind,
    selector: label,
    transport: here,
    fieldManager: 'mirror',
    async reconcile({ metadata, data = {} }, { signal: ends }) {
      const { namespace, name } = metadata!;
      const id = { ...kind, namespace: namespace!, name: name! };
      const copy = await other.queryBatch(id, (batch) =>
        batch.get<ConfigMap>(id, { signal: ends }),
      );
      if (copy && copy.metadata?.annotations?.[label] !== metadata!.uid) {
        throw new Error(`${namespace}/${name} is there already, and is no copy of ours`);
      }
      const isSame =
        copy && JSON.stringify(sorted(copy.data ?? {})) === JSON.stringify(sorted(data));
      if (isSame) return;
      await there.apply(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            namespace: namespace!,
            name: name!,
            annotations: { [label]: metadata!.uid! },
          },
          data,
        },
        { fieldManager: 'mirror', force: true, signal: ends },
      );
    },
    finalizer: {
      name: label,
      async run({ metadata }, { signal: ends }) {
        const { namespace, name } = metadata!;
        const id = { ...kind, namespace: namespace!, name: name! };
        await other.removeWatcher(id);
        const copy = await there.get<ConfigMap>(id, { signal: ends });
        if (copy?.metadata?.annotations?.[label] !== metadata!.uid) return;
        await there.delete(id, { preconditions: { uid: copy!.metadata!.uid! }, signal: ends });
      },
    },
  });

  void other.start();
  const running = run([controller], { signal });
  void running.done.then(() => other.stop());
  return running;
}

function sorted(data: { readonly [key: string]: string }): [string, string][] {
  return Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

import { AppsV1Api, CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { KubeConfig, V1PodSpec } from '@kubernetes/client-node';

import { reloadAnnotation } from '../opt-in.ts';
import { configMaps, demoNamespace, secrets, workloads, type DemoWorkload } from './seed.ts';

/** What is done to the demo's cluster by its administrator; nothing of it knows of the reloader. */
export class DemoCluster {
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;
  readonly #removed = new Map<string, { readonly [key: string]: string }>();

  constructor(admin: KubeConfig) {
    this.#core = admin.makeApiClient(CoreV1Api);
    this.#apps = admin.makeApiClient(AppsV1Api);
  }

  /** Makes all that the demo begins with. */
  async seed(): Promise<void> {
    const namespace = demoNamespace;
    await this.#core.createNamespace({ body: { metadata: { name: namespace } } });
    for (const body of configMaps) await this.#core.createNamespacedConfigMap({ namespace, body });
    for (const body of secrets) await this.#core.createNamespacedSecret({ namespace, body });
    for (const workload of workloads) await this.#create(workload);
  }

  /** Changes some keys of a ConfigMap. */
  setData(name: string, data: { readonly [key: string]: string }): Promise<void> {
    return this.#patchConfigMap(name, { data });
  }

  /** Changes labels of a ConfigMap. */
  label(name: string, labels: { readonly [key: string]: string }): Promise<void> {
    return this.#patchConfigMap(name, { metadata: { labels } });
  }

  /** Changes some keys of a Secret. */
  async setSecret(name: string, stringData: { readonly [key: string]: string }): Promise<void> {
    const body = { stringData };
    await this.#core.patchNamespacedSecret({ namespace: demoNamespace, name, body }, mergePatch());
  }

  /** Changes the pod template of a Deployment. */
  setPod(name: string, pod: V1PodSpec): Promise<void> {
    return this.#patchWorkload(name, { spec: { template: { spec: pod } } });
  }

  /** Sets the annotation by which a workload takes part. */
  optIn(name: string, value: string): Promise<void> {
    return this.#patchWorkload(name, { metadata: { annotations: { [reloadAnnotation]: value } } });
  }

  /** Deletes a ConfigMap, and keeps its data for {@link restore}. */
  async remove(name: string): Promise<void> {
    const at = { namespace: demoNamespace, name };
    const { data = {} } = await this.#core.readNamespacedConfigMap(at);
    this.#removed.set(name, data);
    await this.#core.deleteNamespacedConfigMap(at);
  }

  /** Makes a ConfigMap again as it was, but for `data`. */
  async restore(name: string, data: { readonly [key: string]: string }): Promise<void> {
    await this.#core.createNamespacedConfigMap({
      namespace: demoNamespace,
      body: { metadata: { name }, data: { ...this.#removed.get(name), ...data } },
    });
  }

  async #create({ kind, name, annotations, pod }: DemoWorkload): Promise<void> {
    const namespace = demoNamespace;
    const labels = { app: name };
    const metadata = { name, annotations };
    const spec = {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
    };
    switch (kind) {
      case 'Deployment':
        await this.#apps.createNamespacedDeployment({ namespace, body: { metadata, spec } });
        break;
      case 'StatefulSet': {
        const body = { metadata, spec: { ...spec, serviceName: name } };
        await this.#apps.createNamespacedStatefulSet({ namespace, body });
        break;
      }
      case 'DaemonSet':
        await this.#apps.createNamespacedDaemonSet({ namespace, body: { metadata, spec } });
        break;
    }
  }

  async #patchConfigMap(name: string, body: object): Promise<void> {
    await this.#core.patchNamespacedConfigMap(
      { namespace: demoNamespace, name, body },
      mergePatch(),
    );
  }

  async #patchWorkload(name: string, body: object): Promise<void> {
    const request = { namespace: demoNamespace, name, body };
    switch (workloads.find((workload) => workload.name === name)?.kind) {
      case 'StatefulSet':
        await this.#apps.patchNamespacedStatefulSet(request, mergePatch());
        break;
      case 'DaemonSet':
        await this.#apps.patchNamespacedDaemonSet(request, mergePatch());
        break;
      default:
        await this.#apps.patchNamespacedDeployment(request, mergePatch());
    }
  }
}

function mergePatch(): ReturnType<typeof setHeaderOptions> {
  return setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
}

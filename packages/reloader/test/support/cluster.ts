import { setTimeout as sleep } from 'node:timers/promises';

import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Container,
  type V1PodSpec,
} from '@kubernetes/client-node';

import { reloadAnnotation } from '../../src/opt-in.ts';
import { recordAnnotation } from '../../src/record.ts';
import { rolledAnnotation, type WorkloadKind } from '../../src/workload.ts';

/** An API server that the scenarios run against. */
export interface TestServer {
  /** The text of an administrator's kubeconfig. */
  readonly kubeConfig: string;
  kubeConfigFor(user: string): string;
  stop(): Promise<void>;
}

/** What matters of a workload. */
export interface WorkloadState {
  /** Counts rolls, but not from 0: a Deployment's goes up with its annotations, too. */
  readonly generation: number;
  readonly resourceVersion: string;
  /** The pod template: what makes the controllers of Kubernetes replace pods when it changes. */
  readonly template: string;
  readonly record: string | undefined;
  readonly rolled: string | undefined;
}

type Data = { readonly [key: string]: string };

/** A namespace of its own on a test server, and what an administrator does in it. */
export class TestNamespace {
  readonly name: string;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;

  private constructor(name: string, admin: KubeConfig) {
    this.name = name;
    this.core = admin.makeApiClient(CoreV1Api);
    this.apps = admin.makeApiClient(AppsV1Api);
  }

  static async create(server: TestServer, name: string): Promise<TestNamespace> {
    const namespace = new TestNamespace(name, loadKubeConfig(server.kubeConfig));
    await namespace.core.createNamespace({ body: { metadata: { name } } });
    return namespace;
  }

  async configMap(name: string, data: Data, binaryData?: Data): Promise<void> {
    const body = { metadata: { name }, data, ...(binaryData && { binaryData }) };
    await this.core.createNamespacedConfigMap({ namespace: this.name, body });
  }

  async secret(name: string, stringData: Data): Promise<void> {
    const body = { metadata: { name }, stringData };
    await this.core.createNamespacedSecret({ namespace: this.name, body });
  }

  async patchConfigMap(name: string, body: object): Promise<void> {
    await this.core.patchNamespacedConfigMap({ namespace: this.name, name, body }, mergePatch());
  }

  async patchSecret(name: string, body: object): Promise<void> {
    await this.core.patchNamespacedSecret({ namespace: this.name, name, body }, mergePatch());
  }

  async deleteConfigMap(name: string): Promise<void> {
    await this.core.deleteNamespacedConfigMap({ namespace: this.name, name });
  }

  /** @param reload the annotation; null: none */
  async workload(
    kind: WorkloadKind,
    name: string,
    pod: V1PodSpec,
    reload: string | null = 'auto',
    finalizers?: string[],
  ): Promise<void> {
    const namespace = this.name;
    const labels = { app: name };
    const metadata = {
      name,
      ...(reload !== null && { annotations: { [reloadAnnotation]: reload } }),
      ...(finalizers && { finalizers }),
    };
    const spec = {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
    };
    if (kind === 'Deployment') {
      await this.apps.createNamespacedDeployment({ namespace, body: { metadata, spec } });
    } else if (kind === 'DaemonSet') {
      await this.apps.createNamespacedDaemonSet({ namespace, body: { metadata, spec } });
    } else {
      const body = { metadata, spec: { ...spec, serviceName: name } };
      await this.apps.createNamespacedStatefulSet({ namespace, body });
    }
  }

  async patchWorkload(kind: WorkloadKind, name: string, body: object): Promise<void> {
    const request = { namespace: this.name, name, body };
    if (kind === 'Deployment') await this.apps.patchNamespacedDeployment(request, mergePatch());
    else if (kind === 'DaemonSet') await this.apps.patchNamespacedDaemonSet(request, mergePatch());
    else await this.apps.patchNamespacedStatefulSet(request, mergePatch());
  }

  /** What events say that were written for a reason, as soon as there are any. */
  async eventNotes(reason: string): Promise<readonly (string | undefined)[]> {
    for (;;) {
      const { items } = await this.core.listNamespacedEvent({ namespace: this.name });
      const found = items.filter((event) => event.reason === reason);
      if (found.length > 0) return found.map(({ message }) => message);
      await sleep(20);
    }
  }

  async state(kind: WorkloadKind, name: string): Promise<WorkloadState> {
    const request = { namespace: this.name, name };
    const { metadata, spec } =
      kind === 'Deployment'
        ? await this.apps.readNamespacedDeployment(request)
        : kind === 'DaemonSet'
          ? await this.apps.readNamespacedDaemonSet(request)
          : await this.apps.readNamespacedStatefulSet(request);
    return {
      generation: metadata?.generation ?? 0,
      resourceVersion: metadata?.resourceVersion ?? '',
      template: JSON.stringify(spec?.template),
      record: metadata?.annotations?.[recordAnnotation],
      rolled: spec?.template.metadata?.annotations?.[rolledAnnotation],
    };
  }
}

export function loadKubeConfig(text: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return kubeConfig;
}

/** A pod with one container that is more than a name and an image. */
export function podWith(more: Partial<V1Container>, volumes?: V1PodSpec['volumes']): V1PodSpec {
  return {
    containers: [{ name: 'main', image: 'registry.example/app:1', ...more }],
    ...(volumes && { volumes }),
  };
}

/** A pod that takes its environment from ConfigMaps. */
export function podFrom(...configMaps: string[]): V1PodSpec {
  return podWith({ envFrom: configMaps.map((name) => ({ configMapRef: { name } })) });
}

export function mergePatch(): ReturnType<typeof setHeaderOptions> {
  return setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
}

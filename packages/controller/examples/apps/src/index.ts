import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import {
  createController,
  setCondition,
  systemClock,
  type Cached,
  type ClusterOptions,
  type Condition,
  type Controller,
  type ControllerSettings,
  type KubernetesObject,
} from '@depwatch/controller';

/** An application: an image that runs so many times, behind one address. */
export interface App extends KubernetesObject {
  spec: { image: string; replicas?: number; port?: number };
  status?: { readyReplicas?: number; url?: string; conditions?: readonly Condition[] };
}

export const appKind = { group: 'example.com', version: 'v1', kind: 'App' };
const deploymentKind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const serviceKind = { version: 'v1', kind: 'Service' };

/** Makes the controller of Apps; `options` say where, and more, as `createController` takes them. */
export function createAppController(options: ClusterOptions & ControllerSettings): Controller {
  return createController<App>({
    ...options,
    kind: appKind,
    // Their changes wake the App, and reading them needs no watches of their own.
    owns: [deploymentKind, serviceKind],
    async reconcile(app, { apply, get, patchStatus, event }) {
      const { name, namespace } = app.metadata!;
      await apply(serviceOf(app), { owned: true });
      await apply(deploymentOf(app), { owned: true });

      const deployment = await get<V1Deployment>({
        ...deploymentKind,
        namespace: namespace!,
        name: name!,
      });
      const readyReplicas = deployment?.status?.readyReplicas ?? 0;
      const wanted = app.spec.replicas ?? 1;
      const isReady = readyReplicas >= wanted;
      const wasReady = app.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      );
      await patchStatus({
        readyReplicas,
        url: `http://${name}.${namespace}.svc:${portOf(app)}`,
        conditions: setCondition(
          app.status?.conditions,
          {
            type: 'Ready',
            status: isReady ? 'True' : 'False',
            reason: isReady ? 'AllReplicasReady' : 'Progressing',
            message: `${readyReplicas} of ${wanted} replicas are ready`,
          },
          systemClock,
        ),
      });
      if (isReady && !wasReady) event('Normal', 'Ready', `${wanted} replicas are ready`);
    },
  });
}

type Read = Cached<App>;

function portOf({ spec }: Read): number {
  return spec.port ?? 80;
}

function metadataOf({ metadata }: Read) {
  const { name, namespace } = metadata!;
  return { name: name!, namespace: namespace!, labels: { app: name! } };
}

function deploymentOf(app: Read): V1Deployment {
  const { labels, ...metadata } = metadataOf(app);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: app.spec.replicas ?? 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name: 'app', image: app.spec.image, ports: [{ containerPort: portOf(app) }] },
          ],
        },
      },
    },
  };
}

function serviceOf(app: Read): V1Service {
  const { labels, ...metadata } = metadataOf(app);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: labels, ports: [{ port: portOf(app), protocol: 'TCP' }] },
  };
}

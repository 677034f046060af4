import type { KubeConfig, V1ConfigMap, V1Deployment } from '@kubernetes/client-node';
import { expectTypeOf, test } from 'vitest';
import {
  createController,
  type Cached,
  type ControllerContext,
  type KubernetesObject,
  type ObjectClient,
  type Transport,
} from '../src/index.ts';

/** As kubernetes-models has it: literal types of apiVersion and kind, and times as text. */
interface IPolicy {
  apiVersion: 'example.com/v1';
  kind: 'Policy';
  metadata?: {
    name?: string;
    namespace?: string;
    labels?: { [key: string]: string };
    creationTimestamp?: string;
  };
  spec: { severity: 'low' | 'high'; templates?: string[] };
  status?: { compliant?: boolean; at?: string };
}

const kind = { version: 'v1', kind: 'Any' };

test("client-node's classes fit", () => {
  createController<V1Deployment>({
    kind,
    async reconcile(deployment, context) {
      expectTypeOf(deployment).toEqualTypeOf<Cached<V1Deployment>>();
      expectTypeOf(deployment.metadata?.creationTimestamp).toEqualTypeOf<string | undefined>();
      await context.patchStatus({ replicas: 1, conditions: null });
      // @ts-expect-error no such field
      await context.patchStatus({ nothing: 1 });
      // @ts-expect-error of another type
      await context.patchStatus({ replicas: 'one' });
      const config = await context.get<V1ConfigMap>({ ...kind, name: 'a' });
      expectTypeOf(config?.data).toEqualTypeOf<{ readonly [key: string]: string } | undefined>();
      const applied = await context.apply<V1ConfigMap>(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
        { owned: true },
      );
      expectTypeOf(applied).toEqualTypeOf<V1ConfigMap>();
    },
    wakeOn: ({ spec }) => spec?.replicas,
    finalizer: {
      name: 'example.com/x',
      run: (deployment) =>
        expectTypeOf(deployment).toEqualTypeOf<Cached<V1Deployment>>() && undefined,
    },
  });
});

test("interfaces such as kubernetes-models' fit", () => {
  createController<IPolicy>({
    kind,
    async reconcile({ spec }, { patchStatus }) {
      expectTypeOf(spec.severity).toEqualTypeOf<'low' | 'high'>();
      await patchStatus({ compliant: true });
      return { requeueAfterMs: 1000 };
    },
  });
});

test('without a type, an object is any Kubernetes object', () => {
  createController({
    kind,
    reconcile(object, context) {
      expectTypeOf(object).toEqualTypeOf<Cached<KubernetesObject>>();
      expectTypeOf(context).toEqualTypeOf<ControllerContext>();
    },
    removed(id, context) {
      expectTypeOf(id.name).toEqualTypeOf<string | undefined>();
      // @ts-expect-error there is no object any more
      void context.patchStatus;
    },
  });
  // @ts-expect-error it has to reconcile
  createController({ kind });
  const kubeConfig = {} as KubeConfig;
  const transport = {} as Transport & ObjectClient;
  createController({ kind, reconcile: () => {}, kubeConfig });
  // @ts-expect-error a kubeConfig or a transport
  createController({ kind, reconcile: () => {}, kubeConfig, transport });
});

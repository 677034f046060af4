import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import {
  createController,
  type Controller,
  type ControllerContext,
  type ControllerTask,
  type ControllerSettings,
  type Cached,
  type Logger,
} from '../src/index.ts';

/** What the tests reconcile: a custom resource with a status. */
export interface Widget extends KubernetesObject {
  spec?: { size?: number; config?: string };
  status?: { size?: number; ready?: boolean; seen?: string[]; note?: { text?: string } };
}

export const widgetKind = { group: 'example.com', version: 'v1', kind: 'Widget' };

export const widgetDefinition = {
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
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

export function widget(name: string, spec: Widget['spec'] = {}, namespace = 'default') {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace },
    spec,
  };
}

export function widgetId(name: string, namespace = 'default'): ObjectIdentifier {
  return { ...widgetKind, namespace, name };
}

export function configMap(name: string, data: Record<string, string> = {}, namespace = 'default') {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

export function configMapId(name: string, namespace = 'default'): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace, name };
}

export type ConfigMap = ReturnType<typeof configMap>;

/** A controller of widgets on a fake transport, in virtual time. */
export interface Bench extends AsyncDisposable {
  readonly fake: FakeTransport;
  readonly controller: Controller;
  /** The names of what was reconciled, in order; what is finalized and removed with a word before. */
  readonly calls: string[];
  /** What was logged, from info on. */
  readonly logged: string[];
  settle(ms?: number): Promise<void>;
  /** Lets time pass until the promise has settled. */
  wait<R>(promise: Promise<R>): Promise<R>;
}

type Task = Partial<ControllerTask<Widget>> & Partial<ControllerSettings>;

/** @param objects put before the controller starts, behind the definition of widgets */
export async function startBench(
  { reconcile, removed, finalizer, ...options }: Task = {},
  objects: readonly KubernetesObject[] = [],
  fake: FakeTransport = createFakeTransport({ objects: [widgetDefinition, ...objects] }),
): Promise<Bench> {
  const calls: string[] = [];
  const logged: string[] = [];
  const log = (_fields: object, message: string): void => void logged.push(message);
  const logger: Logger = { debug: () => {}, info: log, warn: log, error: log };
  const controller = createController<Widget>({
    kind: widgetKind,
    transport: fake,
    clock: fake.clock,
    logger,
    async reconcile(object: Cached<Widget>, context: ControllerContext<Widget>) {
      calls.push(object.metadata!.name!);
      return reconcile?.(object, context);
    },
    async removed(id, context) {
      calls.push(`removed ${id.name}`);
      await removed?.(id, context);
    },
    ...(finalizer && {
      finalizer: {
        name: finalizer.name,
        run: async (object: Cached<Widget>, context: ControllerContext<Widget>) => {
          calls.push(`finalize ${object.metadata!.name}`);
          return finalizer.run(object, context);
        },
      },
    }),
    ...options,
  });
  const started = controller.start();
  started.catch(() => {});
  await fake.clock.advance(1000);
  await started;
  return {
    fake,
    controller,
    calls,
    logged,
    settle: (ms = 1) => fake.clock.advance(ms),
    wait: async (promise) => {
      promise.catch(() => {});
      await fake.clock.advance(1000);
      return promise;
    },
    [Symbol.asyncDispose]: () => controller[Symbol.asyncDispose](),
  };
}

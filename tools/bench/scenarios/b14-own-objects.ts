import { setTimeout as sleep } from 'node:timers/promises';

import type { Controller } from '@depwatch/controller';
import type { K8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';

import { now, startCpu } from '../meter.ts';
import type { Rights } from '../servers/access.ts';
import { quantile } from '../statistics.ts';
import { countOpenWatches, defineScenario } from './scenario.ts';

const gvk = { version: 'v1', kind: 'ConfigMap' };
const gvr = { group: '', version: 'v1', resource: 'configmaps', namespaced: true };
/** How often each is done; the first time, which finds nothing compiled, is told apart. */
const rounds = 8;

/**
 * A controller starts and has each of its own objects reconciled once, by a reconcile that does nothing; in turns with the
 * least that anybody could do: one list on the same transport, and a call of an empty async function for each object.
 */
export const b14 = defineScenario({
  id: 'B14',
  title: 'Own objects',
  server: 'real',
  measures: [
    { key: 'controllerMs', label: 'until all are reconciled', unit: 'ms' },
    { key: 'bareMs', label: 'a list and calls', unit: 'ms' },
    { key: 'ratio', label: 'controller ÷ list and calls', unit: '' },
    { key: 'firstMs', label: 'the first time', unit: 'ms' },
    { key: 'controllerCpuMs', label: 'CPU', unit: 'ms' },
    { key: 'bareCpuMs', label: 'CPU of a list and calls', unit: 'ms' },
    { key: 'watches', label: 'watches', unit: '' },
  ],
  // Nobody else has a controller.
  cases: (full) =>
    [...(full ? [10_000] : []), 2_000].map((objects) => ({
      label: `${objects} objects`,
      params: { objects, place: { namespace: `bench-own-${objects}` } },
      contestants: ['depwatch' as const],
      rights: everywhere,
    })),
  steps({ params: { objects, place }, kubeConfig, load }) {
    const { namespace } = place;
    const config = new KubeConfig();
    config.loadFromString(kubeConfig);
    let transport: K8sTransport;
    const controller = async (): Promise<Controller> => {
      const { createController } = await load('controller');
      let reconciled = 0;
      const own = createController({
        transport,
        kind: gvk,
        namespaces: [namespace],
        async reconcile() {
          reconciled += 1;
        },
      });
      await own.start();
      await own.ready;
      if (reconciled !== objects) throw new Error(`${reconciled} objects were reconciled`);
      return own;
    };
    const bare = async (): Promise<void> => {
      const { items } = await transport.list({ gvr, gvk, namespace }, {});
      if (items.length !== objects) throw new Error(`${items.length} objects were listed`);
      const call = async (): Promise<void> => {};
      for (const _item of items) await call();
    };
    return {
      async measure() {
        const { createK8sTransport } = await load('k8s-transport');
        transport = createK8sTransport({ kubeConfig: config });
        await load('controller');
        const times: Record<'controller' | 'bare', Taken[]> = { controller: [], bare: [] };
        for (let round = 0; round < rounds; round += 1) {
          const [stop, taken] = await take(controller);
          times.controller.push(taken);
          await stop[Symbol.asyncDispose]();
          times.bare.push((await take(bare))[1]);
          // What a round leaves to be done is no part of the next.
          await sleep(100);
        }
        const [first, ...rest] = times.controller;
        const [, ...bares] = times.bare;
        return {
          firstMs: first!.ms,
          controllerMs: middle(rest, 'ms'),
          bareMs: middle(bares, 'ms'),
          controllerCpuMs: middle(rest, 'cpuMs'),
          bareCpuMs: middle(bares, 'cpuMs'),
        };
      },
      async hold() {
        await controller();
      },
      async end() {
        await transport.close();
      },
    };
  },
  async run({ params: { objects, place }, server, steps }) {
    await server.load.create(objects, place);
    const figures = await steps.measure();
    await steps.hold();
    const watches = await countOpenWatches(server, 1);
    await steps.end();
    return { ...figures, ratio: figures.controllerMs / figures.bareMs, watches };
  },
});

const everywhere: Rights = { name: 'everywhere', everywhere: true };

interface Taken {
  readonly ms: number;
  readonly cpuMs: number;
}

function middle(taken: readonly Taken[], what: keyof Taken): number {
  return quantile(
    taken.map((one) => one[what]),
    0.5,
  );
}

/** Does something, and measures it. */
async function take<R>(work: () => Promise<R>): Promise<[R, Taken]> {
  const readCpu = startCpu();
  const startedAt = now();
  const result = await work();
  return [result, { ms: now() - startedAt, cpuMs: readCpu() }];
}

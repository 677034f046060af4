import { inspect } from 'node:util';

import { run, type KubernetesObject, type ObjectIdentifier } from '@depwatch/controller';
import { createFakeTransport, createVirtualClock, type FakeTransport } from '@depwatch/testing';
import { createReloader, type ReloaderOptions, type ReloaderSettings } from '../../src/index.ts';
import type { WorkloadKind } from '../../src/workload.ts';
import { sortingLogger, type Told, type ToldDecision } from '../support/told.ts';

export interface TestWorkload extends KubernetesObject {
  spec: {
    replicas?: number;
    template: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec: { containers: object[]; volumes?: object[] };
    };
  };
}

type Settings = ReloaderSettings & Pick<ReloaderOptions, 'ownership'>;

/** A reloader on a fake transport, in virtual time: how often it wrote, and what it said. */
export class Bench implements AsyncDisposable {
  readonly fake: FakeTransport;
  readonly events: Told[] = [];
  /** What was logged, from debug on. */
  readonly logged: string[] = [];
  readonly #reloaders: (() => Promise<unknown>)[] = [];
  #patched = 0;

  constructor(...objects: KubernetesObject[]) {
    const clock = createVirtualClock({ startMs: Date.parse('2026-01-31T12:00:00Z') });
    this.fake = createFakeTransport({ objects, clock });
  }

  /** Starts a reloader and lets it look at all there is. @returns what ends it */
  async start(settings: Settings = {}): Promise<() => Promise<unknown>> {
    const sorted = sortingLogger((told) => this.events.push(told));
    const log = (level: keyof typeof sorted) => (fields: object, message: string) => {
      this.logged.push(`${message} ${inspect(fields, { depth: 9 })} ${JSON.stringify(fields)}`);
      sorted[level](fields, message);
    };
    const logger = {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
    };
    const { clock } = this.fake;
    const reloader = createReloader({ transport: this.fake, clock, logger, ...settings });
    const end = new AbortController();
    const running = run(reloader, { signal: end.signal, logger });
    const stop = (): Promise<unknown> => {
      end.abort();
      return running.done;
    };
    this.#reloaders.push(stop);
    await this.pass(3000);
    return stop;
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.fake.clock.advance(ms);
  }

  /** How often reloaders wrote a workload. */
  get writes(): number {
    return this.fake.requests.patch - this.#patched;
  }

  /** Does something to the cluster, over and over, every tenth of a second by default. */
  async keepDoing(ms: number, what: () => Promise<void>, everyMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += everyMs) {
      await this.pass(everyMs);
      await what();
    }
  }

  /** Sets data of a ConfigMap, or a Secret, as somebody. */
  async set(name: string, data: Record<string, string>, kind = 'ConfigMap', by = 'kubectl') {
    this.#patched += 1;
    await this.fake.patch(id(kind, name), { data }, { fieldManager: by });
  }

  /** Changes a workload as somebody. */
  async change(patch: object, by = 'kubectl', name = 'web'): Promise<void> {
    this.#patched += 1;
    await this.fake.patch(id('Deployment', name), patch, { fieldManager: by });
  }

  workload(name = 'web', kind: WorkloadKind = 'Deployment'): TestWorkload {
    return this.fake.stored<TestWorkload>(id(kind, name))!;
  }

  record(name = 'web'): string | undefined {
    return this.workload(name).metadata?.annotations?.['depwatch.dev/hash'];
  }

  /** When it rolled last, as the pod template says. */
  rolled(name = 'web'): string | undefined {
    return this.workload(name).spec.template.metadata?.annotations?.['depwatch.dev/rolled'];
  }

  get decisions(): readonly ToldDecision[] {
    return this.events.filter((event) => event.type === 'decision');
  }

  /** The outcomes so far, but for `unchanged`, which nobody sees. */
  get outcomes(): readonly string[] {
    return this.decisions.map(({ outcome }) => outcome).filter((one) => one !== 'unchanged');
  }

  /** What was told of trouble. */
  messages(...types: Told['type'][]): readonly string[] {
    return this.events.flatMap((event) =>
      types.includes(event.type) && 'message' in event ? [event.message] : [],
    );
  }

  /** The notes of the events that stand in the cluster. */
  async clusterEvents(): Promise<readonly string[]> {
    const gvk = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
    const resource = await this.fake.discover(gvk, {});
    const { items } = await this.fake.list({ gvr: resource!, gvk }, {});
    return items.map((item) => (item as { note?: string }).note ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#reloaders.map((stop) => stop()));
  }
}

export function id(kind: string, name: string, namespace = 'default'): ObjectIdentifier {
  const isCore = kind === 'ConfigMap' || kind === 'Secret';
  return { ...(!isCore && { group: 'apps' }), version: 'v1', kind, namespace, name };
}

export function configMap(name: string, data: Record<string, string> = { k: '1' }) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name }, data };
}

export function secret(name: string, data: Record<string, string> = { k: 'MQ==' }) {
  return { ...configMap(name, data), kind: 'Secret' };
}

/** @param uses `a`: ConfigMap a; `a?`: an optional one; `secret/s`: Secret s */
export function workload(uses: string[], reload: string | null = 'auto', name = 'web') {
  const envFrom = uses.map((use) => {
    const isSecret = use.startsWith('secret/');
    const ref = { name: use.replace(/^secret\/|\?$/g, ''), optional: use.endsWith('?') };
    return isSecret ? { secretRef: ref } : { configMapRef: ref };
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      namespace: 'default',
      name,
      ...(reload !== null && { annotations: { 'depwatch.dev/reload': reload } }),
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'registry.example/app:1', envFrom }] },
      },
    },
  };
}

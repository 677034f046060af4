import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import type { FakeRequest } from '@depwatch/testing';
import type { DynamicWatcherSettings, ServedBy } from '../../../src/index.ts';
import { configMap, configMapId } from '../../harness.ts';
import { ServerBench } from '../../server-bench.ts';

/** A number of names: `c0`, `c1`… */
export const names = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `c${from + index}`);

export const configMaps = (count: number, namespace?: string): readonly KubernetesObject[] =>
  names(count).map((name) => configMap(name, {}, namespace));

/** A dynamic watcher whose plan is looked at, on a fake transport in virtual time. */
export class PlanBench implements AsyncDisposable {
  readonly server: ServerBench;
  readonly counts = new Map<string, number>();

  constructor(
    objects: readonly KubernetesObject[],
    settings: Partial<DynamicWatcherSettings> = {},
  ) {
    const count = (name: string, labels: object = {}, by = 1): void => {
      const key = [name, ...Object.values(labels)].join(' ');
      this.counts.set(key, (this.counts.get(key) ?? 0) + by);
    };
    this.server = new ServerBench(objects, {
      requestTimeoutMs: 10_000,
      metrics: { count, gauge: () => {}, observe: () => {} },
      ...settings,
    });
  }

  static async start(...of: ConstructorParameters<typeof PlanBench>): Promise<PlanBench> {
    const bench = new PlanBench(...of);
    await bench.server.watcher.start();
    return bench;
  }

  get fake() {
    return this.server.fake;
  }

  get watcher() {
    return this.server.watcher;
  }

  /** All at once, each for a watcher of its own, which is reconciled by the name of what it watches. */
  add(...watched: readonly ObjectIdentifier[]): Promise<unknown> {
    const all = Promise.all(watched.map((id) => this.watcher.addWatcher(watcherOf(id), id)));
    all.catch(() => {});
    return all;
  }

  /** Adds, and lets what comes of that pass. */
  async live(...watched: readonly ObjectIdentifier[]): Promise<void> {
    const added = this.add(...watched);
    await this.settle(100);
    await added;
    this.server.recorder.calls.length = 0;
  }

  async remove(...watched: readonly ObjectIdentifier[]): Promise<void> {
    await Promise.all(watched.map((id) => this.watcher.removeWatcher(watcherOf(id))));
  }

  settle(ms = 1): Promise<void> {
    return this.fake.clock.advance(ms);
  }

  /** How many are served in which way. */
  servedBy(): Partial<Record<ServedBy, number>> {
    const counts: Partial<Record<ServedBy, number>> = {};
    for (const { servedBy } of this.watcher.watchStatus())
      counts[servedBy] = (counts[servedBy] ?? 0) + 1;
    return counts;
  }

  /** Whose watchers were reconciled since the last look, sorted. */
  woken(): readonly string[] {
    return sorted(this.server.recorder.calls.splice(0).map(({ watcher }) => watcher!));
  }

  /** The requests since the last look, without discovery, sorted. */
  asked(): readonly string[] {
    return sorted(this.server.requests.splice(0).flatMap((request) => described(request) ?? []));
  }

  /** The lines of the log since the last look. */
  said(): readonly string[] {
    return this.server.lines.splice(0).map(({ message }) => message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher[Symbol.asyncDispose]();
  }
}

export const ids = (count: number, from = 0, namespace?: string): readonly ObjectIdentifier[] =>
  names(count, from).map((name) => configMapId(name, namespace));

/** By code units. */
export function sorted(texts: readonly string[]): readonly string[] {
  return texts.toSorted((a, b) => (a < b ? -1 : 1));
}

function watcherOf({ namespace = '', name, selector }: ObjectIdentifier): ObjectIdentifier {
  return configMapId(name ?? `by ${selector}`, `of-${namespace}`);
}

function described({ operation, query, options }: FakeRequest): string | undefined {
  if (!query) return undefined;
  const { namespace = '*', name, selector } = query;
  const how =
    operation === 'watch' && !options.initialEvents
      ? 'resume'
      : operation === 'list' && options.limit === 1
        ? 'size'
        : operation;
  return `${how} ${namespace}/${name ?? (selector ? `?${selector}` : '*')}`;
}

/** Whether a request is about a whole collection. */
export const ofCollection = ({ query }: FakeRequest): boolean =>
  query !== undefined && !query.name && !query.selector;

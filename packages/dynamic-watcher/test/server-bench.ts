import {
  DepwatchError,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
  type TransportFailure,
  type Transport,
} from '@depwatch/core';
import { createFakeTransport, type FakeRequest, type FakeTransport } from '@depwatch/testing';
import {
  createDynamicWatcher,
  type DynamicWatcher,
  type DynamicWatcherSettings,
  type WatchStatus,
} from '../src/index.ts';
import { configMapId, Recorder } from './harness.ts';

/** One line of the log above debug: its message, with what it says of the error and the watched. */
export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly text: string;
}

/** A started dynamic watcher, with its cache on, on a server that has trouble or lies; in virtual time. */
export class ServerBench implements AsyncDisposable {
  readonly fake: FakeTransport;
  readonly recorder = new Recorder();
  readonly watcher: DynamicWatcher;
  readonly lines: Line[] = [];
  /** Every request, from the first one on. */
  readonly requests: FakeRequest[] = [];

  constructor(
    objects: readonly KubernetesObject[] = [],
    settings: Partial<DynamicWatcherSettings> = {},
    wrap: (fake: FakeTransport) => Transport = (fake) => fake,
  ) {
    const fake = createFakeTransport({ objects });
    this.fake = fake;
    const note = (request: FakeRequest): boolean => {
      this.requests.push(request);
      return false;
    };
    // A rule that no request fails by, and all are shown to.
    fake.fail({ match: note, error: { code: 500 } });
    this.watcher = createDynamicWatcher({
      transport: wrap(fake),
      clock: fake.clock,
      reconciler: this.recorder,
      enableCache: true,
      logger: {
        debug: () => {},
        info: this.#log('info'),
        warn: this.#log('warn'),
        error: this.#log('error'),
      },
      ...settings,
    });
  }

  static async start(...settings: ConstructorParameters<typeof ServerBench>): Promise<ServerBench> {
    const bench = new ServerBench(...settings);
    await bench.watcher.start();
    return bench;
  }

  /** Has one watcher watch all these, lets what comes of it pass, and forgets the reconciles. */
  async watch(...watched: readonly ObjectIdentifier[]): Promise<void> {
    const live = this.watcher.addOrUpdateWatcher(configMapId('app'), watched);
    await this.settle(2000);
    await live;
    this.recorder.calls.length = 0;
  }

  /** Lets everything happen that is due within `ms`. */
  settle(ms = 1): Promise<void> {
    return this.fake.clock.advance(ms);
  }

  /** As {@link settle}, with a look at each step of so many milliseconds. */
  async each(ms: number, stepMs: number, look: () => void): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.settle(stepMs);
      look();
    }
  }

  /** What came of a promise within `ms`: `'pending'` where that is nothing yet. */
  async within<T>(ms: number, promise: Promise<T>): Promise<unknown> {
    let outcome: unknown = 'pending';
    promise.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = error),
    );
    await this.settle(ms);
    return outcome;
  }

  /** How many watches of a kind are in a state. */
  count(state: WatchStatus['state'], kind = 'ConfigMap'): number {
    return this.watcher
      .watchStatus()
      .filter((status) => status.state === state && status.watched.kind === kind).length;
  }

  /** The `data.value` that the cache shows of a ConfigMap. */
  shown(id: ObjectIdentifier): string | undefined {
    return this.watcher.getFromCache<KubernetesObject & { data: { value: string } }>(id)?.data
      .value;
  }

  /** What the reconciles since then were caused by. */
  get causes(): readonly string[] {
    return this.recorder.calls.flatMap(({ causes }) => causes);
  }

  /** The lines that say that the server can't be reached. */
  get unreachableLines(): readonly Line[] {
    return this.lines.filter(({ message }) => /reach/i.test(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher[Symbol.asyncDispose]();
  }

  #log(level: Line['level']) {
    return (fields: object, message: string): void => {
      this.lines.push({ level, message, text: `${message} ${JSON.stringify(fields)}` });
    };
  }
}

/** What a transport throws that got no answer of a Kubernetes API server. */
export function failure(reason: TransportFailure, message: string = reason): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', message, { retryable: true, reason });
}

export const secretKind: GroupVersionKind = { version: 'v1', kind: 'Secret' };

export function secretId(name: string): ObjectIdentifier {
  return { ...secretKind, namespace: 'default', name };
}

export const widgetKind: GroupVersionKind = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
};

export function widgetId(name: string, namespace = 'default'): ObjectIdentifier {
  return { ...widgetKind, namespace, name };
}

/** @param namespace absent where the kind is cluster-scoped */
export function widget(name: string, value: string, namespace?: string) {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, ...(namespace && { namespace }) },
    data: { value },
  };
}

export function config(name: string, value: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { of: 'all' } },
    data: { value },
  };
}

/** Names with a number each. */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

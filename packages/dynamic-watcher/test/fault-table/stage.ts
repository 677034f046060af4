import {
  describeObjectIdentifier,
  type DepwatchError,
  type KubernetesObject,
  type Logger,
  type ObjectIdentifier,
} from '@depwatch/core';
import { expect } from 'vitest';
import { createDynamicWatcher, type DynamicWatcher, type WatchStatus } from '../../src/index.ts';
import type { DynamicWatcherSettings } from '../../src/index.ts';
import { countingTransport, type Counts } from '../counting-transport.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import type { Ground, KindShape } from './ground.ts';

/** One retry of a watch, with what `watchStatus` said at that very moment. */
export interface Retry {
  readonly error: DepwatchError;
  readonly retryAfterMs: number;
  readonly state: WatchStatus['state'] | undefined;
}

/** A dynamic watcher with its cache on, on one of the servers, and what a case does and sees with it. */
export class Stage implements AsyncDisposable {
  readonly recorder = new Recorder();
  readonly retries: Retry[] = [];
  /** What was logged above debug. */
  readonly lines: string[] = [];
  readonly counts: Counts;
  readonly watcher: DynamicWatcher;
  readonly ground: Ground;
  /** Whether what is watched in one namespace shares a watch. */
  readonly isShared: boolean;
  readonly app: ObjectIdentifier;
  readonly config: ObjectIdentifier;
  readonly until: Ground['until'];

  constructor(ground: Ground, settings: Partial<DynamicWatcherSettings>, isShared: boolean) {
    this.ground = ground;
    this.isShared = isShared;
    this.until = ground.until;
    this.app = this.id('app');
    this.config = this.id('config');
    const transport = countingTransport(ground.transport);
    this.counts = transport.counts;
    this.watcher = createDynamicWatcher({
      transport,
      reconciler: this.recorder,
      enableCache: true,
      logger: this.#logger(),
      ...(ground.clock && { clock: ground.clock }),
      watchPlan: isShared ? 'shared' : 'auto',
      ...settings,
    });
  }

  id(name: string): ObjectIdentifier {
    return configMapId(name, this.ground.namespace);
  }

  /** The kind that `defineWidgets` makes, in a group of this stage's own. */
  get widget(): ObjectIdentifier {
    const { namespace } = this.ground;
    return { group: this.#group, version: 'v1', kind: 'Widget', namespace, name: 'w' };
  }

  defineWidgets(shape: Partial<KindShape> = {}): Promise<void> {
    const { plural = 'widgets', namespaced = true } = shape;
    return this.ground.registerKind(this.#group, { plural, namespaced });
  }

  undefineWidgets(): Promise<void> {
    return this.ground.unregisterKind(this.#group);
  }

  /** @param namespace absent where the kind is cluster-scoped */
  putWidget(
    spec: object,
    namespace: string | undefined = this.ground.namespace,
  ): Promise<KubernetesObject> {
    const metadata = { name: 'w', ...(namespace && { namespace }) };
    const object = { apiVersion: `${this.#group}/v1`, kind: 'Widget', metadata, spec };
    return this.ground.put(object);
  }

  /** Writes a ConfigMap. */
  put(name: string, value: string): Promise<KubernetesObject> {
    const { labels: _, ...metadata } = configMap(name, {}, this.ground.namespace).metadata;
    return this.ground.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { value },
    } as KubernetesObject);
  }

  remove(name: string): Promise<void> {
    return this.ground.remove(configMap(name, {}, this.ground.namespace));
  }

  /** What the cache shows of a ConfigMap. */
  shown(id = this.config): string | undefined {
    return this.watcher.getFromCache<{ data: { value: string } }>(id)?.data.value;
  }

  /** Has `app` watch `config`, which is there; resolves when all that comes of it is over. */
  async watch(): Promise<void> {
    await this.put('config', 'before');
    await this.settled(this.watcher.addWatcher(this.app, this.config));
    await this.until(() => expect(this.recorder.calls).toHaveLength(1));
    this.expectLive();
  }

  /** Milliseconds, of the clock that the watcher goes by. */
  now(): number {
    return this.ground.clock?.now() ?? performance.now();
  }

  /** Does something every so many milliseconds, until the returned function is called. */
  every(ms: number, act: () => Promise<unknown>): () => void {
    const { clock } = this.ground;
    const wait = (run: () => void): unknown =>
      clock ? clock.setTimeout(run, ms) : setTimeout(run, ms);
    let over = false;
    const again = (): void => void wait(() => !over && void act().then(again, again));
    again();
    return () => {
      over = true;
    };
  }

  /** Waits for a promise; on the fake, time passes until then. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let pending = true;
    const over = (): void => {
      pending = false;
    };
    promise.then(over, over);
    await this.until(() => expect(pending).toBe(false));
    return promise;
  }

  status(id = this.config): WatchStatus | undefined {
    const key = JSON.stringify(id);
    return this.watcher.watchStatus().find(({ watched }) => JSON.stringify(watched) === key);
  }

  expectLive(id = this.config): void {
    expect(this.status(id)).toMatchObject({ state: 'live', watchers: [this.app] });
  }

  /** Waits until the watch has been retried so often, and checks that its status said so each time. */
  async retried(times: number, error: object): Promise<void> {
    await this.until(() => expect(this.retries.length).toBeGreaterThanOrEqual(times));
    for (const retry of this.retries.slice(0, times)) {
      expect(retry).toMatchObject({ state: 'retrying', error });
    }
  }

  /** Waits until the watch is live and its watcher was woken since by what the cache now shows. */
  async wakes(calls: number, value: string): Promise<void> {
    await this.until(() => {
      this.expectLive();
      expect(this.shown()).toBe(value);
      expect(this.recorder.calls.length).toBeGreaterThan(calls);
    });
  }

  /** Makes a change, and waits until it has reached its watcher. */
  async delivers(value: string): Promise<void> {
    const calls = this.recorder.calls.length;
    await this.put('config', value);
    await this.wakes(calls, value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher[Symbol.asyncDispose]();
    await this.ground[Symbol.asyncDispose]();
  }

  get #group(): string {
    return `${this.ground.namespace}.example.com`;
  }

  #logger(): Logger {
    const keep = (fields: object, line: string): void => {
      // What has a reason is a plan that changes, which is no fault.
      if (!('reason' in fields)) this.lines.push(line);
    };
    return {
      debug: (fields, line) => {
        // One of a watch that serves several is one of each of them.
        const isOfAll = line === 'a watch that serves many is retried';
        if (line !== 'a watch is retried' && !isOfAll) return;
        const { watched, error, retryAfterMs } = fields as Retry & { watched?: string };
        const status = this.watcher
          .watchStatus()
          .find((one) => isOfAll || describeObjectIdentifier(one.watched) === watched);
        this.retries.push({ error, retryAfterMs, state: status?.state });
      },
      info: keep,
      warn: keep,
      error: keep,
    };
  }
}

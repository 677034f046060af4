import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import {
  createDynamicWatcher,
  type DynamicWatcher,
  type DynamicWatcherSettings,
} from '../../src/index.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import type { ScenarioServer } from './scenario-servers.ts';

/** Something that a user of the library does, and what has to come of it on every server. */
export interface Scenario {
  readonly name: string;
  run(lab: Lab): Promise<void>;
}

/** A dynamic watcher under test, with who it reconciles. */
export interface Started {
  readonly watcher: DynamicWatcher;
  readonly recorder: Recorder;
}

let namespaces = 0;

/** What one scenario works with: a namespace of its own, whose objects are ConfigMaps unless said otherwise. */
export class Lab implements AsyncDisposable {
  readonly namespace = `scenario-${(namespaces += 1)}`;
  readonly #server: ScenarioServer;
  readonly #started: DynamicWatcher[] = [];

  constructor(server: ScenarioServer) {
    this.#server = server;
  }

  /** The identifier of a ConfigMap, or of something else that `rest` says. */
  id(name: string, rest: Partial<ObjectIdentifier> = {}): ObjectIdentifier {
    return { ...configMapId(name, this.namespace), ...rest };
  }

  /** All ConfigMaps of the namespace that a selector selects. */
  selected(selector: string): ObjectIdentifier {
    return { version: 'v1', kind: 'ConfigMap', namespace: this.namespace, selector };
  }

  /** Writes a ConfigMap whose labels are its data. */
  put(name: string, data: Record<string, string> = {}, namespace = this.namespace): Promise<void> {
    return this.#server.put(configMap(name, data, namespace));
  }

  /** Writes any object. */
  putObject(object: KubernetesObject): Promise<void> {
    return this.#server.put(object);
  }

  /** Deletes a ConfigMap, or what is identified. */
  remove(what: string | ObjectIdentifier): Promise<void> {
    return this.#server.remove(typeof what === 'string' ? this.id(what) : what);
  }

  /** Starts a dynamic watcher that is stopped at the end of the scenario. */
  async start(settings: Partial<DynamicWatcherSettings> = {}, user?: 'viewer'): Promise<Started> {
    const recorder = new Recorder();
    const watcher = createDynamicWatcher({
      ...this.#server.connection(user),
      reconciler: recorder,
      ...settings,
    });
    this.#started.push(watcher);
    await watcher.start();
    return { watcher, recorder };
  }

  /** Lets the user `viewer` watch these ConfigMaps, by their names. */
  grant(...names: readonly string[]): Promise<void> {
    return this.#server.grant(this.namespace, names);
  }

  /** Waits until an assertion holds. */
  until(assertion: () => void | Promise<void>): Promise<void> {
    return this.#server.until(assertion);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((watcher) => watcher[Symbol.asyncDispose]()));
  }
}

/** The causes of the reconciles of one watcher, in their order. */
export function causesOf({ recorder }: Started, watcher: ObjectIdentifier): string[] {
  return recorder.calls
    .filter((call) => call.watcher === watcher.name)
    .map(({ causes }) => causes.join());
}

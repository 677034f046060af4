import { afterAll, afterEach, beforeAll } from 'vitest';

import { reloaderUser } from '../../src/embedded/demo.ts';
import { createReloader, type Reloader, type ReloaderSettings } from '../../src/reloader.ts';
import { createTextReport, jsonReport } from '../../src/report.ts';
import { loadKubeConfig, TestNamespace, type TestServer } from './cluster.ts';
import { Events } from './events.ts';
import { applyManifest } from './manifests.ts';

/** A reloader that a scenario runs. */
export interface Running {
  readonly events: Events;
  /** All that it said: its events in both forms, and what its watchers logged. */
  output(): string;
  /** Starts it once more, which can't be. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** What the scenarios of one suite share: a server, on which each has a namespace of its own. */
export interface ScenarioContext {
  readonly server: TestServer;
  namespace(): Promise<TestNamespace>;
  namespaceNamed(name: string): Promise<TestNamespace>;
  /** Runs a reloader as the user that the manifest binds to its role; waits until it has listed the workloads. */
  run(namespace: TestNamespace, options?: ReloaderSettings): Promise<Running>;
  /** The same with another user, who may be allowed too little; doesn't wait. */
  runAs(user: string, namespace: TestNamespace, options?: ReloaderSettings): Promise<Running>;
}

/** Starts a server before all tests of a suite, and ends it, and each reloader, after them. */
export function useScenarioContext(start: () => Promise<TestServer>): ScenarioContext {
  let server: TestServer | undefined;
  let namespaces = 0;
  const reloaders: Reloader[] = [];

  beforeAll(async () => {
    server = await start();
    await applyManifest(loadKubeConfig(server.kubeConfig), 'cluster-wide');
  }, 60_000);
  afterEach(async () => {
    await Promise.all(reloaders.splice(0).map((reloader) => reloader[Symbol.asyncDispose]()));
  });
  afterAll(() => server?.stop());

  const context: ScenarioContext = {
    get server() {
      if (!server) throw new Error('the server has not been started');
      return server;
    },
    namespace: () => context.namespaceNamed(`test-${(namespaces += 1)}`),
    namespaceNamed: (name) => TestNamespace.create(context.server, name),
    async run(namespace, options) {
      const running = await context.runAs(reloaderUser, namespace, options);
      await running.events.has('synced');
      return running;
    },
    async runAs(user, namespace, options) {
      const events = new Events();
      const lines: string[] = [];
      const report = createTextReport();
      const log = (fields: object, message: string): void => {
        lines.push(message, JSON.stringify(fields), inspectErrors(fields));
      };
      const reloader = createReloader({
        kubeConfig: loadKubeConfig(context.server.kubeConfigFor(user)),
        namespaces: [namespace.name],
        logger: { debug: log, info: log, warn: log, error: log },
        onEvent(event) {
          lines.push(jsonReport.line(event, 0), report.line(event, 0));
          events.add(event);
        },
        // The scenarios wait for what happens, and should not take long.
        settleMs: 100,
        minIntervalMs: 1,
        ...options,
      });
      reloaders.push(reloader);
      await reloader.start();
      return {
        events,
        output: () => lines.join('\n'),
        startAgain: () => reloader.start(),
        stop: async () => reloader[Symbol.asyncDispose](),
      };
    },
  };
  return context;
}

/** All that a log line could print of an error: its stack, and those of its causes. */
function inspectErrors(fields: object): string {
  const texts: string[] = [];
  for (let error: unknown = (fields as { error?: unknown }).error; error instanceof Error;) {
    texts.push(String(error.stack), JSON.stringify(error));
    error = error.cause;
  }
  return texts.join('\n');
}

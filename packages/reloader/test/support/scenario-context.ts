import { run, type Logger } from '@depwatch/controller';
import { afterAll, afterEach, beforeAll } from 'vitest';

import { reloaderUser } from '../../src/embedded/demo.ts';
import { createReloader, type ReloaderOptions, type ReloaderSettings } from '../../src/index.ts';
import { createLog } from '../../src/log.ts';
import { loadKubeConfig, TestNamespace, type TestServer } from './cluster.ts';
import { Events } from './events.ts';
import { applyManifest } from './manifests.ts';
import { sortingLogger } from './told.ts';

type Settings = ReloaderSettings & Pick<ReloaderOptions, 'logger' | 'ownership'>;

/** A reloader that a scenario runs. */
export interface Running {
  readonly events: Events;
  /** All that it said, in both forms. */
  output(): string;
  stop(): Promise<unknown>;
}

/** What the scenarios of one suite share: a server, on which each has a namespace of its own. */
export interface ScenarioContext {
  readonly server: TestServer;
  namespace(): Promise<TestNamespace>;
  namespaceNamed(name: string): Promise<TestNamespace>;
  /** Runs a reloader as the user that the manifest binds to its role; waits until it has listed the workloads. */
  run(namespace: TestNamespace, options?: Settings): Promise<Running>;
  /** The same with another user, who may be allowed too little; doesn't wait. */
  runAs(user: string, namespace: TestNamespace, options?: Settings): Promise<Running>;
}

/** Starts a server before all tests of a suite, and ends it, and each reloader, after them. */
export function useScenarioContext(start: () => Promise<TestServer>): ScenarioContext {
  let server: TestServer | undefined;
  let namespaces = 0;
  const reloaders: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await start();
    await applyManifest(loadKubeConfig(server.kubeConfig), 'cluster-wide');
  }, 60_000);
  afterEach(async () => {
    await Promise.all(reloaders.splice(0).map((stop) => stop()));
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
      const sorted = sortingLogger(events.add);
      const write = (line: string): void => void lines.push(line);
      const logs = (['text', 'json'] as const).map((format) =>
        createLog({ format, level: 'debug', now: () => 0, write }),
      );
      const log = (level: keyof Logger) => (fields: object, message: string) => {
        lines.push(message, JSON.stringify(fields), inspectErrors(fields));
        for (const one of [...logs, sorted]) one[level](fields, message);
      };
      const logger = {
        debug: log('debug'),
        info: log('info'),
        warn: log('warn'),
        error: log('error'),
      };
      const reloader = createReloader({
        kubeConfig: loadKubeConfig(context.server.kubeConfigFor(user)),
        namespaces: [namespace.name],
        logger,
        // The scenarios wait for what happens, and should not take long.
        settleMs: 100,
        minIntervalMs: 1,
        ...options,
      });
      const end = new AbortController();
      const running = run(reloader, { signal: end.signal, logger });
      const stop = (): Promise<unknown> => {
        end.abort();
        return running.done;
      };
      reloaders.push(stop);
      return { events, output: () => lines.join('\n'), stop };
    },
  };
  return context;
}

/** All that a log line could print of an error: its stack, and those of its causes. */
function inspectErrors(fields: object): string {
  const texts: string[] = [];
  const { err, error: first = err } = fields as { error?: unknown; err?: unknown };
  for (let error = first; error instanceof Error;) {
    texts.push(String(error.stack), JSON.stringify(error));
    error = error.cause;
  }
  return texts.join('\n');
}

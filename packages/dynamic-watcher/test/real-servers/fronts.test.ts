import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDynamicWatcher } from '../../src/index.ts';
import { ApiClient } from '../fault-table/api-client.ts';
import { definitionOf } from '../fault-table/definition.ts';
import { configMapId, Recorder } from '../harness.ts';
import { servers, type TestServer } from '../servers.ts';
import { Front, type FrontAnswer } from './front.ts';
import { linesOf } from './lines-of.ts';

const patience = { timeout: 30_000, interval: 20 };
const namespace = { version: 'v1', kind: 'Namespace', name: 'default' };
let groups = 0;

/** A ConfigMap, a Namespace and a widget of a kind of its own, watched through a front. */
async function start(server: TestServer) {
  const admin = new ApiClient(server.kubeConfig);
  const front = await Front.to(server.kubeConfig);
  const name = `front-${(groups += 1)}`;
  const config = configMapId(name);
  const group = `${name}.example.com`;
  const widget = { group, version: 'v1', kind: 'Widget', namespace: 'default', name: 'w' };
  const definition = definitionOf(group, { plural: 'widgets', namespaced: true });
  await admin.put(definition);
  await vi.waitFor(
    async () => expect((await admin.ask('GET', `/apis/${group}/v1/widgets`)).status).toBe(200),
    patience,
  );
  const write = async (value: string) => {
    const spec = { data: { value } };
    const inDefault = (of: string) => ({ name: of, namespace: 'default' });
    await admin.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: inDefault(name), ...spec });
    const object = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: inDefault('w'), ...spec };
    await admin.put(object);
  };
  await write('there');

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(front.kubeConfig);
  const recorder = new Recorder();
  const { logger, lines } = linesOf();
  const transport = createK8sTransport({ kubeConfig });
  const watcher = createDynamicWatcher({
    transport,
    reconciler: recorder,
    enableCache: true,
    logger,
  });
  await watcher.start();
  await watcher.addOrUpdateWatcher(configMapId('app'), [config, namespace, widget]);
  await recorder.reached(1);
  recorder.calls.length = 0;
  const shown = (id: typeof config): string | undefined =>
    watcher.getFromCache<{ data: { value: string } }>(id)?.data.value;
  return {
    admin,
    front,
    widget,
    definition,
    watcher,
    lines,
    shown,
    get causes() {
      return recorder.calls.flatMap(({ causes }) => causes);
    },
    /** Looks at the cache all the time, until the returned function is called; it returns how often something was missing. */
    look(): () => number {
      let missing = 0;
      const timer = setInterval(() => {
        const there = [config, namespace, widget].map((id) => watcher.getFromCache(id));
        if (there.includes(undefined)) missing += 1;
      }, 10);
      return () => {
        clearInterval(timer);
        return missing;
      };
    },
    async isLiveAgain(): Promise<void> {
      await write('after');
      await vi.waitFor(() => {
        expect([shown(config), shown(widget)]).toEqual(['after', 'after']);
        const states = watcher.watchStatus().map(({ state }) => state);
        expect(states).toEqual(['live', 'live', 'live']);
      }, patience);
    },
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      await transport.close();
      await front[Symbol.asyncDispose]();
    },
  };
}

const status404 = {
  status: 404,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    code: 404,
  },
};
const match = (target: string) => target.includes('watch=');
const answers: readonly [what: string, answer: FrontAnswer][] = [
  ['one 404', { ...status404, match, times: 1 }],
  ['ten 404s', { ...status404, match, times: 10 }],
  ['404s with a page for 3 s', { status: 404, body: '<html><body>not here</body></html>' }],
  ['502s for 3 s', { status: 502, body: '<html><body>Bad Gateway</body></html>' }],
];

describe.each(servers)('a front before $name', { timeout: 60_000 }, ({ start: begin }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await begin();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test.concurrent.each(answers)(
    'that answers with %s takes nothing from the cache',
    async (_what, answer) => {
      await using bench = await start(server);
      const { front, look } = bench;
      const seen = look();
      const heal = front.respond(answer);
      front.cut();
      if (answer.times) await vi.waitFor(() => expect(front.owed).toBe(0), patience);
      else await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(heal()).toBeGreaterThan(0);
      await bench.isLiveAgain();
      expect(seen()).toBe(0);
      expect(bench.causes).not.toContain('deleted');
    },
  );

  test.concurrent.each(['under its watch', 'while its watch is away'] as const)(
    'hides no definition that is really deleted %s: it is told once',
    async (when) => {
      await using bench = await start(server);
      const { admin, front, widget, definition, watcher } = bench;
      const path = `/apis/${widget.group}/v1/widgets`;
      const page = { status: 502, body: '<html><body>Bad Gateway</body></html>' };
      const heal = when === 'while its watch is away' ? front.respond(page) : undefined;
      if (heal) front.cut();
      await admin.remove(definition);
      await vi.waitFor(
        async () => expect((await admin.ask('GET', path)).status).toBe(404),
        patience,
      );
      heal?.();
      await vi.waitFor(() => {
        expect(watcher.getFromCache(widget)).toBeUndefined();
        const { state, lastError } = watcher
          .watchStatus()
          .find(({ watched }) => watched.kind === 'Widget')!;
        expect([state, lastError?.code]).toEqual(['retrying', 'ERR_NO_VERSIONED_RESOURCE']);
      }, patience);
      await admin.put(definition);
      await vi.waitFor(
        async () => expect((await admin.ask('GET', path)).status).toBe(200),
        patience,
      );
      await bench.isLiveAgain();
      await vi.waitFor(() => expect(bench.causes).toContain('added'), patience);
      expect(bench.causes.filter((cause) => cause === 'deleted')).toHaveLength(1);
    },
  );
});

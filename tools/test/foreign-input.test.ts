/**
 * Whatever a public function is given, it takes it or fails with an error of its own that says which argument is wrong: types
 * hold only where the caller has them. Each argument, and each field of those that are plain objects, is replaced by values
 * that it isn't meant to be.
 */
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import * as cache from '../../packages/cache/src/index.ts';
import * as controller from '../../packages/controller/src/index.ts';
import { isDepwatchError } from '../../packages/core/src/index.ts';
import { createDynamicWatcher } from '../../packages/dynamic-watcher/src/index.ts';
import * as transport from '../../packages/k8s-transport/src/index.ts';
import * as queue from '../../packages/queue/src/index.ts';
import * as reloader from '../../packages/reloader/src/index.ts';
import * as replicas from '../../packages/replicas/src/index.ts';
import { createFakeTransport } from '../../packages/testing/src/index.ts';

type Call = (...given: never[]) => unknown;

/** A function, and arguments that it takes. */
type Trial = [what: string, call: Call, ...given: unknown[]];

/** An object without a prototype, which is no text, whoever asks. */
const bare = Object.assign(Object.create(null) as object, { a: 'a' });

const foreign: readonly unknown[] = [
  ...[undefined, null, 0, 5, NaN, 1n, true, '', 'text', Symbol('s'), () => {}],
  ...[[], [null], [5], {}, bare, new Date(NaN), new Map()],
];

const kind = { version: 'v1', kind: 'ConfigMap' };
const id = { ...kind, namespace: 'default', name: 'a' };
const metadata = { name: 'a', namespace: 'default', uid: 'u' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
const fake = createFakeTransport({ objects: [object] });
const { clock } = fake;
const { signal } = new AbortController();

/** Calls of an object client. @param apply what an apply needs to be told */
const clientCalls = (what: string, client: controller.ObjectClient, apply: object): Trial[] => [
  [`${what}.get`, client.get, id, { signal }],
  [`${what}.create`, client.create, object, { signal, dryRun: true }],
  [`${what}.update`, client.update, object, { signal, dryRun: true }],
  [`${what}.patch`, client.patch, id, { data: {} }, { signal, dryRun: true }],
  [`${what}.apply`, client.apply, object, { ...apply, signal, dryRun: true }],
  [`${what}.delete`, client.delete, id, { signal, dryRun: true, preconditions: { uid: 'u' } }],
];

const kubeConfig = {
  getCurrentCluster: () => ({ name: 'c', server: 'http://127.0.0.1:1' }),
  getCurrentUser: () => null,
  applyToHTTPSOptions: async () => {},
};
const http = transport.createK8sTransport({ kubeConfig, requestTimeoutMs: 50 });
const query = {
  gvk: kind,
  gvr: { group: '', version: 'v1', resource: 'configmaps', namespaced: true },
};

afterAll(() => http.close());

function check(trials: readonly Trial[]): void {
  test.each(trials)('%s', async (_what, call, ...given) => {
    const wrong: string[] = [];
    for (const [place, args] of variants(given)) {
      const error = await outcome(call, args);
      if (error !== undefined && !isDepwatchError(error))
        wrong.push(`${place}: ${error instanceof Error ? error.message : typeof error}`);
    }
    expect(wrong).toEqual([]);
  });
}

/** The arguments with one of them, or a field of one, replaced. */
function* variants(given: readonly unknown[]): Iterable<[place: string, args: unknown[]]> {
  yield ['nothing', []];
  for (const [index, argument] of given.entries()) {
    for (const value of foreign) {
      yield [`argument ${index} ${nameOf(value)}`, given.with(index, value)];
      for (const field of isPlain(argument) ? Object.keys(argument) : []) {
        const changed = { ...(argument as object), [field]: value };
        yield [`${field} of ${index} ${nameOf(value)}`, given.with(index, changed)];
      }
    }
  }
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function nameOf(value: unknown): string {
  return value === bare ? 'bare' : inspect(value);
}

/** What a call fails with; undefined where it hasn't, by the time that what it has to say of its arguments is said. */
async function outcome(call: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    const answer = call(...(args as never[]));
    if (!(answer instanceof Promise)) return undefined;
    answer.catch(() => {});
    const turns = clock.advance(10).then(() => setImmediate());
    await Promise.race([answer, turns]);
  } catch (error) {
    return error;
  }
  return undefined;
}

const condition = { type: 'Ready', status: 'True', reason: 'Done', message: 'well' };

describe('of controller', () => {
  const own = { group: '', ...kind };
  const options = {
    kind: own,
    transport: fake,
    clock,
    namespaces: undefined,
    selector: undefined,
    removed: undefined,
    owns: [],
    wakeOn: 'any',
    fieldManager: 'me',
    finalizer: undefined,
    ownership: undefined,
    name: 'a',
    reconcile() {},
  };
  const starting = async (given: never): Promise<void> => {
    await using one = controller.createController({
      kind: own,
      transport: fake,
      clock,
      reconcile() {},
    });
    await one.start(given);
  };
  check([
    ['gvkOf', controller.gvkOf, object],
    ['objectIdentifierFrom', controller.objectIdentifierFrom, object],
    [
      'objectIdentifierFrom of metadata',
      (given: never) => controller.objectIdentifierFrom({ ...object, metadata: given }),
      metadata,
    ],
    ['formatObjectIdentifier', controller.formatObjectIdentifier, id],
    ['parseApiVersion', controller.parseApiVersion, 'v1'],
    ['ownerReferenceTo', controller.ownerReferenceTo, object],
    ['setCondition', controller.setCondition, [condition], condition, clock],
    [
      'formatLabelSelector',
      controller.formatLabelSelector,
      { matchLabels: { a: 'b' }, matchExpressions: [] },
    ],
    [
      'formatLabelSelector of labels',
      (matchLabels: never) => controller.formatLabelSelector({ matchLabels }),
      { a: 'b' },
    ],
    [
      'formatLabelSelector of expressions',
      (one: never) => controller.formatLabelSelector({ matchExpressions: [one] }),
      { key: 'a', operator: 'In', values: ['x'] },
    ],
    ['createController', controller.createController, options],
    ['start', starting, { signal }],
    [
      'run',
      (...given: never[]) => (controller.run as Call)(...given),
      [],
      { signal: AbortSignal.abort(), logger: undefined },
    ],
  ]);
});

describe('of a reconcile', () => {
  let context: controller.ControllerContext<controller.KubernetesObject & { status?: object }>;
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const own = controller.createController<controller.KubernetesObject & { status?: object }>({
    kind,
    namespaces: ['default'],
    transport: fake,
    clock,
    async reconcile(_object, given) {
      context = given;
      await isOver;
    },
  });
  beforeAll(async () => {
    const started = own.start();
    await clock.advance(1000);
    await started;
  });
  afterAll(async () => {
    end();
    await own.stop();
  });
  const of =
    (method: 'get' | 'list' | 'patchStatus' | 'apply' | 'event'): Call =>
    (...given) =>
      (context[method] as Call)(...given);
  const client =
    (method: keyof controller.ObjectClient): Call =>
    (...given) =>
      (context.client[method] as Call)(...given);
  const other = { version: 'v1', kind: 'Secret' };
  check([
    ['get', of('get'), { ...id, metadataOnly: false }, { signal }],
    ['get of what is not held', of('get'), { ...id, ...other }, { signal, unavailable: 'wait' }],
    ['list', of('list'), { ...kind, namespace: 'default', selector: 'a' }, { signal }],
    [
      'list of what is not held',
      of('list'),
      { ...other, selector: 'a' },
      { signal, unavailable: 'wait' },
    ],
    ['patchStatus', of('patchStatus'), { a: 1 }],
    ['apply', of('apply'), object, { owned: false, force: false }],
    [
      'apply of what is owned',
      (ownerReferences: never) =>
        context.apply(
          { ...object, metadata: { name: 'b', namespace: 'default', ownerReferences } },
          { owned: true },
        ),
      [],
    ],
    ['event', of('event'), 'Normal', 'Reason', 'note', { action: 'a', related: id }],
    ['enqueue', (given: never) => own.enqueue(given), id],
    ...clientCalls(
      'client',
      Object.fromEntries(
        ['get', 'create', 'update', 'patch', 'apply', 'delete'].map((name) => [
          name,
          client(name as never),
        ]),
      ) as never,
      {},
    ),
  ]);
});

describe('of dynamic-watcher', () => {
  const watcher = createDynamicWatcher({
    transport: fake,
    clock,
    enableCache: true,
    reconciler() {},
  });
  beforeAll(() => watcher.start());
  afterAll(() => watcher.stop());
  const of =
    (method: keyof typeof watcher): Call =>
    (...given) =>
      (watcher[method] as Call)(...given);
  const batched: Call = (...given) =>
    watcher.queryBatch(id, async (batch) => {
      await (batch.get as Call)(...given);
    });
  const starting = async (given: never): Promise<void> => {
    await using one = createDynamicWatcher({ transport: fake, clock, reconciler() {} });
    await one.start(given);
  };
  const options = { signal, unavailable: 'wait', select: () => 1 };
  check([
    ['start', starting, { signal }],
    ['addWatcher', of('addWatcher'), id, id, options],
    ['addOrUpdateWatcher', of('addOrUpdateWatcher'), id, [id], options],
    ['addMapping', of('addMapping'), id, kind, () => [], { signal, unavailable: 'wait' }],
    ['removeWatcher', of('removeWatcher'), id, { abortBatch: true }],
    ['enqueue', of('enqueue'), id, { afterMs: 1 }],
    ['get of a batch', batched, id, { signal, unavailable: 'wait' }],
    ['getFromCache', of('getFromCache'), id],
    ['listFromCache', of('listFromCache'), kind],
    ['listWatchedFromCache', of('listWatchedFromCache'), id],
    ['shownBy', of('shownBy'), id],
    ['statusOf', of('statusOf'), id],
    ['relist', of('relist'), id],
    ['gvkToGvr', of('gvkToGvr'), kind],
    [
      'caughtUp',
      of('caughtUp'),
      { ...object, metadata: { ...metadata, resourceVersion: '1' } },
      { signal },
    ],
  ]);
});

describe('of replicas', () => {
  const options = {
    ...{ client: fake, clock, namespace: 'default', name: 'r', identity: 'me', mode: 'shards' },
    ...{ leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
    ...{ logger: undefined, metrics: undefined },
  };
  const fence = { ownership: { owns: () => true }, signal };
  check([
    ['createReplicas', replicas.createReplicas, options],
    ['fencedClient', replicas.fencedClient, fake, fence],
    ...clientCalls('fencedClient', replicas.fencedClient(fake, fence), { fieldManager: 'me' }),
  ]);
});

describe('of reloader', () => {
  const options = {
    ...{ transport: fake, clock, namespaces: ['default'], all: false, dryRun: false, settleMs: 1 },
    ...{ minIntervalMs: 1, ownership: undefined, logger: undefined },
  };
  check([['createReloader', reloader.createReloader, options]]);
});

describe('of k8s-transport', () => {
  const watch = async (...given: never[]): Promise<void> => {
    for await (const _ of (http.watch as Call)(...given) as AsyncIterable<unknown>) return;
  };
  const listing = { signal, limit: 1, continue: 'a', resourceVersion: '1' };
  const watching = {
    signal,
    resourceVersion: '1',
    initialEvents: false,
    timeoutMs: 1,
    wanted: () => true,
  };
  const wanted = { ...query, namespace: 'default', name: 'a', selector: 'a', metadataOnly: false };
  check([
    [
      'createK8sTransport',
      transport.createK8sTransport,
      {
        kubeConfig,
        requestTimeoutMs: 1,
        maxLineBytes: 1,
        maxListBytes: 1,
        pingIntervalMs: 1,
        pingTimeoutMs: 1,
        userAgent: 'a',
        logger: undefined,
        metrics: undefined,
        clock,
      },
    ],
    ['discover', http.discover, kind, { signal }],
    ['list', http.list, wanted, listing],
    ['list of a resource', (gvr: never) => http.list({ ...query, gvr }, {}), query.gvr],
    ['watch', watch, wanted, watching],
    ['watch of a kind', (gvk: never) => watch({ ...query, gvk } as never, {} as never), kind],
    ['loadKubeConfig', transport.loadKubeConfig, { file: '/nowhere', context: 'a' }],
    ['inClusterConfig', transport.inClusterConfig],
    ...clientCalls('client', http, { fieldManager: 'me' }),
  ]);
});

describe('of queue', () => {
  const rateLimiter = new queue.BucketRateLimiter({ clock });
  const options = {
    ...{
      clock,
      rateLimiter,
      keyOf: undefined,
      merge: undefined,
      onQueued: undefined,
      metrics: undefined,
    },
    ...{ name: 'a', minIntervalMs: 0, settleMs: 0, maxLength: 10 },
  };
  const of = queue.createWorkQueue<unknown>({ clock, rateLimiter });
  afterAll(() => of.shutdownNow());
  check([
    ['createWorkQueue', queue.createWorkQueue, options],
    ['add', of.add.bind(of), 'a'],
    ['addAfter', of.addAfter.bind(of), 'a', 5],
    ['addRateLimited', of.addRateLimited.bind(of), 'a'],
    [
      'BucketRateLimiter',
      (given: never) => new queue.BucketRateLimiter(given),
      { clock, perSecond: 1, burst: 1 },
    ],
    [
      'ItemExponentialFailureRateLimiter',
      (given: never) => new queue.ItemExponentialFailureRateLimiter(given),
      { baseDelayMs: 1, maxDelayMs: 1, keyOf: undefined },
    ],
    ['MaxOfRateLimiter', (given: never) => new queue.MaxOfRateLimiter(given), [rateLimiter]],
    [
      'defaultControllerRateLimiter',
      queue.defaultControllerRateLimiter,
      { clock, keyOf: undefined },
    ],
  ]);
});

describe('of cache', () => {
  const options = {
    transport: fake,
    clock,
    gvkToGvrTtlMs: 1,
    missingApiResourceTtlMs: 1,
    max: 1,
    unsafeDisableDeepCopy: false,
  };
  const of = cache.createObjectCache({ transport: fake, clock });
  check([
    ['createObjectCache', cache.createObjectCache, options],
    ['createGvrCache', cache.createGvrCache, options],
    ['get', of.get, id],
    ['list', of.list, kind],
    ['fromObjectIdentifier', of.fromObjectIdentifier, id],
    ['cacheObject', of.cacheObject, id, object],
    ['cacheList', of.cacheList, kind, [object]],
    ['cacheList of an object', (one: never) => of.cacheList(kind, [one]), object],
    ['cacheFromObjectIdentifier', of.cacheFromObjectIdentifier, id, [object]],
    ['uncacheObject', of.uncacheObject, id],
    ['gvkToGvr', of.gvkToGvr, kind, { signal }],
  ]);
});

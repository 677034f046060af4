import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { createController, type ControllerContext, type KubernetesObject } from '../src/index.ts';
import {
  configMap,
  configMapId,
  startBench,
  widget,
  widgetDefinition,
  widgetId,
  widgetKind,
  type ConfigMap,
} from './harness.ts';

describe('the own kind', () => {
  test('is watched by one list, whose objects are reconciled at the start and when they change', async () => {
    await using bench = await startBench({}, [widget('a'), widget('b')]);
    const { fake, calls, controller } = bench;
    expect(calls).toEqual(['a', 'b']);
    fake.put(widget('c'));
    fake.put(widget('a', { size: 1 }));
    await bench.settle();
    expect(calls.slice(2)).toEqual(['c', 'a']);
    expect(controller.watcher.getWatchCount()).toBe(1);
    expect(fake.openWatches).toHaveLength(1);
  });

  test('is that of the given namespaces and selector alone', async () => {
    const labelled = (name: string, labels: Record<string, string>, namespace: string) => {
      const { metadata, ...rest } = widget(name, {}, namespace);
      return { ...rest, metadata: { ...metadata, labels } };
    };
    await using bench = await startBench({ namespaces: ['one', 'two'], selector: 'of=us' }, [
      labelled('a', { of: 'us' }, 'one'),
      labelled('b', { of: 'them' }, 'one'),
      labelled('c', { of: 'us' }, 'two'),
      labelled('d', { of: 'us' }, 'three'),
    ]);
    const { fake, calls } = bench;
    expect(calls).toEqual(['a', 'c']);
    expect(fake.openWatches).toHaveLength(2);
    fake.put(labelled('a', { of: 'them' }, 'one'));
    await bench.settle();
    expect(calls.slice(2)).toEqual(['removed a']);
  });

  test('is all of it where it has no namespaces, whatever namespaces are given', async () => {
    const node = (name: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
    await using bench = await startBench(
      { kind: { version: 'v1', kind: 'Node' }, namespaces: ['one', 'two'] },
      [node('a')],
    );
    const { fake, calls, controller } = bench;
    await controller.ready;
    fake.put(node('b'));
    await bench.settle();
    fake.remove({ version: 'v1', kind: 'Node', name: 'a' });
    await bench.settle();
    expect(calls).toEqual(['a', 'b', 'removed a']);
    expect(fake.openWatches).toHaveLength(1);
  });

  test('may come back with another scope, by which its objects are reconciled', async () => {
    const { metadata, spec } = widgetDefinition;
    await using bench = await startBench({}, [widget('a')]);
    const { fake, calls, controller } = bench;
    fake.remove({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      name: metadata.name,
    });
    await bench.settle(60_000);
    expect(calls).toEqual(['a', 'removed a']);
    fake.put({ ...widgetDefinition, spec: { ...spec, scope: 'Cluster' } });
    fake.put({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } });
    await bench.settle(60_000);
    fake.put({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a', labels: { changed: 'yes' } },
    });
    await bench.settle(1000);
    expect(calls.slice(2)).toEqual(['a', 'a']);
    expect(controller.watcher.graph().watchers).toHaveLength(1);
  });

  test('may be installed later, go, and come back', async () => {
    const fake = createFakeTransport();
    await using bench = await startBench({}, [], fake);
    const { calls, controller } = bench;
    let isReady = false;
    void controller.ready.then(() => (isReady = true));
    await bench.settle(3_600_000);
    expect(isReady).toBe(false);
    fake.put(widgetDefinition);
    fake.put(widget('a'));
    await bench.settle(2000);
    expect(calls).toEqual(['a']);
    expect(isReady).toBe(true);
    fake.remove(widgetDefinition);
    await bench.settle(60_000);
    expect(calls.slice(1)).toEqual(['removed a']);
    fake.put(widgetDefinition);
    fake.put(widget('b'));
    await bench.settle(60_000);
    expect(calls.slice(2)).toEqual(['b']);
  });

  test('what went while it could not be seen is removed when it can be seen again', async () => {
    await using bench = await startBench({ authGraceMs: 1000 }, [widget('a'), widget('b')]);
    const { fake, calls } = bench;
    const allow = fake.deny({ resource: 'widgets' });
    fake.breakWatches();
    await bench.settle(60_000);
    fake.remove(widgetId('b'));
    calls.length = 0;
    allow();
    await bench.settle(600_000);
    expect(new Set(calls)).toEqual(new Set(['a', 'removed b']));
  });
});

describe('what a reconcile reads', () => {
  test('wakes it from then on, and no longer once another reconcile has read something else', async () => {
    await using bench = await startBench(
      {
        async reconcile({ spec }, { get }) {
          await get(configMapId(spec!.config!));
        },
      },
      [widget('a', { config: 'one' }), configMap('one'), configMap('two')],
    );
    const { fake, calls } = bench;
    fake.put(configMap('one', { x: '1' }));
    await bench.settle();
    expect(calls).toEqual(['a', 'a']);
    fake.put(widget('a', { config: 'two' }));
    await bench.settle(100);
    calls.length = 0;
    fake.put(configMap('one', { x: '2' }));
    await bench.settle();
    expect(calls).toEqual([]);
    fake.put(configMap('two', { x: '1' }));
    await bench.settle();
    expect(calls).toEqual(['a']);
  });

  test('wakes it, too, when the reconcile fails that has read it', async () => {
    let failing = true;
    await using bench = await startBench(
      {
        async reconcile(_object, { get }) {
          const config = await get<ConfigMap>(configMapId('one'));
          if (!config && failing) throw new Error('of the caller');
        },
      },
      [widget('a')],
    );
    const { fake, calls } = bench;
    await bench.settle(3_600_000);
    failing = false;
    calls.length = 0;
    fake.put(configMap('one'));
    await bench.settle();
    expect(calls).toEqual(['a']);
  });

  test('comes from the own list where it is of the own kind, and wakes the reader of it alone', async () => {
    const read: unknown[] = [];
    await using bench = await startBench(
      {
        async reconcile({ metadata }, { get, list }) {
          if (metadata!.name === 'reader') {
            read.push((await get<KubernetesObject>(widgetId('other')))?.metadata?.name);
            read.push((await get(widgetId('none'))) === undefined);
          }
          if (metadata!.name === 'lister') {
            read.push((await list({ ...widgetKind, namespace: 'default', selector: 'x' })).length);
          }
        },
      },
      [widget('reader'), widget('lister'), widget('other')],
    );
    const { fake, calls, controller } = bench;
    expect(read).toEqual([0, 'other', true]);
    expect(controller.watcher.getWatchCount()).toBe(1);
    calls.length = 0;
    fake.put(widget('other', { size: 2 }));
    await bench.settle();
    expect(calls).toEqual(['other', 'reader']);
    calls.length = 0;
    fake.put(widget('none'));
    await bench.settle();
    expect(calls).toEqual(['none', 'reader']);
    calls.length = 0;
    const { metadata, ...rest } = widget('other', { size: 2 });
    fake.put({ ...rest, metadata: { ...metadata, labels: { x: '' } } });
    await bench.settle();
    expect(calls).toEqual(['other', 'reader', 'lister']);
  });

  test('from a held list is refused where one of a watch would be', async () => {
    const refused: string[] = [];
    await using bench = await startBench(
      {
        async reconcile(_object, { get, list }) {
          for (const namespace of ['a/b', 'a%2Fb', '..', '\ud800']) {
            for (const read of [get(widgetId('a', namespace)), list({ ...widgetKind, namespace })])
              await read.catch((error: Error) => refused.push(error.message.slice(0, 10)));
          }
        },
      },
      [widget('a')],
    );
    expect(bench.calls).toEqual(['a']);
    expect(refused).toEqual(Array.from({ length: 8 }, () => 'namespace:'));
  });

  test('that is not to be had is said to be so, and wakes it when it comes', async () => {
    const gadget = { group: 'example.com', version: 'v1', kind: 'Gadget' };
    const missing: unknown[] = [];
    await using bench = await startBench(
      {
        async reconcile(_object, context) {
          await context.list(gadget);
          missing.push(context.unavailable.map(({ watched, state }) => [watched.kind, state]));
        },
      },
      [widget('a')],
    );
    const { fake, calls } = bench;
    expect(missing).toEqual([[['Gadget', 'pending']]]);
    const { spec, ...definition } = widgetDefinition;
    const names = { plural: 'gadgets', kind: 'Gadget' };
    fake.put({
      ...definition,
      metadata: { name: 'gadgets.example.com' },
      spec: { ...spec, names },
    } as object);
    await bench.settle(5000);
    expect(calls).toEqual(['a', 'a']);
    expect(missing[1]).toEqual([]);
  });
});

describe('a context', () => {
  const gadget = { group: 'example.com', version: 'v1', kind: 'Gadget' };

  test('can be taken apart before anything is read', async () => {
    const seen: unknown[] = [];
    await using bench = await startBench(
      {
        async reconcile(_object, { unavailable, client, get, list }) {
          await get(configMapId('none'));
          seen.push(unavailable.length);
          await Promise.all([
            list(gadget),
            list(gadget),
            get({ ...gadget, name: 'x', namespace: 'default' }),
          ]);
          seen.push(unavailable.map(({ watched, state }) => [watched.kind, watched.name, state]));
          seen.push((await client.get(widgetId('a')))?.metadata?.name);
        },
      },
      [widget('a')],
    );
    expect(bench.calls).toEqual(['a']);
    const pending = [
      ['Gadget', undefined, 'pending'],
      ['Gadget', 'x', 'pending'],
    ];
    expect(seen).toEqual([0, pending, 'a']);
  });

  test('can be copied with more in it', async () => {
    const seen: unknown[] = [];
    const work = async (context: ControllerContext & { more: number }): Promise<void> => {
      await context.list(gadget);
      const read = await context.client.get(widgetId('a'));
      seen.push(context.unavailable.length, context.more, read?.metadata?.name);
      seen.push(context.signal.aborted, context.attempt, context.causes[0]?.type);
    };
    await using bench = await startBench(
      { reconcile: (_object, context) => work({ ...context, more: 1 }) },
      [widget('a')],
    );
    expect(bench.calls).toEqual(['a']);
    expect(seen).toEqual([1, 1, 'a', false, 1, 'initial']);
  });

  test('forgets that something is missing when a later read of it finds it', async () => {
    const seen: number[] = [];
    const went = Promise.withResolvers<void>();
    const came = Promise.withResolvers<void>();
    await using bench = await startBench(
      {
        async reconcile(_object, { list, unavailable }) {
          await list(gadget);
          seen.push(unavailable.length);
          went.resolve();
          await came.promise;
          await list(gadget);
          seen.push(unavailable.length);
        },
      },
      [widget('a')],
    );
    const { fake } = bench;
    await went.promise;
    const { spec, ...definition } = widgetDefinition;
    const names = { plural: 'gadgets', kind: 'Gadget' };
    const metadata = { name: 'gadgets.example.com' };
    fake.put({ ...definition, metadata, spec: { ...spec, names } } as object);
    await bench.settle(5000);
    came.resolve();
    await bench.settle(5000);
    expect(seen.slice(0, 2)).toEqual([1, 0]);
  });
});

describe('an object that is being deleted', () => {
  test('is not reconciled, and reads nothing any more', async () => {
    await using bench = await startBench(
      { reconcile: async (_object, { get }) => void (await get(configMapId('one'))) },
      [configMap('one')],
    );
    const { fake, calls, controller } = bench;
    const { metadata, ...rest } = widget('a');
    await fake.create({ ...rest, metadata: { ...metadata, finalizers: ['example.com/other'] } });
    await bench.settle(100);
    expect(controller.watcher.getWatchCount()).toBe(2);
    await fake.delete(widgetId('a'));
    await bench.settle(100);
    expect(calls).toEqual(['a']);
    expect(controller.watcher.getWatchCount()).toBe(1);
    await fake.patch(widgetId('a'), { metadata: { finalizers: [] } });
    await bench.settle(100);
    expect(calls).toEqual(['a', 'removed a']);
  });

  test('is not reconciled by what was to come again, or to be tried again', async () => {
    await using bench = await startBench(
      {
        reconcile({ metadata }) {
          if (metadata!.name === 'fails') throw new Error('of the caller');
          return { requeueAfterMs: 5000 };
        },
      },
      [widget('fails'), widget('returns')],
    );
    for (const name of ['fails', 'returns']) bench.fake.remove(widgetId(name));
    await bench.settle(1000);
    bench.calls.length = 0;
    await bench.settle(600_000);
    expect(bench.calls).toEqual([]);
    expect(bench.controller.watcher.reconcileStatus()).toEqual([]);
  });

  test('and made anew is removed, then reconciled', async () => {
    await using bench = await startBench({}, [widget('a')]);
    const { fake, calls } = bench;
    fake.remove(widgetId('a'));
    fake.put(widget('a'));
    await bench.settle();
    expect(calls).toEqual(['a', 'removed a', 'a']);
  });
});

describe('removed', () => {
  test('that always fails holds up no object of the same name, and is tried before each of its reconciles', async () => {
    const sizes: unknown[] = [];
    await using bench = await startBench(
      {
        async reconcile({ spec }, { get }) {
          sizes.push(spec?.size);
          await get(configMapId('config'));
        },
        async removed(_id, { get }) {
          await get(configMapId('other'));
          throw new Error('never');
        },
      },
      [widget('a', { size: 1 })],
    );
    const { fake, calls } = bench;
    fake.remove(widgetId('a'));
    await bench.settle(30_000);
    fake.put(widget('a', { size: 2 }));
    await bench.settle(10);
    expect(sizes).toEqual([1, 2]);
    expect(calls.slice(-2)).toEqual(['removed a', 'a']);
    fake.put(widget('a', { size: 3 }));
    await bench.settle(10);
    expect(sizes).toEqual([1, 2, 3]);
    // What the failed one has read wakes nobody; what the object has read does.
    const before = calls.length;
    fake.put(configMap('other'));
    await bench.settle(10);
    expect(calls.length).toBe(before);
    fake.put(configMap('config'));
    await bench.settle(10);
    expect(sizes).toEqual([1, 2, 3, 3]);
    expect(bench.controller.watcher.getWatchCount()).toBe(2);
  });

  test('is told of once, when it no longer fails, whoever has come and gone meanwhile', async () => {
    let fails = true;
    await using bench = await startBench(
      {
        removed() {
          if (fails) throw new Error('not yet');
        },
      },
      [widget('a')],
    );
    const { fake, calls } = bench;
    fake.remove(widgetId('a'));
    fake.put(widget('a'));
    await bench.settle(10);
    fake.remove(widgetId('a'));
    await bench.settle(10_000);
    fails = false;
    await bench.settle(60_000);
    const told = calls.length;
    expect(calls.at(-1)).toBe('removed a');
    fake.put(widget('a'));
    await bench.settle(600_000);
    expect(calls.slice(told)).toEqual(['a']);
  });

  test('is tried again, too, when the list could not be seen meanwhile', async () => {
    let fails = true;
    await using bench = await startBench(
      {
        removed() {
          if (fails) throw new Error('not yet');
        },
      },
      [widget('a'), widget('b')],
    );
    const { fake, calls } = bench;
    fake.remove(widgetId('a'));
    await bench.settle(10);
    expect(calls).toContain('removed a');
    fake.remove({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      name: 'widgets.example.com',
    });
    await bench.settle(100_000);
    fails = false;
    calls.length = 0;
    fake.put(widgetDefinition);
    await bench.settle(100_000);
    expect(calls).toContain('removed a');
  });

  test('is called again where it fails, and what it reads wakes nobody', async () => {
    let failures = 2;
    await using bench = await startBench(
      {
        async removed(_id, { get }) {
          await get(configMapId('one'));
          failures -= 1;
          if (failures >= 0) throw new Error('of the caller');
        },
      },
      [widget('a'), configMap('one')],
    );
    const { fake, calls, controller } = bench;
    fake.remove(widgetId('a'));
    await bench.settle(1000);
    expect(calls).toEqual(['a', 'removed a', 'removed a', 'removed a']);
    fake.put(configMap('one', { x: '1' }));
    await bench.settle(1000);
    expect(calls).toHaveLength(4);
    expect(controller.watcher.getWatchCount()).toBe(1);
    expect(controller.watcher.graph().watchers).toHaveLength(1);
  });
});

describe('wakeOn', () => {
  const changes = async (bench: Awaited<ReturnType<typeof startBench>>) => {
    const { fake, calls } = bench;
    const woken: string[] = [];
    const change = async (what: string, patch: object, subresource?: string): Promise<void> => {
      calls.length = 0;
      await fake.patch(widgetId('a'), patch, { ...(subresource && { subresource }) });
      await bench.settle();
      if (calls.length > 0) woken.push(what);
    };
    await change('status', { status: { size: 1 } }, 'status');
    await change('spec', { spec: { size: 1 } });
    await change('label', { metadata: { labels: { x: '1' } } });
    await change('annotation', { metadata: { annotations: { x: '1' } } });
    await change('finalizer', { metadata: { finalizers: ['example.com/other'] } });
    calls.length = 0;
    return woken;
  };

  test('leaves out the status by default', async () => {
    await using bench = await startBench({}, [widget('a')]);
    expect(await changes(bench)).toEqual(['spec', 'label', 'annotation', 'finalizer']);
  });

  test('may be any change', async () => {
    await using bench = await startBench({ wakeOn: 'any' }, [widget('a')]);
    expect(await changes(bench)).toEqual(['status', 'spec', 'label', 'annotation', 'finalizer']);
  });

  test('may be what a function returns; one that throws wakes', async () => {
    await using some = await startBench({ wakeOn: ({ spec }) => spec?.size }, [widget('a')]);
    expect(await changes(some)).toEqual(['spec']);
    const wakeOn = (): never => {
      throw new Error('of the caller');
    };
    await using all = await startBench({ wakeOn }, [widget('a')]);
    expect(await changes(all)).toHaveLength(5);
  });

  test('is any change of an object without a generation', async () => {
    const fake = createFakeTransport({ objects: [configMap('a', { x: '1' })] });
    const calls: string[] = [];
    await using controller = createController<ConfigMap>({
      kind: { version: 'v1', kind: 'ConfigMap' },
      transport: fake,
      clock: fake.clock,
      reconcile: ({ data }) => void calls.push(data['x']!),
    });
    void controller.start();
    await fake.clock.advance(1000);
    fake.put(configMap('a', { x: '2' }));
    await fake.clock.advance(1);
    expect(calls).toEqual(['1', '2']);
  });
});

describe('ready', () => {
  test('comes when each object of the first list was reconciled, or has failed', async () => {
    const gate = Promise.withResolvers<void>();
    await using bench = await startBench(
      {
        async reconcile({ metadata }) {
          if (metadata!.name === 'b') await gate.promise;
          if (metadata!.name === 'a') throw new Error('of the caller');
        },
      },
      [widget('a'), widget('b')],
    );
    let isReady = false;
    void bench.controller.ready.then(() => (isReady = true));
    await bench.settle(1000);
    expect(isReady).toBe(false);
    gate.resolve();
    await bench.settle();
    expect(isReady).toBe(true);
  });

  test('comes at once where there is nothing, and not at all once it is stopped', async () => {
    await using bench = await startBench();
    await bench.controller.ready;
    const aborted = createController({
      kind: widgetKind,
      transport: bench.fake,
      reconcile: () => {},
    });
    await expect(aborted.start({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    await expect(aborted.ready).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
    const stopped = createController({ kind: widgetKind, reconcile: () => {} });
    await stopped.stop();
    await expect(stopped.ready).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
  });
});

describe('start', () => {
  test('says nothing of an API server that can not be reached, which its watches say once', async () => {
    const fake = createFakeTransport({ objects: [widgetDefinition] });
    fake.down();
    const lines: string[] = [];
    const log = (_fields: object, message: string): void => void lines.push(message);
    await using controller = createController({
      kind: widgetKind,
      transport: fake,
      clock: fake.clock,
      logger: { debug: () => {}, info: log, warn: log, error: log },
      reconcile: () => {},
    });
    const started = controller.start();
    await fake.clock.advance(120_000);
    expect(lines).toEqual([expect.stringContaining('its watches wait until it answers')]);
    fake.up();
    await fake.clock.advance(30_000);
    await started;
    expect(lines).toHaveLength(2);
  });

  test('waits for an API server that can not be reached, and for no longer than until a stop', async () => {
    const fake = createFakeTransport({ objects: [widgetDefinition, widget('a')] });
    fake.down();
    const calls: string[] = [];
    const make = () =>
      createController({
        kind: widgetKind,
        transport: fake,
        clock: fake.clock,
        reconcile: ({ metadata }) => void calls.push(metadata!.name!),
      });
    await using controller = make();
    const started = controller.start();
    await using other = make();
    const aborted = other.start();
    aborted.catch(() => {});
    await fake.clock.advance(120_000);
    await other.stop();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
    fake.up();
    await fake.clock.advance(30_000);
    await started;
    expect(calls).toEqual(['a']);
  });

  test('fails where the kind is not to be had and is not to be waited for, and leaves nothing behind', async () => {
    const fake = createFakeTransport();
    const controller = createController({
      kind: widgetKind,
      transport: fake,
      clock: fake.clock,
      unavailable: 'reject',
      reconcile: () => {},
    });
    const started = controller.start();
    started.catch(() => {});
    await fake.clock.advance(1000);
    await expect(started).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
    await controller.stopped;
    await expect(controller.ready).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
    expect(fake.clock.pending).toBe(0);
    expect(fake.openWatches).toEqual([]);
  });

  test('stops by its signal, and nothing stays behind', async () => {
    const fake = createFakeTransport({ objects: [widgetDefinition, widget('a')] });
    const stop = new AbortController();
    const controller = createController({
      kind: widgetKind,
      transport: fake,
      clock: fake.clock,
      reconcile: () => {},
    });
    void controller.start({ signal: stop.signal });
    await fake.clock.advance(1000);
    stop.abort();
    await controller.stopped;
    expect(fake.openWatches).toEqual([]);
    expect(fake.clock.pending).toBe(0);
  });
});

test('enqueue asks for a reconcile of an own object, and of no other', async () => {
  await using bench = await startBench({}, [widget('a')]);
  const { controller, calls } = bench;
  controller.enqueue(widgetId('a'));
  controller.enqueue(widgetId('none'));
  await bench.settle();
  expect(calls).toEqual(['a', 'a']);
  expect(() => controller.enqueue(configMapId('a'))).toThrow(/Widget/);
  for (const odd of [undefined, null, {}, widgetKind, { ...widgetKind, selector: 'a' }])
    expect(() => controller.enqueue(odd as never)).toThrow(/the name of a Widget/);
});

test('enqueue means the object that it names, also where its kind has no namespaces', async () => {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
  const fake = createFakeTransport({ objects: [node] });
  const running = new Set<string>();
  let isTwice = false;
  let runs = 0;
  await using controller = createController({
    kind: { version: 'v1', kind: 'Node' },
    transport: fake,
    clock: fake.clock,
    maxConcurrentReconciles: 2,
    async reconcile({ metadata }) {
      runs += 1;
      isTwice ||= running.has(metadata!.name!);
      running.add(metadata!.name!);
      await new Promise<void>((resolve) => fake.clock.setTimeout(resolve, 100));
      running.delete(metadata!.name!);
    },
  });
  void controller.start();
  await fake.clock.advance(1000);
  const id = { version: 'v1', kind: 'Node', name: 'n' };
  controller.enqueue(id);
  controller.enqueue({ ...id, group: '', namespace: 'meaningless' });
  await fake.clock.advance(1000);
  expect(runs).toBe(2);
  expect(isTwice).toBe(false);
});

test('what was read goes when a reconcile reads nothing, also after one that failed', async () => {
  let does: 'read' | 'fail' | 'nothing' = 'read';
  await using bench = await startBench(
    {
      wakeOn: 'any',
      async reconcile(_object, { get }) {
        if (does !== 'nothing') await get(configMapId('config'));
        if (does === 'fail') throw new Error('of the caller');
      },
    },
    [widget('a'), configMap('config')],
  );
  const { fake, controller, settle } = bench;
  const again = async (next: typeof does): Promise<void> => {
    does = next;
    controller.enqueue(widgetId('a'));
    await settle();
  };
  expect(fake.openWatches).toHaveLength(2);
  await again('nothing');
  expect(fake.openWatches).toHaveLength(1);
  await again('fail');
  expect(fake.openWatches).toHaveLength(2);
  await again('nothing');
  await settle(1000);
  expect(fake.openWatches).toHaveLength(1);
});

test('a read of code that outlives its reconcile is refused, and watches nothing', async () => {
  let late: (() => Promise<unknown>) | undefined;
  await using bench = await startBench(
    { reconcile: (_object, { get }) => void (late = () => get(configMapId('config'))) },
    [widget('a'), configMap('config')],
  );
  await expect(late!()).rejects.toMatchObject({ code: 'ERR_QUERY_BATCH_NOT_STARTED' });
  expect(bench.fake.openWatches).toHaveLength(1);
});

test('a write of code that outlives its reconcile is refused, and sends nothing', async () => {
  let context: ControllerContext | undefined;
  await using bench = await startBench(
    {
      async reconcile(_object, given) {
        context ??= given;
        if (given === context) await given.client.create(configMap('in-time'));
      },
    },
    [widget('a')],
  );
  const { fake } = bench;
  const { resourceVersion } = fake;
  const { client, apply, patchStatus } = context!;
  for (const write of [
    () => client.create(configMap('late')),
    () => client.patch(configMapId('in-time'), { data: { late: 'yes' } }),
    () => client.delete(configMapId('in-time')),
    () => apply(configMap('late')),
    () => apply(configMap('late'), { owned: true }),
    () => patchStatus({ size: 3 } as object),
  ]) {
    await expect(bench.wait<unknown>(write())).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      message: 'the reconcile is over',
    });
  }
  expect(fake.resourceVersion).toBe(resourceVersion);
});

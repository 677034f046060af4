import { createFakeTransport } from '@depwatch/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createController, run, type Controller, type ControllerTask } from '../src/index.ts';
import { widget, widgetDefinition, widgetKind, type Widget } from './harness.ts';

/** Two controllers on one server, and the order in which they stopped. */
function createTwo(task: Partial<ControllerTask<Widget>> = {}) {
  const fake = createFakeTransport({ objects: [widgetDefinition, widget('a')] });
  const stopped: string[] = [];
  const make = (name: string): Controller => {
    const controller = createController<Widget>({
      kind: widgetKind,
      transport: fake,
      clock: fake.clock,
      fieldManager: name,
      reconcile: () => {},
      ...task,
    });
    void controller.stopped.then(() => stopped.push(name));
    return controller;
  };
  const before = ['SIGTERM', 'SIGINT'].map((name) => process.listenerCount(name));
  onTestFinished(() => {
    expect(['SIGTERM', 'SIGINT'].map((name) => process.listenerCount(name))).toEqual(before);
    expect(fake.openWatches).toEqual([]);
    expect(fake.clock.pending).toBe(0);
  });
  return { fake, stopped, controllers: [make('first'), make('second')] };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s stops the controllers from the last to the first, and the exit code is 0',
  async (signal) => {
    const { fake, stopped, controllers } = createTwo();
    const running = run(controllers);
    expect(running.health()).toMatchObject({ live: true, ready: false });
    await fake.clock.advance(1000);
    expect(running.health()).toEqual({
      live: true,
      ready: true,
      controllers: [
        { running: true, ready: true, behind: [] },
        { running: true, ready: true, behind: [] },
      ],
    });
    process.emit(signal, signal);
    expect(await running.done).toBe(0);
    expect(stopped).toEqual(['second', 'first']);
    expect(running.health().live).toBe(false);
  },
);

test('the signal of the options does so, too, also where it was aborted before', async () => {
  const { fake, controllers } = createTwo();
  const stop = new AbortController();
  const running = run(controllers, { signal: stop.signal });
  await fake.clock.advance(1000);
  stop.abort();
  expect(await running.done).toBe(0);
  const { controllers: others } = createTwo();
  expect(await run(others, { signal: AbortSignal.abort() }).done).toBe(0);
});

test('health says what is behind, and an API server that is away leaves them alive', async () => {
  const { fake, controllers } = createTwo();
  const stop = new AbortController();
  const running = run(controllers, { signal: stop.signal });
  await fake.clock.advance(1000);
  fake.down();
  await fake.clock.advance(60_000);
  const { live, ready, controllers: each } = running.health();
  expect({ live, ready }).toEqual({ live: true, ready: true });
  expect(each[0]!.behind).toMatchObject([{ state: 'retrying', watched: { kind: 'Widget' } }]);
  stop.abort();
  await running.done;
});

test('one that can not be started stops the others, and the exit code is 1', async () => {
  const { fake, controllers } = createTwo();
  const bad = createController({
    kind: { version: 'v1', kind: 'Nothing' },
    transport: fake,
    clock: fake.clock,
    unavailable: 'reject',
    reconcile: () => {},
  });
  const running = run([...controllers, bad]);
  await fake.clock.advance(60_000);
  expect(await running.done).toBe(1);
});

test('one that stops by itself stops the others, and the exit code is 1', async () => {
  const { fake, controllers } = createTwo();
  const running = run(controllers);
  await fake.clock.advance(1000);
  await controllers[0]!.stop();
  expect(await running.done).toBe(1);
});

test('waits for running reconciles, whose signals are aborted', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isAborted = false;
  const { fake, controllers } = createTwo({
    reconcile: async (_object, { signal }) => {
      await promise;
      isAborted = signal.aborted;
    },
  });
  const running = run(controllers);
  await fake.clock.advance(1000);
  let isDone = false;
  void running.done.then(() => (isDone = true));
  process.emit('SIGTERM', 'SIGTERM');
  await fake.clock.advance(1000);
  expect(isDone).toBe(false);
  resolve();
  expect(await running.done).toBe(0);
  expect(isAborted).toBe(true);
});

test.each([undefined, [undefined], [{}]])('%o is refused, and no signal is listened for', (odd) => {
  const { controllers } = createTwo();
  expect(() => run(odd as never)).toThrow(/controllers/);
  expect(() => run([...controllers, ...((odd ?? [null]) as never[])])).toThrow(/controllers/);
});

test('a logger that throws holds up neither a stop nor an end', async () => {
  const fail = (): never => {
    throw new Error('of the logger');
  };
  const logger = { debug: fail, info: fail, warn: fail, error: fail };
  const { fake, controllers } = createTwo();
  const running = run(controllers, { logger });
  await fake.clock.advance(1000);
  process.emit('SIGTERM', 'SIGTERM');
  expect(await running.done).toBe(0);
  const { fake: another, controllers: others } = createTwo();
  const failing = run(others, { logger });
  await another.clock.advance(1000);
  await others[0]!.stop();
  expect(await failing.done).toBe(1);
});

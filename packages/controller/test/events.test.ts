import { describe, expect, test } from 'vitest';
import type { ControllerContext, KubernetesObject } from '../src/index.ts';
import { EventCorrelator } from '../src/events/correlate.ts';
import { eventNamePrefix } from '../src/events/event-recorder.ts';
import { startBench, widget, widgetId, type Widget } from './harness.ts';

const subject = { uid: 'u', type: 'Normal', reason: 'Done', action: 'Do', note: 'it is done' };
const minute = 60_000;

describe('events', () => {
  test('that are the same within six minutes are one, whose count is told ever less often', () => {
    const correlator = new EventCorrelator();
    const steps = Array.from({ length: 20 }, (_, index) =>
      correlator.next(subject, index * minute, `e${index}`),
    );
    expect(steps.flatMap((step) => step ?? [])).toEqual(
      [1, 2, 4, 8, 16].map((count) => ({ name: 'e0', count })),
    );
    expect(correlator.next(subject, 30 * minute, 'anew')).toEqual({ name: 'anew', count: 1 });
  });

  test('of one object are 25 at once, then one in five minutes; other objects have theirs', () => {
    const correlator = new EventCorrelator();
    const tell = (index: number, atMs: number, uid = 'u') =>
      correlator.next({ ...subject, uid, note: `${index}` }, atMs, `e${index}`);
    const first = Array.from({ length: 100 }, (_, index) => tell(index, 0));
    expect(first.filter((step) => step)).toHaveLength(25);
    expect(tell(200, 4 * minute)).toBeUndefined();
    expect(tell(201, 5 * minute)).toBeDefined();
    expect(tell(202, 5 * minute)).toBeUndefined();
    expect(tell(0, 5 * minute, 'other')).toBeDefined();
  });

  test('of ever new objects take a bounded memory', () => {
    const correlator = new EventCorrelator();
    for (let index = 0; index < 10_000; index += 1) {
      expect(correlator.next({ ...subject, uid: `u${index}` }, 0, 'e')).toBeDefined();
    }
    expect(correlator.next({ ...subject, uid: 'u0' }, 0, 'anew')).toEqual({
      name: 'anew',
      count: 1,
    });
  });
});

describe('event', () => {
  const list = async (fake: Awaited<ReturnType<typeof startBench>>['fake']) => {
    const gvr = { group: 'events.k8s.io', version: 'v1', resource: 'events', namespaced: true };
    const gvk = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
    const { items } = await fake.list({ gvk, gvr }, {});
    return items as readonly (KubernetesObject & { [field: string]: unknown })[];
  };
  const telling = (tell: (event: ControllerContext<Widget>['event']) => void) =>
    startBench({ reconcile: (_object, { event }) => tell(event) }, [widget('a')]);

  test('is written as events.k8s.io/v1 has it, about the object', async () => {
    await using bench = await telling((event) =>
      event('Normal', 'Grown', 'it has grown', { action: 'Grow', related: widgetId('b') }),
    );
    const [event] = await list(bench.fake);
    expect(event).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        namespace: 'default',
        name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) as string,
      },
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      type: 'Normal',
      reason: 'Grown',
      action: 'Grow',
      note: 'it has grown',
      reportingController: 'widget-controller',
      reportingInstance: 'widget-controller',
      regarding: { apiVersion: 'example.com/v1', kind: 'Widget', namespace: 'default', name: 'a' },
      related: { apiVersion: 'example.com/v1', kind: 'Widget', namespace: 'default', name: 'b' },
    });
  });

  test('that repeats becomes a series, which outlives what the server forgets', async () => {
    await using bench = await telling((event) => event('Warning', 'Stuck', 'it is stuck'));
    const { fake, controller } = bench;
    const again = async (): Promise<void> => {
      controller.enqueue(widgetId('a'));
      await bench.settle();
    };
    await again();
    expect(await list(fake)).toMatchObject([{ series: { count: 2 } }]);
    const [event] = await list(fake);
    fake.remove(event!);
    await again();
    await again();
    expect(await list(fake)).toMatchObject([{ reason: 'Stuck', series: { count: 4 } }]);
  });

  test('never waits, never fails, and says once that it can not be written', async () => {
    await using bench = await telling((event) => {
      for (let index = 0; index < 2000; index += 1) event('Normal', 'Grown', `by ${index}`);
      event('Normal', 'Long', 'ä'.repeat(5000));
    });
    const { fake, calls, controller, logged } = bench;
    expect(calls).toEqual(['a']);
    expect(await list(fake)).toHaveLength(25);
    const undo = fake.deny({ resource: 'events' });
    fake.put(widget('b'));
    fake.put(widget('c'));
    await bench.settle(1000);
    expect(logged.filter((line) => line.includes('events'))).toHaveLength(1);
    undo();
    fake.hold({ operation: 'create' });
    fake.put(widget('d'));
    await bench.settle(1000);
    expect(calls).toEqual(['a', 'b', 'c', 'd']);
    await controller.stop();
    await controller.stopped;
    expect(fake.clock.pending).toBe(0);
  });

  test('never throws, whatever it is given, nor whatever the logger does', async () => {
    const odd = {
      toString: () => {
        throw new Error('of the caller');
      },
    };
    const fail = (): never => {
      throw new Error('of the logger');
    };
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    await using bench = await startBench(
      {
        logger,
        reconcile(_object, { event }) {
          event('Normal', undefined as never, 'fine');
          event('Normal', 'Odd', odd as never);
          event('Normal', 'Fine', null as never, null as never);
        },
      },
      [widget('a')],
    );
    expect((await list(bench.fake)).map(({ reason }) => reason)).toEqual(['undefined']);
    bench.fake.deny({ resource: 'events' });
    bench.fake.put(widget('b'));
    await bench.settle(1000);
    expect(bench.calls).toEqual(['a', 'b']);
  });

  test('has a note of 1,024 bytes at most, of whole characters', async () => {
    await using bench = await telling((event) => event('Normal', 'Long', '€'.repeat(1000)));
    const [event] = await list(bench.fake);
    const note = event!['note'] as string;
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^€{340}…$/);
  });

  test.each([
    ['w-1.example', 'w-1.example'],
    ['x'.repeat(253), 'x'.repeat(230)],
    [`${'x'.repeat(229)}-y`, 'event'],
    ['system:node', 'event'],
    ['My Role', 'event'],
    ['', 'event'],
  ])('about %s has a name that the server takes', (name, prefix) => {
    expect(eventNamePrefix(name)).toBe(prefix);
  });
});

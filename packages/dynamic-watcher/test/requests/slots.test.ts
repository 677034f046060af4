import { DepwatchError, silentLogger, type TransportFailure } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import type { RequestKind } from '../../src/requests/request-kind.ts';
import { ServerHealth } from '../../src/requests/server-health.ts';
import type { Pass } from '../../src/requests/applicant.ts';
import { Slots } from '../../src/requests/slots.ts';

const failure = (reason: TransportFailure): DepwatchError =>
  new DepwatchError('ERR_TRANSPORT', 'no', { retryable: true, reason });

/** Slots and who was let through, by name; a name begins with its resource's. */
function gate() {
  const clock = createVirtualClock();
  const lines: string[] = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  let isUp = true;
  const health: ServerHealth = new ServerHealth({
    clock,
    logger: silentLogger,
    probe: () => (isUp ? Promise.resolve() : Promise.reject(failure('unreachable'))),
    probeTimeoutMs: 10_000,
    shut: () => slots.shut(),
    opened: () => slots.opened(),
    returned: () => {},
  });
  const slots = new Slots({ clock, health, logger: { ...silentLogger, info: say, warn: say } });
  const out = new Map<string, Pass>();
  const held = new Set<string>();
  const enter = (name: string, kind: RequestKind = 'resume', attempt = 0): Disposable =>
    slots.enter(kind, { version: 'v1', kind: name.split(' ')[0]! }, attempt, {
      go: (pass) => void out.set(name, pass),
      held: () => void held.add(name),
    });
  const many = (resource: string, count: number, kind?: RequestKind): Disposable[] =>
    Array.from({ length: count }, (_, index) => enter(`${resource} ${index}`, kind));
  const outOf = (resource: string): number =>
    [...out.keys()].filter((name) => name.startsWith(`${resource} `)).length;
  const setUp = (value: boolean): void => void (isUp = value);
  return { clock, lines, health, slots, out, held, enter, many, outOf, setUp };
}

describe('Slots', () => {
  test('lets through at once, so many of a kind; the next when one is answered', () => {
    const { out, enter, many } = gate();
    many('Pod', 70);
    enter('Pod list', 'list');
    expect(out.size).toBe(65);
    out.get('Pod 0')!.answered();
    out.get('Pod 0')!.answered();
    // One for the slot, and one since the answer came quickly.
    expect(out.size).toBe(67);
  });

  test('resumes may become 256 while answers come quickly, and 64 again after an outage', async () => {
    const { clock, out, many, outOf, health, setUp } = gate();
    many('Pod', 1000);
    for (let answer = 0; answer < 400; answer += 1) out.get(`Pod ${answer}`)!.answered();
    expect(outOf('Pod') - 400).toBe(256);
    setUp(false);
    health.suspect();
    setUp(true);
    await clock.advance(5000);
    for (let answer = 400; answer < 656; answer += 1) {
      await clock.advance(1);
      out.get(`Pod ${answer}`)!.failed(failure('unreachable'));
      await clock.advance(0);
    }
    expect(outOf('Pod') - 656).toBe(64);
  });

  test('who gives up frees the slot or the place', () => {
    const { out, many } = gate();
    const places = many('Pod', 66);
    places[64]![Symbol.dispose]();
    places[0]![Symbol.dispose]();
    expect([out.has('Pod 64'), out.has('Pod 65')]).toEqual([false, true]);
  });

  test('resources take turns: one with thousands who wait keeps another waiting for one slot', () => {
    const { out, many, enter } = gate();
    many('Pod', 500, 'list');
    enter('Secret 0', 'list');
    out.get('Pod 0')!.answered();
    out.get('Pod 1')!.answered();
    expect(out.has('Secret 0')).toBe(true);
  });

  test('a resource that takes all slots and says nothing gives them to others after a second', async () => {
    const { clock, out, held, many, enter } = gate();
    many('Sick', 300);
    enter('Pod 0');
    expect(out.has('Pod 0')).toBe(false);
    await clock.advance(1000);
    expect(out.has('Pod 0')).toBe(true);
    expect(held.has('Sick 299')).toBe(true);
    const before = out.size;
    await clock.advance(5000);
    expect(out.size).toBe(before);
    out.get('Sick 0')!.answered();
    expect(out.size).toBeGreaterThan(before);
  });

  test.each(['timeout', 'protocol', 'credentials', 'not-kubernetes'] as const)(
    'a resource whose requests fail (%s) has one back-off for all, and one at a time tries',
    async (reason) => {
      const { clock, out, many, outOf, enter, lines, health } = gate();
      many('Sick', 100);
      for (let index = 0; index < 64; index += 1) out.get(`Sick ${index}`)!.failed(failure(reason));
      await clock.advance(0);
      expect(outOf('Sick')).toBe(64);
      enter('Pod 0');
      expect(out.has('Pod 0')).toBe(true);
      const waits: number[] = [];
      for (let trial = 64; trial < 70; trial += 1) {
        const since = clock.now();
        while (outOf('Sick') === trial) await clock.advance(10);
        expect(outOf('Sick')).toBe(trial + 1);
        waits.push(clock.now() - since);
        out.get(`Sick ${trial}`)!.failed(failure(reason));
      }
      expect(waits[0]).toBeGreaterThanOrEqual(400);
      expect(waits[5]).toBeGreaterThanOrEqual(12_000);
      expect(waits[5]).toBeLessThanOrEqual(25_600);
      while (outOf('Sick') === 70) await clock.advance(100);
      out.get('Sick 70')!.answered();
      expect(outOf('Sick')).toBe(100);
      expect(health.state.name).toBe('up');
      expect(lines).toHaveLength(2);
    },
  );

  test('a trial that is given up leaves it to the next', async () => {
    const { clock, out, enter } = gate();
    enter('Sick 0');
    out.get('Sick 0')!.failed(failure('timeout'));
    const trial = enter('Sick 1');
    enter('Sick 2');
    await clock.advance(1000);
    expect([out.has('Sick 1'), out.has('Sick 2')]).toEqual([true, false]);
    trial[Symbol.dispose]();
    expect(out.has('Sick 2')).toBe(true);
  });

  test('where others of the resource are answered, it is the request alone that comes back later', async () => {
    const { clock, out, enter } = gate();
    enter('Pod slow');
    enter('Pod 0');
    out.get('Pod 0')!.answered();
    out.get('Pod slow')!.failed(failure('timeout'));
    enter('Pod 1');
    expect(out.has('Pod 1')).toBe(true);
    enter('Pod slow again', 'resume', 1);
    expect(out.has('Pod slow again')).toBe(false);
    await clock.advance(400);
    expect(out.has('Pod slow again')).toBe(true);
  });

  test('while the server is down nobody goes out, and who waits is told', async () => {
    const { clock, out, held, enter, many, setUp } = gate();
    enter('Pod first');
    setUp(false);
    out.get('Pod first')!.failed(failure('unreachable'));
    many('Pod', 3);
    await clock.advance(60_000);
    expect([...out.keys()]).toEqual(['Pod first']);
    expect([...held]).toEqual(['Pod 0', 'Pod 1', 'Pod 2']);
    setUp(true);
    await clock.advance(5000);
    expect(out.size).toBe(4);
  });

  test('the trouble of a resource is remembered while nobody asks, for a minute', async () => {
    const { clock, out, enter, lines } = gate();
    enter('Sick 0');
    out.get('Sick 0')!.failed(failure('timeout'));
    await clock.advance(30_000);
    enter('Sick 1');
    enter('Sick 2');
    expect([out.has('Sick 1'), out.has('Sick 2')]).toEqual([true, false]);
    out.get('Sick 1')!.failed(failure('timeout'));
    await clock.advance(30_000);
    expect(out.has('Sick 2')).toBe(true);
    out.get('Sick 2')!.failed(failure('timeout'));
    expect(lines).toHaveLength(1);
    await clock.advance(120_000);
    enter('Sick 3');
    enter('Sick 4');
    expect(out.has('Sick 4')).toBe(true);
  });

  test('a stream that outlived the lane it was let out from takes nobody else along', async () => {
    const { clock, out, enter } = gate();
    const stream = enter('Pod stream');
    out.get('Pod stream')!.answered();
    enter('Pod 0')[Symbol.dispose]();
    enter('Pod 1');
    out.get('Pod 1')!.failed(failure('timeout'));
    enter('Pod 2');
    enter('Pod 3');
    await clock.advance(1000);
    expect([out.has('Pod 2'), out.has('Pod 3')]).toEqual([true, false]);
    out.get('Pod stream')!.failed(failure('unreachable'));
    out.get('Pod 2')!.failed(failure('unreachable'));
    stream[Symbol.dispose]();
    await clock.advance(1000);
    expect(out.has('Pod 3')).toBe(true);
  });

  test('a resource in trouble whose requests now break their connections still has its back-off', async () => {
    const { clock, out, outOf, enter } = gate();
    enter('Sick 0');
    out.get('Sick 0')!.failed(failure('timeout'));
    enter('Sick 1');
    enter('Sick 2');
    await clock.advance(1000);
    expect(outOf('Sick')).toBe(2);
    out.get('Sick 1')!.failed(failure('unreachable'));
    enter('Sick 3', 'resume', 1);
    await clock.advance(100);
    expect(outOf('Sick')).toBe(2);
    await clock.advance(2000);
    expect(outOf('Sick')).toBe(3);
  });

  test('keeps nothing of a resource whose requests are over, however they ended', async () => {
    const { clock, slots, out, enter } = gate();
    enter('Pod answered');
    out.get('Pod answered')!.answered();
    expect(slots.lanes).toBe(0);
    enter('Node refused');
    out.get('Node refused')!.failed(new DepwatchError('ERR_FORBIDDEN', 'no'));
    expect(slots.lanes).toBe(0);
    enter('Secret given up')[Symbol.dispose]();
    expect(slots.lanes).toBe(0);
    const place = enter('Event late', 'list', 1);
    expect(slots.lanes).toBe(1);
    place[Symbol.dispose]();
    expect(slots.lanes).toBe(0);
    enter('Lease silent');
    out.get('Lease silent')!.failed(failure('timeout'));
    expect(slots.lanes).toBe(1);
    await clock.advance(120_000);
    expect([slots.lanes, clock.pending]).toEqual([0, 0]);
  });

  test('closed, it lets nobody out and leaves no timer', async () => {
    const { clock, slots, out, many, enter } = gate();
    const places = many('Pod', 100);
    enter('Sick 0', 'list');
    out.get('Sick 0')!.failed(failure('protocol'));
    slots.close();
    for (const place of places) place[Symbol.dispose]();
    enter('Pod more');
    await clock.advance(60_000);
    expect(out.size).toBe(65);
    expect(clock.pending).toBe(0);
  });
});

import { DepwatchError, type TransportFailure } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { ServerHealth } from '../../src/requests/server-health.ts';

const failure = (reason: TransportFailure, code?: number): DepwatchError =>
  new DepwatchError('ERR_TRANSPORT', 'no', {
    retryable: true,
    ...(code === undefined ? { reason } : { status: { code } }),
  });

/** A server's health, whose probes the test answers. */
function patient() {
  const clock = createVirtualClock();
  const lines: string[] = [];
  const events: string[] = [];
  const probes: PromiseWithResolvers<void>[] = [];
  const signals: AbortSignal[] = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  const health = new ServerHealth({
    clock,
    logger: { debug: say, info: say, warn: say, error: say },
    probe: (signal) => {
      const probe = Promise.withResolvers<void>();
      probes.push(probe);
      signals.push(signal);
      return probe.promise;
    },
    probeTimeoutMs: 10_000,
    shut: () => void events.push('shut'),
    opened: () => void events.push('opened'),
    returned: () => void events.push('returned'),
  });
  return { clock, lines, events, probes, signals, health };
}

describe('ServerHealth', () => {
  test('a connection that dies shuts the gate until the server was asked; that is no outage', async () => {
    const { clock, lines, events, probes, health } = patient();
    health.suspect();
    health.suspect();
    expect([health.state.name, health.isOpen, probes.length]).toEqual(['suspect', false, 1]);
    probes[0]!.resolve();
    await clock.advance(0);
    expect(health.state.name).toBe('up');
    expect(events).toEqual(['shut', 'opened']);
    expect(lines).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('a request that goes unanswered makes nobody wait: the server is asked meanwhile', async () => {
    const { clock, events, probes, health } = patient();
    health.doubt();
    expect([health.state.name, health.isOpen]).toEqual(['doubted', true]);
    probes[0]!.resolve();
    await clock.advance(0);
    expect(health.state.name).toBe('up');
    health.doubt();
    probes[1]!.reject(failure('unreachable'));
    await clock.advance(0);
    expect(health.state.name).toBe('down');
    expect(events).toEqual(['shut']);
  });

  test('down, it is asked more and more rarely, up to every 2 s, and every 5 s after a while; then one line each way', async () => {
    const { clock, lines, events, probes, health } = patient();
    health.suspect();
    const askedAt: number[] = [];
    for (let probe = 0; probe < 20; probe += 1) {
      probes[probe]!.reject(failure('unreachable'));
      await clock.advance(0);
      const since = clock.now();
      while (probes.length === probe + 1) await clock.advance(10);
      askedAt.push(clock.now() - since);
    }
    expect(askedAt[0]).toBeGreaterThanOrEqual(200);
    expect(askedAt[0]).toBeLessThanOrEqual(410);
    expect(Math.max(...askedAt.slice(0, 7))).toBeLessThanOrEqual(2010);
    expect(Math.max(...askedAt)).toBeLessThanOrEqual(5010);
    expect(askedAt.at(-1)).toBeGreaterThanOrEqual(2500);
    probes.at(-1)!.resolve();
    await clock.advance(0);
    expect(events).toEqual(['shut', 'opened', 'returned']);
    expect(lines).toEqual([
      'the API server cannot be reached; its watches wait until it answers',
      'the API server answers again',
    ]);
  });

  test('anything at all that comes from the server ends the outage, and the probe', async () => {
    const { clock, signals, health } = patient();
    health.suspect();
    health.heard();
    expect(health.state.name).toBe('up');
    expect(signals[0]!.aborted).toBe(true);
    await clock.advance(60_000);
    expect(health.state.name).toBe('up');
    expect(clock.pending).toBe(0);
  });

  test('after a second without any stream the first that resumes may find another server; less is no reason', async () => {
    const { clock, events, health } = patient();
    health.connected(false);
    health.connected(false);
    health.disconnected();
    await clock.advance(5000);
    health.connected(true);
    health.disconnected();
    health.disconnected();
    await clock.advance(999);
    health.connected(true);
    health.disconnected();
    expect(events).toEqual([]);
    await clock.advance(1000);
    // One that starts anew sees what is there; those that go on from before are still to come.
    health.connected(false);
    expect(events).toEqual([]);
    health.connected(true);
    health.connected(true);
    expect(events).toEqual(['returned']);
  });

  test('a probe that hangs is no answer, and the next one is sent', async () => {
    const { clock, lines, probes, signals, health } = patient();
    health.suspect();
    await clock.advance(10_000);
    expect(health.state.name).toBe('down');
    expect(signals[0]!.aborted).toBe(true);
    expect(lines[0]).toMatch(/does not answer/);
    await clock.advance(400);
    expect(probes).toHaveLength(2);
    // The first one's answer comes late, and counts no more.
    probes[0]!.resolve();
    await clock.advance(0);
    expect(health.state.name).toBe('down');
  });

  test.each([
    ['403', failure('protocol', 403), true],
    ['429', failure('protocol', 429), true],
    ['503', failure('protocol', 503), false],
    ['unreachable', failure('unreachable'), false],
    ['certificate', failure('certificate'), false],
    ['not-kubernetes', failure('not-kubernetes'), false],
    ['credentials', failure('credentials'), true],
    ['protocol', failure('protocol'), true],
    ['an error of another kind', new TypeError('no'), false],
  ])('a probe that fails by %s: there is a server: %s', async (_what, error, isThere) => {
    const { clock, probes, health } = patient();
    health.suspect();
    probes[0]!.reject(error);
    await clock.advance(0);
    expect(health.state.name).toBe(isThere ? 'up' : 'down');
    health.close();
    expect(clock.pending).toBe(0);
  });
});

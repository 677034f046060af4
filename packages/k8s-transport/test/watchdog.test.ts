import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

import { silentLogger, type Clock } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { expect, it, vi } from 'vitest';

import { Watchdog } from '../src/connections/watchdog.ts';

class TestSocket extends EventEmitter {
  bytesRead = 0;
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('destroys a socket that is silent for interval and timeout, and no other', async () => {
  const clock = createVirtualClock();
  const watchdog = new Watchdog({
    clock,
    logger: silentLogger,
    pingIntervalMs: 30_000,
    pingTimeoutMs: 15_000,
  });
  const silent = new TestSocket();
  const alive = new TestSocket();
  const late = new TestSocket();
  for (const socket of [silent, alive, late]) watchdog.guard(socket as unknown as Socket);
  for (let passed = 0; passed < 45_000; passed += 1_000) {
    if (passed % 30_000 === 0) alive.bytesRead += 17;
    if (passed === 20_000) late.bytesRead += 17;
    if (passed === 35_000) expect(silent.destroyed).toBe(false);
    await clock.advance(1_000);
    await turn();
  }
  expect([silent.destroyed, alive.destroyed, late.destroyed]).toEqual([true, false, false]);
  for (let passed = 0; passed < 20_000; passed += 1_000) {
    await clock.advance(1_000);
    await turn();
  }
  expect([alive.destroyed, late.destroyed]).toEqual([false, true]);
  alive.destroy();
  expect(clock.pending).toBe(0);
});

it('says once for an outage that connections are dead, and again for the next one', async () => {
  const clock = createVirtualClock();
  const warn = vi.fn();
  const watchdog = new Watchdog({
    clock,
    logger: { ...silentLogger, warn },
    pingIntervalMs: 30_000,
    pingTimeoutMs: 15_000,
  });
  const guard = (count: number) =>
    Array.from({ length: count }, () => {
      const socket = new TestSocket();
      watchdog.guard(socket as unknown as Socket);
      return socket;
    });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await clock.advance(1_000);
      await turn();
    }
  };
  guard(50);
  await pass(7_000);
  guard(51);
  await pass(60_000);
  expect(warn).toHaveBeenCalledTimes(1);
  const [back] = guard(1);
  back!.bytesRead++;
  await pass(60_000);
  expect(warn).toHaveBeenCalledTimes(2);
  expect(clock.pending).toBe(0);
});

it('looks again after a busy moment', async () => {
  let now = 0;
  let tick = () => {};
  const clock: Clock = {
    now: () => now,
    setTimeout(run) {
      tick = run;
      return { [Symbol.dispose]() {} };
    },
    random: () => 0,
  };
  const watchdog = new Watchdog({
    clock,
    logger: silentLogger,
    pingIntervalMs: 100,
    pingTimeoutMs: 100,
  });
  const socket = new TestSocket();
  watchdog.guard(socket as unknown as Socket);
  now = 100_000;
  tick();
  socket.bytesRead++;
  await turn();
  expect(socket.destroyed).toBe(false);
});

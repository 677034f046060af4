import type { ObjectIdentifier } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { expect, test, vi } from 'vitest';
import { configMap, configMapId, startBench } from '../harness.ts';
import { Moments } from '../../src/reconcile/moments.ts';

const startMoments = () => {
  let time = 0;
  const now = vi.fn(() => time);
  const moments = new Moments({ ...createVirtualClock(), now });
  return { moments, now, pass: (ms: number) => void (time += ms) };
};

test('what is held is one moment, read when somebody looks', () => {
  const { moments, now, pass } = startMoments();
  moments.hold();
  pass(5);
  expect(moments.now()).toBe(5);
  pass(5);
  expect(moments.now()).toBe(5);
  expect(now).toHaveBeenCalledTimes(1);
});

test('to hold it again is another moment', () => {
  const { moments, pass } = startMoments();
  moments.hold();
  moments.now();
  pass(5);
  moments.hold();
  expect(moments.now()).toBe(5);
});

test('it goes on once it is let go', () => {
  const { moments, pass } = startMoments();
  moments.hold();
  moments.now();
  moments.release();
  pass(5);
  expect(moments.now()).toBe(5);
});

test('a burst of reconciles that end at once takes one look at the clock each, and one for all that are queued', async () => {
  const counted: string[] = [];
  const count = (name: string): void => void counted.push(name);
  const metrics = { count, gauge() {}, observe: count };
  await using bench = await startBench({ metrics, reconciler() {} }, [configMap('config')]);
  const { fake, watcher } = bench;
  const config = configMapId('config');
  for (let index = 0; index < 10; index += 1)
    await bench.wait(watcher.addWatcher(configMapId(`app-${index}`), config));
  const now = vi.spyOn(fake.clock, 'now');
  counted.length = 0;
  fake.put(configMap('config', { a: '1' }));
  now.mockClear();
  await bench.settle(0);
  const settled = counted.filter((name) => name === 'controller_runtime_reconcile_time_seconds');
  expect(settled).toHaveLength(10);
  expect(now.mock.calls.length).toBeLessThan(20);
});

test('the time a reconciler takes is its own, and no other’s', async () => {
  const times: number[] = [];
  const observe = (name: string, seconds: number): void => {
    if (name === 'controller_runtime_reconcile_time_seconds') times.push(seconds);
  };
  const metrics = { count() {}, gauge() {}, observe };
  let time = 0;
  const reconciler = ({ name }: ObjectIdentifier): void => void (time += name === 'slow' ? 50 : 1);
  await using bench = await startBench({ metrics, reconciler }, [configMap('config')]);
  const { fake, watcher } = bench;
  const start = fake.clock.now();
  vi.spyOn(fake.clock, 'now').mockImplementation(() => start + time);
  for (const name of ['a', 'slow', 'b'])
    await bench.wait(watcher.addWatcher(configMapId(name), configMapId('config')));
  times.length = 0;
  fake.put(configMap('config', { a: '1' }));
  await bench.settle(0);
  expect(times.map((seconds) => Math.round(seconds * 1000))).toEqual([1, 50, 1]);
});

import { createFakeTransport } from '@depwatch/testing';
import { expect, test, vi } from 'vitest';

import { createPodCounter } from '../src/pod-counter.ts';

const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'web' },
  spec: { selector: { matchLabels: { app: 'web' } } },
};

function pod(name: string) {
  const metadata = { namespace: 'shop', name, labels: { app: 'web' } };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

/** A pod counter at work on a fake transport. */
async function start() {
  const transport = createFakeTransport({ objects: [deployment, pod('a')] });
  const report = vi.fn<(name: string, pods: number) => Promise<void>>().mockResolvedValue();
  const counter = createPodCounter({ transport, clock: transport.clock, report });
  await counter.start();
  await counter.addWatcher(web, web);
  await transport.clock.advance(1);
  return {
    transport,
    report,
    counter,
    [Symbol.asyncDispose]: () => counter[Symbol.asyncDispose](),
  };
}

test('it reports the first count, and each other one', async () => {
  await using bench = await start();
  const { transport, report } = bench;
  expect(report.mock.calls).toEqual([['web', 1]]);

  for (const name of ['b', 'c', 'd']) transport.put(pod(name)); // in one turn: one reconcile
  await transport.clock.advance(1);
  transport.remove(pod('a'));
  await transport.clock.advance(1);
  expect(report.mock.calls).toEqual([
    ['web', 1],
    ['web', 4],
    ['web', 3],
  ]);
});

test('it does not count pods that are being deleted', async () => {
  await using bench = await start();
  const { transport, report } = bench;
  const { metadata, ...rest } = pod('a');
  transport.put({ ...rest, metadata: { ...metadata, finalizers: ['example.com/slow'] } });
  transport.remove(pod('a'));
  await transport.clock.advance(1);
  expect(report.mock.lastCall).toEqual(['web', 0]);
});

test('it does not take Deployments of one name in two namespaces for one', async () => {
  await using bench = await start();
  const { transport, report, counter } = bench;
  const other = { ...web, namespace: 'other' };
  for (const object of [deployment, pod('a')])
    transport.put({ ...object, metadata: { ...object.metadata, namespace: 'other' } });
  await counter.addWatcher(other, other);
  await transport.clock.advance(1);
  expect(report.mock.calls).toEqual([
    ['web', 1],
    ['web', 1],
  ]);
});

test('it counts what the selector selects now, and watches nothing else', async () => {
  await using bench = await start();
  const { transport, report } = bench;
  transport.put({ ...deployment, spec: { selector: { matchLabels: { app: 'shop' } } } });
  await transport.clock.advance(1);
  expect(report.mock.lastCall).toEqual(['web', 0]);
  expect(transport.openWatches.map(({ name, selector }) => name ?? selector)).toEqual([
    'web',
    'app=shop',
  ]);
});

test('a report that fails is tried again, later and later', async () => {
  await using bench = await start();
  const { transport, report } = bench;
  report.mockRejectedValueOnce(new Error('no')).mockRejectedValueOnce(new Error('no'));
  transport.put(pod('b'));
  await transport.clock.advance(1);
  expect(report).toHaveBeenCalledTimes(2);
  await transport.clock.advance(5);
  expect(report).toHaveBeenCalledTimes(3);
  await transport.clock.advance(10);
  expect(report.mock.calls.slice(1)).toEqual([
    ['web', 2],
    ['web', 2],
    ['web', 2],
  ]);
});

test('what happens while the API server is away is reported when it is back', async () => {
  await using bench = await start();
  const { transport, report } = bench;
  transport.down();
  transport.put(pod('b'));
  await transport.clock.advance(60_000);
  expect(report).toHaveBeenCalledTimes(1);
  transport.up();
  await transport.clock.advance(10_000);
  expect(report.mock.calls).toEqual([
    ['web', 1],
    ['web', 2],
  ]);
});

test('an event that is lost with the server’s history is no loss', async () => {
  await using bench = await start();
  const { transport, report } = bench;
  transport.breakWatches();
  transport.remove(pod('a'));
  transport.compact(); // nobody can resume: what was missed shows by comparing lists
  await transport.clock.advance(10_000);
  expect(report.mock.lastCall).toEqual(['web', 0]);
});

test('a right that is taken away is asked for until it is granted again', async () => {
  await using bench = await start();
  const { transport, report, counter } = bench;
  const grant = transport.deny({ resource: 'pods' });
  transport.breakWatches();
  await transport.clock.advance(60_000); // the watch of pods has ended, and the retries are refused
  expect(counter.graph().watched).toEqual([web]);

  grant();
  transport.put(pod('b'));
  await transport.clock.advance(5 * 60_000); // they come at longer and longer intervals
  expect(report.mock.lastCall).toEqual(['web', 2]);
});

test('a stop leaves nothing behind', async () => {
  const { transport, counter } = await start();
  await counter.stop();
  await counter.stopped;
  expect(transport.openWatches).toEqual([]);
  expect(transport.clock.pending).toBe(0);
});

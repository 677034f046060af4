import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { keyOf, type Update } from '../src/protocol.ts';
import { configMap, configMapId, look, serve, startBench, type Looker } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

/** The last state of something that was told. */
function stateOf({ updates }: Looker, key: string): string | undefined {
  return updates.flatMap(({ watched }) => watched).findLast((row) => row.key === key)?.state;
}

describe('updates', () => {
  test('begin with everything there is, and go on with what changes', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    await bench.add(app, config);
    const looker = await bench.look();
    const first = await looker.until(({ more }) => !more);
    expect(first).toMatchObject({
      stopped: false,
      watchers: [{ key: keyOf(app), watches: [keyOf(config)] }],
      watched: [{ key: keyOf(config), state: 'live' }],
      reconciles: [{ watcher: keyOf(app), result: 'success' }],
    });
    bench.fake.breakWatches();
    await bench.fake.clock.advance(1000);
    await looker.until(({ watched }) => watched[0]?.error?.code === 'ERR_TRANSPORT');
    await bench.watcher.removeWatcher(app);
    await bench.fake.clock.advance(1000);
    const gone = await looker.until(({ goneWatchers }) => goneWatchers.length > 0);
    expect(gone).toMatchObject({ goneWatchers: [keyOf(app)], goneWatched: [keyOf(config)] });
  });

  test('come at most four times a second, each with the last state alone', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    await bench.add(app, config);
    const looker = await bench.look();
    await looker.until(({ more }) => !more);
    const before = looker.updates.length;
    for (let turn = 0; turn < 100; turn += 1) {
      bench.watcher.enqueue(app);
      await bench.fake.clock.advance(10);
    }
    await bench.fake.clock.advance(500);
    const rows = (update: Update): number => update.reconciles.length;
    await looker.until(() => looker.updates.reduce((sum, one) => sum + rows(one), 0) === 101);
    expect(looker.updates.length - before).toBeLessThanOrEqual(5);
    for (const { watchers } of looker.updates) expect(watchers.length).toBeLessThanOrEqual(1);
  });

  test('tell of a failing reconciler, and of when it is tried again', async () => {
    await using bench = await startBench();
    bench.reconciler.reconcile = () => {
      throw Object.assign(new Error('no'), { code: 'E_SHOP', secret: 'hunter2' });
    };
    const looker = await bench.look();
    bench.watcher.enqueue(app);
    await bench.fake.clock.advance(1000);
    const { watchers } = await looker.until(({ watchers: [row] }) => row?.failure !== undefined);
    expect(watchers).toMatchObject([
      {
        key: keyOf(app),
        failure: { error: { code: 'E_SHOP', message: 'no' } },
        turn: { queued: false, dueAt: expect.any(Number), causes: [{ type: 'retry' }] },
      },
    ]);
    bench.reconciler.reconcile = () => {};
    await bench.fake.clock.advance(10_000);
    await looker.until(({ goneWatchers }) => goneWatchers.includes(keyOf(app)));
    expect(JSON.stringify(looker.updates)).not.toContain('hunter2');
  });

  test('tell when the time of one has come, also where nothing can run then', async () => {
    await using bench = await startBench();
    const hold = Promise.withResolvers<void>();
    bench.reconciler.reconcile = () => hold.promise;
    bench.watcher.enqueue(configMapId('hangs'));
    bench.watcher.enqueue(app, { afterMs: 5000 });
    await bench.fake.clock.advance(1);
    const looker = await bench.look();
    const turnOf = ({ watchers }: Update) => watchers.find(({ key }) => key === keyOf(app))?.turn;
    await looker.until((update) => turnOf(update)?.dueAt !== undefined);
    await bench.fake.clock.advance(6000);
    await looker.until((update) => turnOf(update)?.queued === true);
    hold.resolve();
  });

  test('tell of no failure of what was removed meanwhile', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const hold = Promise.withResolvers<void>();
    bench.reconciler.reconcile = () => hold.promise;
    const looker = await bench.look();
    await bench.add(app, config);
    await bench.watcher.removeWatcher(app);
    hold.reject(new Error('too late'));
    await bench.fake.clock.advance(1000);
    await looker.until(({ reconciles }) => reconciles.length > 0);
    const { watchers } = JSON.parse((await bench.ask('/?format=json')).text) as Update;
    expect(watchers).toEqual([]);
    expect(looker.updates.at(-1)).toMatchObject({ watchers: [], goneWatchers: [keyOf(app)] });
  });

  test('of ten thousand rows come in parts; who comes late sees what the first one sees', async () => {
    const names = Array.from({ length: 2500 }, (_, index) => `c${index}`);
    await using bench = await startBench(
      {},
      names.map((name) => configMap(name)),
    );
    await Promise.all([
      ...names.map((name) =>
        bench.watcher.addWatcher(configMapId(`app-${name}`), configMapId(name)),
      ),
      bench.fake.clock.advance(5000),
    ]);
    const looker = await bench.look();
    await looker.until(({ more }) => !more);
    expect(looker.updates.length).toBeGreaterThanOrEqual(5);
    expect(Math.max(...looker.updates.map(({ watched }) => watched.length))).toBeLessThanOrEqual(
      1000,
    );
    expect(
      new Set(looker.updates.flatMap(({ watched }) => watched.map(({ key }) => key))).size,
    ).toBe(2500);
    bench.fake.breakWatches();
    await bench.fake.clock.advance(3000);
    const late = await bench.look();
    await late.until(({ more }) => !more);
    await looker.until(() => stateOf(looker, keyOf(configMapId('c7'))) === 'live');
    for (const name of names) expect(stateOf(late, keyOf(configMapId(name)))).toBe('live');
  });

  test('wait for who reads slowly, and what changed meanwhile comes as one', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const names = Array.from({ length: 3000 }, (_, index) => 'x'.repeat(200) + String(index));
    const slow = await bench.look();
    await slow.until(({ more }) => !more);
    slow.response.pause();
    for (let turn = 0; turn < 20; turn += 1) {
      for (const name of names) bench.watcher.enqueue(configMapId(name));
      await bench.fake.clock.advance(1000);
    }
    slow.response.resume();
    const rows = (): number =>
      slow.updates.reduce((sum, { reconciles }) => sum + reconciles.length, 0);
    await slow.until(({ reconciles }) => reconciles.some(({ id }) => id === 60_000));
    // All of them would be sixty thousand.
    expect(rows()).toBeLessThan(20_000);
  });

  test('are for sixteen at a time; nothing is kept for one who left', async () => {
    await using bench = await startBench();
    const lookers = await Promise.all(Array.from({ length: 16 }, () => bench.look()));
    expect((await bench.ask('/?format=events')).status).toBe(503);
    for (const looker of lookers) await looker.leave();
    // The server hears of it a moment later.
    while ((await bench.ask('/?format=events', { method: 'HEAD' })).status !== 200);
    await bench.fake.clock.advance(60_000);
    expect(bench.fake.clock.pending).toBe(0);
  });

  test('are kept for nobody who had left before it was answered', async () => {
    await using bench = await startBench();
    const answered = Promise.withResolvers<void>();
    // What stands in front of the page takes its time.
    await using slow = await serve((request, response) => {
      response.once('close', () => {
        bench.inspector.handler(request, response);
        answered.resolve();
      });
      request.socket.destroy();
    });
    await expect(slow.ask('/?format=events')).rejects.toThrow();
    await answered.promise;
    await bench.fake.clock.advance(60_000);
    expect(bench.fake.clock.pending).toBe(0);
  });

  test('hold up no server that closes once the inspector is closed', async () => {
    await using bench = await startBench();
    const server = createServer(bench.inspector.handler);
    // A connection that might be used again would be waited for so long.
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const lookers = [await look(port), await look(port)];
    lookers[1]!.response.pause();
    const closed = new Promise((resolve) => server.close(resolve));
    bench.inspector.close();
    await closed;
  });

  test('say when it has stopped, and end when the inspector is closed', async () => {
    await using bench = await startBench();
    const looker = await bench.look();
    await bench.watcher.stop();
    await bench.watcher.stopped;
    await bench.fake.clock.advance(1000);
    await looker.until(({ stopped }) => stopped);
    const ended = new Promise((resolve) => looker.response.on('end', resolve));
    bench.inspector.close();
    await ended;
  });

  test('that cannot be made end the page that looks on, and nothing else', async () => {
    let isBroken = false;
    const members = () => {
      if (isBroken) throw new Error('not any more');
      return [];
    };
    await using bench = await startBench({ replicas: { state: 'member', members } });
    const looker = await bench.look();
    await looker.until(({ more }) => !more);
    isBroken = true;
    const closed = new Promise((resolve) => looker.response.on('close', resolve));
    bench.watcher.enqueue(app);
    await bench.fake.clock.advance(1000);
    await closed;
    isBroken = false;
    await (await bench.look()).until(({ reconciles }) => reconciles.length === 1);
  });

  test('tell of replicas', async () => {
    const members = [{ identity: 'pod-a', epoch: 3, since: 0 }];
    await using bench = await startBench({ replicas: { state: 'member', members: () => members } });
    const { replicas } = await (await bench.look()).until(({ more }) => !more);
    expect(replicas).toEqual({ state: 'member', members });
  });
});

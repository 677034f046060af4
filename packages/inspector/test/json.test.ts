import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { JsonReader } from '../src/json.ts';
import { Onlookers } from '../src/onlookers.ts';
import { configMapId, startBench } from './harness.ts';

/** A response to one who takes what is written when `take` is called, and not before. */
function stalled() {
  const held: (() => void)[] = [];
  const response = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void held.push(done),
  });
  return {
    response: Object.assign(response, { writeHead() {} }) as unknown as ServerResponse,
    async take() {
      held.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

const asked = { method: 'GET' } as IncomingMessage;

test('who reads JSON and takes nothing is one of sixteen, and is let go after a minute', async () => {
  await using bench = await startBench();
  const { clock } = bench.fake;
  const onlookers = new Onlookers({
    dynamicWatcher: bench.watcher,
    replicas: undefined,
    clock,
    token: undefined,
    names: [''],
    name: '',
  });
  bench.watcher.enqueue(configMapId('app'), { afterMs: 1_000_000 });
  const responses = Array.from({ length: 16 }, () => stalled().response);
  for (const response of responses) expect(onlookers.sendJson(asked, response, {})).toBe(true);
  expect(onlookers.sendJson(asked, stalled().response, {})).toBe(false);
  // Those who look at the page are others.
  await (await bench.look()).leave();
  await clock.advance(60_000);
  expect(responses.map(({ destroyed }) => destroyed)).not.toContain(true);
  await clock.advance(15_000);
  expect(responses.map(({ destroyed }) => destroyed)).not.toContain(false);
  const last = stalled().response;
  expect(onlookers.sendJson(asked, last, {})).toBe(true);
  onlookers.close();
  // It would hold up a server that waits for it.
  expect(last.destroyed).toBe(true);
});

test('who takes something now and then goes on reading', async () => {
  const { response, take } = stalled();
  const parts = Array.from({ length: 20 }, (_, index) => String(index));
  const reader = new JsonReader(response, parts);
  for (let part = 0; part < parts.length; part += 1) {
    await take();
    for (let silent = 0; silent < 3; silent += 1) reader.keepAlive();
  }
  expect(response.writableFinished).toBe(true);
});

test('who asks for the head alone is told no more, and nothing is kept for who has read', async () => {
  await using bench = await startBench();
  const { status, text } = await bench.ask('/?format=json', { method: 'HEAD' });
  expect([status, text]).toEqual([200, '']);
  await bench.ask('/?format=json');
  await bench.fake.clock.advance(60_000);
  expect(bench.fake.clock.pending).toBe(0);
});

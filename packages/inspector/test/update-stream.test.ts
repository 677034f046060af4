import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Update } from '../src/protocol.ts';
import { UpdateStream } from '../src/update-stream.ts';

const nothing: Update = {
  now: 0,
  stopped: false,
  watchers: [],
  watched: [],
  goneWatchers: [],
  goneWatched: [],
  reconciles: [],
  plans: [],
  more: false,
};

/** A stream to one who takes what is written when `take` is called, and not before. */
function stalled() {
  const held: (() => void)[] = [];
  const response = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void held.push(done),
  });
  const stream = new UpdateStream(response as ServerResponse, { last: 0, update: () => nothing });
  return {
    response,
    stream,
    async take() {
      held.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

test('one who takes nothing for a minute is let go, so that nothing is kept for them', () => {
  const { stream, response } = stalled();
  stream.flush();
  for (let times = 0; times < 4; times += 1) stream.keepAlive();
  expect(response.destroyed).toBe(false);
  stream.keepAlive();
  expect(response.destroyed).toBe(true);
});

test('one who is slow, but takes something now and then, stays', async () => {
  const { stream, response, take } = stalled();
  for (let times = 0; times < 20; times += 1) {
    stream.flush();
    for (let silent = 0; silent < 3; silent += 1) stream.keepAlive();
    await take();
  }
  expect(response.destroyed).toBe(false);
});

test('at its end nobody who takes nothing holds up a server that is to close', () => {
  const { stream, response } = stalled();
  stream.flush();
  stream.end();
  expect(response.destroyed).toBe(true);
});

test('what can not be shown ends the stream, and nothing else', async () => {
  const response = new Writable({ write: (_chunk, _encoding, done) => done() });
  const update = (): Update => {
    throw new Error('not today');
  };
  const stream = new UpdateStream(response as ServerResponse, { last: 0, update });
  stream.flush();
  await new Promise(setImmediate);
  expect(response.destroyed).toBe(true);
});

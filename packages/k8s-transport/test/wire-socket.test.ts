import { setImmediate as nextTurn } from 'node:timers/promises';

import type { KubernetesObject, WatchEvent } from '@depwatch/core';
import { startApiServer } from '@depwatch/testing';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';

import { seed } from '../../../tools/random-tests.ts';
import {
  configMap,
  configMaps,
  eventsOf,
  failureOf,
  opened,
  plainServer,
  transportFor,
} from './helpers.ts';
import { cutAt, eventLines, secret, streamOf } from './hostile-stream.ts';

const ownOfObject = Object.getOwnPropertyNames(Object.prototype);

const hostileKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', '.x', 'a'];
const hostileNames = ['constructor', 'then', 'tostring', 'null', 'length', '0', '1e3', 'in'];
const hostileTexts = [
  'ü€😀',
  '👩‍👩‍👧‍👦',
  '\0\r\n\u2028',
  '{"__proto__":1}\n',
  '日本\\"',
  '\ufeff',
  '\ud800',
];

/** By way of JSON, where `__proto__` is a key as any other. */
function hostile(index: number): KubernetesObject {
  const data = hostileKeys.map(
    (key, at) => `${JSON.stringify(key)}:${JSON.stringify(hostileTexts[(index + at) % 7])}`,
  );
  const name = hostileNames[index] ?? `${hostileNames[index % 8]}-${index}`;
  return JSON.parse(
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}","namespace":"default",
      "labels":{"constructor":"toString"},"annotations":{"constructor":"${index} 😀"}},"data":{${data.join()}}}`,
  ) as KubernetesObject;
}

const nameOf = (object: KubernetesObject): string => object.metadata!.name!;
const byName = (a: string, b: string): number => (a < b ? -1 : 1);
const unmanaged = (object: KubernetesObject): KubernetesObject => {
  const { managedFields: _, ...metadata } = object.metadata as { managedFields?: unknown };
  return { ...object, metadata };
};
const printed = (objects: Iterable<KubernetesObject>): string[] =>
  [...objects].map((object) => JSON.stringify(object)).toSorted(byName);

it('200 hostile objects come whole over HTTP/2, each byte in a frame of its own', async () => {
  const server = await startApiServer();
  onTestFinished(() => server.stop());
  onTestFinished(server.faults.splitBytes(1));
  const transport = transportFor(server.kubeConfig);
  const stored = Array.from({ length: 200 }, (_, index) => server.objects.create(hostile(index)));
  const names = stored.map(nameOf);
  for (const object of stored) expect(JSON.stringify(object)).toContain('"__proto__":');

  const initial = await eventsOf(transport.watch(configMaps, { initialEvents: true }), 201);
  expect(initial.pop()).toMatchObject({ type: 'BOOKMARK', initialEventsEnd: true });
  const objects = new Map<string, KubernetesObject>();
  for (const event of initial)
    if ('object' in event) objects.set(nameOf(event.object), event.object);
  expect(objects.size).toBe(200);
  // Who manages which field is dropped on decoding.
  expect(printed(objects.values())).toEqual(printed(stored.map(unmanaged)));

  // Then the changes, too, each by its own version.
  const { resourceVersion } = server;
  const changes = opened(transport.watch(configMaps, { resourceVersion }));
  const watch = await changes;
  const seen: WatchEvent[] = [];
  for (const name of names.slice(0, 20)) {
    server.objects.apply(configMap(name, { text: `${name} 😀` }));
    server.objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', name });
  }
  while (seen.length < 40) seen.push(...((await watch.next()).value as WatchEvent[]));
  expect(
    seen.map((event) => [event.type, 'object' in event ? nameOf(event.object) : undefined]),
  ).toEqual(
    names.slice(0, 20).flatMap((name) => [
      ['MODIFIED', name],
      ['DELETED', name],
    ]),
  );
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(ownOfObject);
});

it(`the same events come out of a socket however they are written (DEPWATCH_SEED=${seed})`, async () => {
  const bytes = streamOf(eventLines);
  let chunks: readonly Buffer[] = [bytes];
  const server = await plainServer((request, response) => {
    request.socket.setNoDelay(true);
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    void (async () => {
      for (const chunk of chunks) {
        response.write(chunk);
        await nextTurn();
      }
      response.end();
    })();
  });
  const transport = transportFor(server.kubeConfig);
  const read = async () => JSON.stringify(await eventsOf(transport.watch(configMaps, {})));
  const expected = await read();
  expect(JSON.parse(expected)).toHaveLength(eventLines.length);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 30 }), async (places) => {
      chunks = cutAt(bytes, places);
      expect(await read()).toBe(expected);
    }),
    { seed, numRuns: 200 },
  );
});

it.each([
  [
    'a line of 9 MiB',
    `{"type":"ADDED","object":{"data":"${secret}${'x'.repeat(9 * 1024 * 1024)}"}}\n`,
    { code: 'ERR_TRANSPORT', retryable: true },
    /a line of more than 8388608 bytes$/,
  ],
  [
    'a line that is no UTF-8',
    Buffer.from(`{"type":"ADDED","object":{"data":"${secret}\xff"}}\n`, 'latin1'),
    { code: 'ERR_TRANSPORT', retryable: true },
    /a line that is no UTF-8$/,
  ],
  [
    'a line that was cut off',
    `{"type":"ADDED","object":{"data":"${secret}`,
    { code: 'ERR_TRANSPORT', retryable: true },
    /a line that was cut off$/,
  ],
  [
    'an ERROR event',
    `{"type":"ERROR","object":{"code":410,"reason":"Expired","details":{"causes":[null]}}}\n${secret}\n`,
    { code: 'ERR_EXPIRED', retryable: true },
    /410 Expired$/,
  ],
])('%s breaks a watch once, after all that came before it', async (_, bytes, error, message) => {
  const server = await plainServer((__, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(Buffer.concat([streamOf(eventLines), Buffer.from(bytes as string)]));
  });
  const watch = transportFor(server.kubeConfig).watch(configMaps, {});
  const iterator = await opened(watch);
  const events: WatchEvent[] = [];
  const failure = await failureOf(
    (async () => {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) throw new Error('the watch ended without an error');
        events.push(...(value as WatchEvent[]));
      }
    })(),
  );
  expect(events).toHaveLength(eventLines.length);
  expect(failure).toMatchObject(error);
  expect(failure.message).toMatch(message);
  expect(JSON.stringify([failure, failure.message, String(failure.cause)])).not.toContain(secret);
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

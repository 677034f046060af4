import { isDepwatchError, type WatchEvent } from '@depwatch/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { seed } from '../../../tools/random-tests.ts';
import { LineError, NdjsonDecoder } from '../src/answers/ndjson.ts';
import { cutAt, decode, eventLines, nested, printed, secret, streamOf } from './hostile-stream.ts';

/** A failure prints the shrunken case; DEPWATCH_SEED=n replays a run. */
const runs = (numRuns: number) => ({ seed, numRuns });
const mebibyte = 1024 * 1024;
const ownOfObject = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));

/** Whatever goes wrong is one of two errors, and neither tells what was in a line. */
function expectGoodError(error: unknown): void {
  expect(error instanceof LineError || isDepwatchError(error)).toBe(true);
  const { message, stack, cause } = error as Error;
  const told = [message, stack, String(cause), JSON.stringify(error)].join('\n');
  expect(told).not.toContain(secret);
}

/** JSON.stringify would need more stack than there is. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) depth += 1;
  return depth;
}

const stream = streamOf(eventLines);
const whole = decode([stream]);
const places = (bytes: Buffer, maxLength = 40) =>
  fc.array(fc.nat(bytes.length), { maxLength, size: 'max' });

afterEach(() => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(([] as { polluted?: unknown }).polluted).toBeUndefined();
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(ownOfObject);
});

describe(`a hostile stream (DEPWATCH_SEED=${seed})`, () => {
  it('holds what its lines say', () => {
    expect(whole.error).toBeUndefined();
    expect(whole.events.map(({ type }) => type)).toEqual(
      eventLines.map((line) => (JSON.parse(line) as WatchEvent).type),
    );
    const objects = whole.events.map((event) => ('object' in event ? event.object : undefined));
    expect(JSON.stringify(objects[2])).toBe(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"metadata":{"name":"constructor","__proto__":{"polluted":1,"managedFields":[]}},"apiVersion":"v1","kind":"ConfigMap"}',
    );
    expect(Object.getPrototypeOf(objects[2])).toBe(Object.prototype);
    expect(Object.getPrototypeOf(objects[2]!.metadata)).toBe(Object.prototype);
    expect(objects[1]).toMatchObject({
      metadata: { name: 'ü€😀', labels: { 日本: '👩‍👩‍👧‍👦🏳️‍🌈', '😀': '\0' } },
      data: { é: 'e\u0301' },
    });
    expect(objects[5]).toMatchObject({ text: '\r\n \u2028\u2029 \\" {}[]' });
    expect(objects[8]!.metadata).toEqual({ name: 'kept', annotations: { a: 'b' } });
    expect(whole.events[6]).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '14',
      initialEventsEnd: true,
    });
  });

  it(`is the same cut in two at each of its ${stream.length} bytes`, () => {
    const expected = printed(whole);
    for (let place = 0; place <= stream.length; place++) {
      if (printed(decode(cutAt(stream, [place]))) !== expected)
        expect.fail(`differs when it is cut at ${place}`);
    }
  });

  it('is the same cut in many places, and byte by byte', () => {
    const expected = printed(whole);
    fc.assert(
      fc.property(places(stream, 200), (some) => {
        expect(printed(decode(cutAt(stream, some)))).toBe(expected);
      }),
      runs(500),
    );
    expect(printed(decode([...stream].map((byte) => Buffer.of(byte))))).toBe(expected);
  });

  it('is the same with the lines in any order, any number of times', () => {
    const drawn = fc
      .array(fc.nat(eventLines.length - 1), { maxLength: 60 })
      .chain((order) =>
        fc.tuple(fc.constant(order), places(streamOf(order.map((n) => eventLines[n]!)))),
      );
    fc.assert(
      fc.property(drawn, ([order, some]) => {
        const bytes = streamOf(order.map((n) => eventLines[n]!));
        const { events, error } = decode(cutAt(bytes, some));
        expect(error).toBeUndefined();
        expect(JSON.stringify(events)).toBe(JSON.stringify(order.map((n) => whole.events[n])));
      }),
      runs(300),
    );
  });

  it('loses no whole line when it ends too early', () => {
    // Where the text of each line ends, the white space behind it not counted.
    const lineEnds: number[] = [];
    for (const line of eventLines)
      lineEnds.push(stream.indexOf(line, lineEnds.at(-1) ?? 0) + Buffer.byteLength(line.trimEnd()));
    for (let length = 0; length <= stream.length; length++) {
      const { events, error } = decode([stream.subarray(0, length)]);
      const complete = lineEnds.filter((end) => end <= length).length;
      expect(events.length).toBe(complete);
      const rest = stream.toString('latin1', lineEnds[complete - 1] ?? 0, length);
      expect(String(error)).toBe(
        /^\s*$/.test(rest) ? 'undefined' : 'LineError: a line that was cut off',
      );
      if (error !== undefined) expectGoodError(error);
    }
  });

  it('is the same however it is cut when bytes of it are broken, too', () => {
    const breakage = fc.record({
      at: fc.nat(stream.length - 1),
      with: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        fc.constantFrom(
          ...[[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xc0, 0xaf]],
          ...['\n', '\r', '\0', '{', '}', '"', '\\', ',', '[]', '\ufeff'].map((text) => [
            ...Buffer.from(text),
          ]),
        ),
      ),
    });
    let broken = 0;
    fc.assert(
      fc.property(
        fc.array(breakage, { minLength: 1, maxLength: 3 }),
        places(stream),
        (breakages, some) => {
          const bytes = Buffer.from(stream);
          for (const one of breakages)
            bytes.set([...one.with].slice(0, bytes.length - one.at), one.at);
          const expected = decode([bytes]);
          expect(printed(decode(cutAt(bytes, some)))).toBe(printed(expected));
          if (expected.error === undefined) return;
          broken += 1;
          expectGoodError(expected.error);
        },
      ),
      runs(2_000),
    );
    expect(broken).toBeGreaterThan(1_000);
  });
});

describe('a line', () => {
  const event = (text: string) => `{"type":"ADDED","object":${text}}`;

  it('may be nested 5,000 deep', () => {
    const line = event(`{"metadata":{"name":"deep"},"__proto__":${nested(5_000)}}`);
    const bytes = Buffer.from(`${eventLines[0]}\n${line}\n${eventLines[1]}\n`);
    for (let place = 0; place <= bytes.length; place += 7) {
      const { events, error } = decode(cutAt(bytes, [place]));
      expect(error).toBeUndefined();
      expect(events.length).toBe(3);
      const [, deep] = events as unknown as { object: Record<string, unknown> }[];
      expect(depthOf(Object.getOwnPropertyDescriptor(deep!.object, '__proto__')!.value)).toBe(
        5_000,
      );
    }
    const open = Buffer.from(`${'[{"a":'.repeat(5_000)}\n`);
    expect(String(decode([open]).error)).toBe('LineError: a line that is no JSON');
  });

  it('of 9 MiB is refused by the usual limit, wherever it is cut, and taken by a higher one', () => {
    const start = Buffer.from(`${eventLines[0]}\n`);
    const line = event(
      `{"metadata":{"name":"${secret}"},"data":"${'😀'.repeat(9 * (mebibyte / 4))}"}`,
    );
    const bytes = Buffer.concat([start, Buffer.from(`${line}\n${eventLines[1]}\n`)]);
    const every = (size: number) =>
      Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => (index + 1) * size);
    for (const cuts of [[], [1], [start.length], every(65_537), every(1_009)]) {
      const { events, error } = decode(cutAt(bytes, cuts));
      expect(JSON.stringify(events)).toBe(JSON.stringify(whole.events.slice(0, 1)));
      expect(String(error)).toBe(`LineError: a line of more than ${8 * mebibyte} bytes`);
      expectGoodError(error);
      const taken = decode(cutAt(bytes, cuts), 10 * mebibyte);
      expect(taken.error).toBeUndefined();
      expect(taken.events).toHaveLength(3);
    }
  });

  it('of 4 MiB that comes byte by byte costs no more memory than it has to', () => {
    const line = Buffer.from(`${event(`{"data":"${'x'.repeat(4 * mebibyte)}"}`)}\n`);
    const decoder = new NdjsonDecoder(8 * mebibyte);
    let taken = 0;
    const before = process.memoryUsage();
    for (const byte of line) decoder.push(Buffer.of(byte), { onLine: () => void (taken += 1) });
    const after = process.memoryUsage();
    expect(taken).toBe(1);
    // A Buffer for each byte would be some hundred times the line.
    expect((after.rss - before.rss) / mebibyte).toBeLessThan(200);
  });

  it.each([
    ['two objects', '{"type":"BOOKMARK"}{"type":"BOOKMARK"}', 'no JSON'],
    ['a byte order mark', `\ufeff${eventLines[0]}`, 'no JSON'],
    ['a bare word', secret, 'no JSON'],
    ['a string', `"${secret}"`, 'no event'],
    ['a list', `[${eventLines[0]}]`, 'no event'],
    ['no type', `{"object":{"a":"${secret}"}}`, 'no event'],
    ['a type within __proto__', `{"__proto__":{"type":"ADDED","object":{}}}`, 'no event'],
    ['an object within __proto__', `{"type":"ADDED","__proto__":{"object":{}}}`, 'no event'],
    ['a type that every object has', '{"type":"constructor","object":{}}', 'no event'],
    ['a bookmark of nothing', '{"type":"BOOKMARK","object":null}', 'no event'],
    ['a bookmark within __proto__', '{"type":"BOOKMARK","__proto__":{"object":{}}}', 'no event'],
  ])('with %s is refused, and ends the stream', (_, line, message) => {
    const bytes = streamOf([eventLines[0]!, line, eventLines[1]!]);
    for (let place = 0; place <= bytes.length; place++) {
      const { events, error } = decode(cutAt(bytes, [place]));
      expect(events).toHaveLength(1);
      expect(String(error)).toMatch(new RegExp(`^LineError: a line that is ${message}`));
      expectGoodError(error);
    }
  });
});

describe('an ERROR event', () => {
  const errorLine = (status: unknown) => JSON.stringify({ type: 'ERROR', object: status });

  it.each([
    [401, 'ERR_UNAUTHORIZED', false],
    [403, 'ERR_FORBIDDEN', false],
    [410, 'ERR_EXPIRED', true],
    [429, 'ERR_TRANSPORT', true],
    [500, 'ERR_TRANSPORT', true],
    [422, 'ERR_TRANSPORT', false],
    [undefined, 'ERR_TRANSPORT', true],
  ])('of %s is %s, after what came before it', (http, code, retryable) => {
    const line = errorLine({ kind: 'Status', code: http, reason: 'Some', message: 'because' });
    const bytes = streamOf([eventLines[0]!, line, 'never read']);
    for (let place = 0; place <= bytes.length; place++) {
      const { events, error } = decode(cutAt(bytes, [place]));
      expect(events).toHaveLength(1);
      expect(error).toMatchObject({ code, retryable, status: { message: 'because' } });
    }
  });

  it('is a DepwatchError whatever its Status holds', () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(null, 0, 410, '410', '', 'x', [], [null], {}, { toString: 1 }, true),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const maybe = <T>(usual: T) => fc.option(fc.oneof(fc.constant(usual), odd), { nil: undefined });
    const causes = fc.oneof(odd, fc.array(fc.oneof(odd, fc.record({ reason: odd }))));
    const details = fc.record({ retryAfterSeconds: maybe(3), causes: maybe([]), kind: odd });
    const status = fc.record({
      code: maybe(410),
      reason: maybe('Expired'),
      message: maybe('gone'),
      details: fc.oneof(
        details,
        odd,
        causes.map((some) => ({ causes: some })),
      ),
    });
    fc.assert(
      fc.property(status, (some) => {
        const { error } = decode([Buffer.from(`${errorLine(some)}\n`)]);
        expect(isDepwatchError(error)).toBe(true);
        expect(() => JSON.stringify(error)).not.toThrow();
      }),
      runs(3_000),
    );
    const deep = `{"type":"ERROR","object":{"code":410,"message":${nested(50_000)}}}\n`;
    const { error } = decode([Buffer.from(deep)]);
    expect(isDepwatchError(error, 'ERR_EXPIRED')).toBe(true);
    expect(() => JSON.stringify(error)).not.toThrow();
  });
});

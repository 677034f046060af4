/** A watch as a server that means ill, or has odd tenants, may send it; shared by the tests of the wire. */
import { errorFromStatus, type WatchEvent } from '@depwatch/core';

import { decodeLine, shapeOf } from '../src/answers/decode.ts';
import { LineError, NdjsonDecoder } from '../src/answers/ndjson.ts';

/** What must never show in a message. */
export const secret = 'hunter2-secret';

/** Nested so many times, on one line: `[[[…]]]`. */
export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const annotations = (text: string): string => `"annotations":${text}`;

/** The lines of a watch, without their ends; raw text, since `__proto__` in an object literal sets a prototype. */
export const eventLines: readonly string[] = [
  `{"type":"ADDED","object":{"kind":"Secret","apiVersion":"v9","metadata":{"name":"a","uid":"1"},"data":{"k":"${secret}"}}}`,
  '{"type":"ADDED","object":{"metadata":{"name":"ü€😀","labels":{"日本":"👩‍👩‍👧‍👦🏳️‍🌈","\\ud83d\\ude00":"\\u0000"}},"data":{"é":"e\u0301"}}}',
  '{"type":"MODIFIED","object":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"metadata":{"name":"constructor","__proto__":{"polluted":1,"managedFields":[]}}}}',
  `{"type":"ADDED","object":{"metadata":{"name":"__proto__",${annotations('{"__proto__":"x","toString":"y"}')}},"spec":{"a":[{"__proto__":{"__proto__":{"polluted":{"b":1}}}}]}}}`,
  '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12"}}}',
  '{"object":{"metadata":{"name":"hasOwnProperty","resourceVersion":"13"},"text":"\\r\\n \u2028\u2029 \\\\\\" {}[]"},"type":"DELETED"}',
  `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"14",${annotations('{"k8s.io/initial-events-end":"true"}')}}}}`,
  ` { "type" : "ADDED" ,\t"object" : { "metadata" : { "name" : "white" } , "n" : [ 1e3 , -0.5 , null , true ] } } `,
  `{"type":"MODIFIED","object":{"metadata":{"name":"kept",${annotations('{"kubectl.kubernetes.io/last-applied-configuration":"gone","a":"b"}')},"managedFields":[{"f:x":{}}]}}}`,
];

/** How lines may end: as they do, in the manner of Windows, with blank lines behind them. */
const ends: readonly string[] = ['\n', '\r\n', '\n\n\n', '\n\r\n', '\n \n', '\r\n\r\n\n'];

/** The lines as bytes, each with another end. */
export function streamOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line, index) => line + ends[index % ends.length]!).join(''));
}

/** The bytes in pieces that end at these places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

const shape = shapeOf({ version: 'v1', kind: 'ConfigMap' });

/** What came out of a stream. */
export interface Outcome {
  readonly events: readonly WatchEvent[];
  readonly error?: Error;
}

/** Decodes as a watch does: what came before an error counts, and nothing after it is read. */
export function decode(chunks: readonly Buffer[], maxLineBytes = 8 * 1024 * 1024): Outcome {
  const events: WatchEvent[] = [];
  const decoder = new NdjsonDecoder(maxLineBytes);
  const receiver = {
    onLine(line: unknown): void {
      const event = decodeLine(line, shape);
      if (event === undefined) throw new LineError('a line that is no event of a watch');
      if (event === null) return;
      if (event.type === 'ERROR') throw errorFromStatus(event.status, 'watch');
      events.push(event);
    },
  };
  try {
    for (const chunk of chunks) decoder.push(chunk, receiver);
    decoder.end(receiver);
    return { events };
  } catch (error) {
    return { events, error: error as Error };
  }
}

/** JSON.stringify shows own `__proto__` keys, and the order of all. */
export const printed = ({ events, error }: Outcome): string =>
  `${JSON.stringify(events)} ${error === undefined ? '' : String(error)}`;

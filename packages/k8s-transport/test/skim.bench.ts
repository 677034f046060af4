/**
 * What an event of a watch costs from its bytes on, in ns: with the whole object parsed, with an object that isn't wanted,
 * and with one that is, where that is asked.
 *
 *     node tools/bootstrap.mjs node --conditions=@depwatch/source packages/k8s-transport/test/skim.bench.ts
 */
import { decodeLine, shapeOf } from '../src/answers/decode.ts';
import { NdjsonDecoder } from '../src/answers/ndjson.ts';
import { parseWanted } from '../src/answers/skim.ts';
import { lineOf, sampleObjects } from './sample-objects.ts';

const events = 2_000;
const rounds = 15;
/** As much as comes at once over TLS. */
const chunkBytes = 16 * 1024;

const parsers: Readonly<Record<string, ((line: string) => unknown) | undefined>> = {
  whole: undefined,
  'not wanted': (line) => parseWanted(line, () => false),
  wanted: (line) => parseWanted(line, () => true),
};

function decodeAll(bytes: Buffer, parse: ((line: string) => unknown) | undefined): number {
  const shape = shapeOf({ version: 'v1', kind: 'Pod' });
  let seen = 0;
  const receiver = { onLine: (line: unknown) => void (seen += decodeLine(line, shape) ? 1 : 0) };
  const decoder = new NdjsonDecoder(1024 * 1024, parse);
  const before = process.cpuUsage();
  for (let start = 0; start < bytes.length; start += chunkBytes)
    decoder.push(bytes.subarray(start, start + chunkBytes), receiver);
  const { user, system } = process.cpuUsage(before);
  if (seen !== events) throw new Error(`${seen} events were seen of ${events}`);
  return ((user + system) * 1000) / events;
}

const rows: Record<string, Record<string, number>> = {};
for (const [name, object] of Object.entries(sampleObjects)) {
  const lines = Array.from({ length: events }, (_, n) => `${lineOf('MODIFIED', object(n))}\n`);
  const bytes = Buffer.from(lines.join(''));
  const times = Object.keys(parsers).map((): number[] => []);
  // In turns, so that what else the machine does changes all.
  for (let round = 0; round < rounds; round++)
    Object.values(parsers).forEach((parse, n) => times[n]!.push(decodeAll(bytes, parse)));
  const medians = times.map((all) => Math.round(all.toSorted((a, b) => a - b)[rounds >> 1]!));
  rows[name] = {
    bytes: Math.round(bytes.length / events),
    ...Object.fromEntries(Object.keys(parsers).map((parser, n) => [parser, medians[n]!])),
  };
}
console.table(rows);

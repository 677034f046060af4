import type { ObjectMeta } from '@depwatch/core';

/** How API servers begin an event, to the byte; what is written in any other way is parsed whole. */
const beginning =
  /\{"type":"(ADDED|MODIFIED|DELETED)","object":\{(?:"(?:apiVersion|kind)":"[^"\\]*",)*"metadata":(?=\{)/y;
/** Metadata that JSON.parse would take instead of the first; a template's follows no comma, as its first key. */
const secondMetadata = ',"metadata":';
const managedFields = '"managedFields":[';
/** Below that most of a line is its metadata, and parsing is as fast. */
const leastLength = 2_000;

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Parses a line of a watch; of an object that isn't wanted its metadata alone, where that can be told from the line. The
 * rest of such a line isn't looked at. From its bytes on a Pod of 5.5 KB costs 5 µs so where it costs 17 whole, and 19 where
 * it is wanted (test/skim.bench.ts).
 *
 * @throws SyntaxError where what is parsed is no JSON
 */
export function parseWanted(line: string, wanted: (metadata: ObjectMeta) => boolean): unknown {
  return (line.length < leastLength ? undefined : skim(line, wanted)) ?? JSON.parse(line);
}

function skim(line: string, wanted: (metadata: ObjectMeta) => boolean): object | undefined {
  beginning.lastIndex = 0;
  const type = beginning.exec(line)?.[1];
  if (type === undefined || !(line.endsWith('}}') || line.endsWith('}}\r'))) return undefined;
  const found = findMetadata(line, beginning.lastIndex);
  if (found === undefined) return undefined;
  const metadata = JSON.parse(found.text) as ObjectMeta;
  // The search is the dearest part, and what is wanted is parsed in any case.
  if (wanted(metadata) || line.includes(secondMetadata, found.end)) return undefined;
  return { type, object: { metadata } };
}

/** The text of the metadata that starts there, with a number for its managedFields, and where it ends. */
function findMetadata(line: string, start: number): { text: string; end: number } | undefined {
  let text = '';
  let from = start;
  for (let at = start + 1; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === closeBrace) return { text: text + line.slice(from, at + 1), end: at + 1 };
    if (code === openBrace || code === openBracket) at = endOfValue(line, at);
    else if (code === quote && !line.startsWith(managedFields, at)) at = endOfString(line, at);
    else if (code === quote) {
      // With a colon behind it, it is a key.
      const array = at + managedFields.length - 1;
      text += `${line.slice(from, array)}0`;
      at = endOfValue(line, array);
      from = at + 1;
    }
    if (at < 0) return undefined;
  }
  return undefined;
}

/** The bracket that ends the object or array which the one at `start` begins; -1 where there is none. */
function endOfValue(line: string, start: number): number {
  let depth = 1;
  for (let at = start + 1; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quote) {
      at = endOfString(line, at);
      if (at < 0) return -1;
    } else if (code === openBrace || code === openBracket) depth += 1;
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return at;
  }
  return -1;
}

/** The quote that ends the string which the one at `start` begins; -1 where there is none. */
function endOfString(line: string, start: number): number {
  for (let end = line.indexOf('"', start + 1); end >= 0; end = line.indexOf('"', end + 1)) {
    let before = end - 1;
    while (line.charCodeAt(before) === backslash) before -= 1;
    // Backslashes in pairs stand for themselves.
    if ((end - before) % 2 === 1) return end;
  }
  return -1;
}

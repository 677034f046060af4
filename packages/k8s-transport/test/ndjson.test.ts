import { describe, expect, it } from 'vitest';

import { LineError, NdjsonDecoder } from '../src/answers/ndjson.ts';

function decode(
  chunks: readonly Buffer[],
  maxLineBytes = 1000,
): { values: unknown[]; error?: unknown } {
  const values: unknown[] = [];
  const decoder = new NdjsonDecoder(maxLineBytes);
  const receiver = { onLine: (value: unknown) => void values.push(value) };
  try {
    for (const chunk of chunks) decoder.push(chunk, receiver);
    decoder.end(receiver);
    return { values };
  } catch (error) {
    return { values, error };
  }
}

const objects = [{ a: 'ü€😀' }, { 'b\n': '\r\n' }, {}, { c: [1, { d: 'ß' }] }];
const bytes = Buffer.from(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));

describe('NdjsonDecoder', () => {
  it('decodes lines whole, wherever two cuts fall', () => {
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const chunks = [
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        ];
        expect(decode(chunks).values).toEqual(objects);
      }
    }
  });

  it('decodes lines that come byte by byte', () => {
    expect(decode([...bytes].map((byte) => Buffer.from([byte]))).values).toEqual(objects);
  });

  it('skips empty lines and takes CRLF', () => {
    expect(decode([Buffer.from('\n\r\n{"a":1}\r\n\n\n{"b":2}\r\n')])).toEqual({
      values: [{ a: 1 }, { b: 2 }],
    });
    expect(
      decode([Buffer.from('{"a":1}\r'), Buffer.from('\n\n'), Buffer.from('\r\n7\n')]).values,
    ).toEqual([{ a: 1 }, 7]);
  });

  it('takes a last line without a newline if it is complete', () => {
    expect(decode([Buffer.from('{"a":1}\n{"b"'), Buffer.from(':2}')])).toEqual({
      values: [{ a: 1 }, { b: 2 }],
    });
  });

  it.each([
    ['cut off', '{"a":1}\n{"b":"secret', 'a line that was cut off'],
    [
      'cut off within a character',
      Buffer.from('{"a":1}\n"ü').subarray(0, 10),
      'a line that was cut off',
    ],
    ['no JSON', '{"a":1}\nsecret\n{"c":3}\n', 'a line that is no JSON'],
    [
      'no UTF-8',
      Buffer.from([...Buffer.from('{"a":1}\n"'), 0xff, 0x22, 0x0a]),
      'a line that is no UTF-8',
    ],
  ])('keeps what came before a line that is %s, and quotes nothing', (_, text, message) => {
    for (const split of [0, 4, 8, 9, 10]) {
      const all = Buffer.from(text as string);
      const { values, error } = decode([all.subarray(0, split), all.subarray(split)]);
      expect(error).toBeInstanceOf(LineError);
      expect(values).toEqual([{ a: 1 }]);
      expect((error as LineError).message).toBe(message);
      expect((error as LineError).cause).toBeUndefined();
    }
  });

  it('bounds a line by its bytes, with or without its end', () => {
    const line = JSON.stringify('€'.repeat(30));
    const size = Buffer.byteLength(line);
    expect(decode([Buffer.from(`${line}\n`)], size)).toEqual({ values: ['€'.repeat(30)] });
    for (const chunks of [
      [`${line}\n`],
      [line.slice(0, 9), `${line.slice(9)}\n`],
      [line],
      ['1\n', line, line],
    ]) {
      const { error } = decode(
        chunks.map((chunk) => Buffer.from(chunk)),
        size - 1,
      );
      expect((error as LineError).message).toBe(`a line of more than ${size - 1} bytes`);
    }
  });
});

import { isUtf8 } from 'node:buffer';

/** Who gets the lines. */
export interface LineReceiver {
  /** The value of the next line. What it throws ends the push that the line came with. */
  onLine(value: unknown): void;
}

/** Why a stream of lines can't be read on. Nothing of a line is ever told: it may hold a Secret. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

const newline = 0x0a;
/** How many pieces of a line are kept apart before they are joined. */
const maxPieces = 1024;

/**
 * Cuts bytes into lines at 0x0A and parses each as JSON, whole: wherever a chunk ends, be it within a character, nothing
 * is decoded before its line is complete. Empty lines are skipped, and a carriage return at the end of a line is JSON's
 * own white space.
 */
export class NdjsonDecoder {
  readonly #maxLineBytes: number;
  readonly #parse: (line: string) => unknown;
  /** The start of a line whose end has not come. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  /** How many at the end of {@link #partial} have not been joined. */
  #pieces = 0;

  /** @param parse what makes a value of a line; a SyntaxError says that it is no JSON */
  constructor(maxLineBytes: number, parse: (line: string) => unknown = JSON.parse) {
    this.#maxLineBytes = maxLineBytes;
    this.#parse = parse;
  }

  /**
   * Gives the value of each line that is now complete to the receiver, in order.
   *
   * @throws LineError at the first line that is too long, no UTF-8 or no JSON; those before it have been given
   */
  push(chunk: Buffer, receiver: LineReceiver): void {
    let start = 0;
    if (this.#partialBytes > 0) {
      const end = chunk.indexOf(newline);
      this.#keep(end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) return;
      start = end + 1;
      this.#flush(receiver);
    }
    // Most chunks are whole lines.
    if (start === 0 && chunk.at(-1) === newline) return this.#parseLines(chunk, receiver);
    const last = chunk.lastIndexOf(newline);
    if (last >= start) {
      this.#parseLines(chunk.subarray(start, last), receiver);
      start = last + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /**
   * Takes what came after the last newline, at the end of the stream.
   *
   * @throws LineError when it is the start of a line only
   */
  end(receiver: LineReceiver): void {
    if (this.#partialBytes > 0) this.#flush(receiver, 'a line that was cut off');
  }

  #keep(part: Buffer): void {
    this.#partialBytes += part.length;
    this.#checkLength(this.#partialBytes);
    this.#partial.push(part);
    this.#pieces += 1;
    if (this.#pieces < maxPieces) return;
    // A Buffer costs some hundred bytes, so a line that comes byte by byte must not keep one for each. Only the last
    // ones are joined, so that no byte is copied here more than once.
    this.#partial.push(Buffer.concat(this.#partial.splice(-maxPieces)));
    this.#pieces = 0;
  }

  #flush(receiver: LineReceiver, otherwise?: string): void {
    const line =
      this.#partial.length === 1
        ? this.#partial[0]!
        : Buffer.concat(this.#partial, this.#partialBytes);
    this.#partial = [];
    this.#partialBytes = 0;
    this.#pieces = 0;
    this.#parseLines(line, receiver, otherwise);
  }

  /** Decodes at once what holds whole lines, and parses them one by one. */
  #parseLines(bytes: Buffer, receiver: LineReceiver, otherwise?: string): void {
    // Buffer.toString would put replacement characters into an object's data.
    if (!isUtf8(bytes)) return this.#parseUntilBadLine(bytes, receiver, otherwise);
    const text = bytes.toString('utf8');
    for (let start = 0; start < text.length;) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      if (end - start > this.#maxLineBytes / 3)
        this.#checkLength(Buffer.byteLength(text.slice(start, end)));
      if (end - start > 1 || text[start]!.trim() !== '')
        receiver.onLine(this.#parseLine(text.slice(start, end), otherwise));
      start = end + 1;
    }
  }

  /** What comes before a bad line counts, also when it came with it. */
  #parseUntilBadLine(bytes: Buffer, receiver: LineReceiver, otherwise?: string): never {
    for (let start = 0; ;) {
      const found = bytes.indexOf(newline, start);
      const line = bytes.subarray(start, found < 0 ? bytes.length : found);
      this.#checkLength(line.length);
      if (!isUtf8(line)) throw new LineError(otherwise ?? 'a line that is no UTF-8');
      this.#parseLines(line, receiver, otherwise);
      start = found + 1;
    }
  }

  #parseLine(line: string, otherwise = 'a line that is no JSON'): unknown {
    try {
      return this.#parse(line);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // The error of JSON.parse quotes what it was given.
      throw new LineError(otherwise);
    }
  }

  #checkLength(bytes: number): void {
    if (bytes > this.#maxLineBytes)
      throw new LineError(`a line of more than ${this.#maxLineBytes} bytes`);
  }
}

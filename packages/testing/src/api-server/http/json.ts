// As deep as Go's decoder follows a text.
const maxDepth = 10_000;
const [quote, backslash, openBrace, openBracket, closeBrace, closeBracket] = Buffer.from('"\\{[}]');

/**
 * The value that a JSON text says. Half of a surrogate pair becomes U+FFFD, since Go's strings are UTF-8.
 *
 * @throws SyntaxError when it is none, or is nested deeper than 10,000 levels
 */
export function parseJson(bytes: Buffer): unknown {
  checkDepth(bytes);
  // Not by TextDecoder, which would pass over a byte order mark.
  const text = bytes.toString();
  // A reviver takes its time, so only where there may be something for it to do.
  return /\\u[dD]/.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
}

/** @throws SyntaxError when a JSON text is nested deeper than 10,000 levels */
export function checkDepth(bytes: Buffer): void {
  if (bytes.length <= maxDepth) return;
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > maxDepth)
        throw new SyntaxError(
          `invalid character '${String.fromCharCode(byte)}' exceeded max depth`,
        );
    }
  }
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

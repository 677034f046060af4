import { isUtf8 } from 'node:buffer';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What an answer is expected to be. */
export type ExpectedType = 'json' | 'text';

const expected = { json: /^application\/([\w.-]+\+)?json$/, text: /^text\/plain$/ };

/**
 * What an answer is that can't come from a Kubernetes API server, going by its headers: it sent HTML, say, or what it
 * was not asked for. Undefined when it may be one.
 */
export function foreignBy(headers: Headers, type: ExpectedType): string | undefined {
  const encoding = headerText(headers['content-encoding'])?.toLowerCase() ?? '';
  const contentType = typeOf(headers);
  const plain = encoding === '' || encoding === 'identity';
  // An answer without a type may be right.
  if (plain && (contentType === '' || expected[type].test(contentType))) return undefined;
  return whatItIs(headers, Buffer.alloc(0));
}

/** What the start of a body shows it to be where JSON was expected; undefined when it may be JSON. */
export function foreignStart(start: Buffer): string | undefined {
  const kind = kindOf(start);
  return kind === 'HTML' || kind === 'XML' || kind === 'gzip' ? kind : undefined;
}

/** Names what was sent by its headers and by how it starts, and quotes nothing of it. */
export function whatItIs(headers: Headers, body: Buffer): string {
  const facts = [
    ['content type', typeOf(headers)],
    ['content encoding', headerText(headers['content-encoding']) ?? ''],
  ]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${/^[\w.+/-]{1,60}$/.test(value!) ? value : 'unknown'}`);
  const kind = kindOf(body);
  if (kind === undefined) return facts.join(', ') || 'nothing';
  return facts.length === 0 ? kind : `${kind} (${facts.join(', ')})`;
}

/** The content type without its parameters, in lower case; empty where there is none. */
export function typeOf(headers: Headers): string {
  return (headerText(headers['content-type']) ?? '').split(';')[0]!.trim().toLowerCase();
}

/** The first value of a header field. */
export function headerText(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.trim();
}

function kindOf(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  if (body[0] === 0x1f && body[1] === 0x8b) return 'gzip';
  const start = body.subarray(0, 64).toString('latin1').trimStart();
  if (start.startsWith('<?xml')) return 'XML';
  if (start.startsWith('<')) return 'HTML';
  if (/^[{[]/.test(start)) return 'JSON that is no Status';
  return isUtf8(body) ? 'text' : 'binary data';
}

import { badRequest } from '../http/status.ts';

/** Where a paged list goes on. */
export interface ContinuePosition {
  /** The version that all pages show; undefined: whatever is current. */
  readonly version: number | undefined;
  /** The first key, relative to the list's prefix, that may follow: the last one shown and a zero byte. */
  readonly start: string;
}

/** Writes a token as the real server does. */
export function formatContinueToken({ version, start }: ContinuePosition): string {
  const token = { v: 'meta.k8s.io/v1', rv: version ?? -1, start };
  return Buffer.from(JSON.stringify(token).replaceAll('\0', '\\u0000')).toString('base64url');
}

/**
 * Reads a token.
 *
 * @throws StatusError 400 when it is none
 */
export function parseContinueToken(token: string): ContinuePosition {
  const text = Buffer.from(token, 'base64url').toString();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidToken(
      `continue key is not valid: invalid character '${text[0] ?? ''}' looking for beginning of value`,
    );
  }
  const { v, rv, start } = (parsed ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== 'meta.k8s.io/v1') {
    throw invalidToken(
      `continue key is not valid: server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`,
    );
  }
  if (typeof rv !== 'number' || typeof start !== 'string' || rv === 0) {
    throw invalidToken(
      'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  return { version: rv < 0 ? undefined : rv, start: start.replace(/^\//, '') };
}

function invalidToken(why: string): Error {
  return badRequest(`invalid continue token: ${why}`);
}

import type { Cause } from '@depwatch/core';
import { keyOf, type CauseRow, type ErrorText } from './protocol.ts';

const longestMessage = 500;

/** What is shown of an error, whatever was thrown: its code and its message, cut; no stack, and nothing else of it. */
export function textOf(error: unknown): ErrorText {
  try {
    if (!(error instanceof Error)) return { message: `a value of type ${typeof error} was thrown` };
    const { code, reason, message } = error as {
      code?: unknown;
      reason?: unknown;
      message: string;
    };
    return {
      ...(typeof code === 'string' && { code: cut(code, 100) }),
      ...(typeof reason === 'string' && { reason: cut(reason, 100) }),
      message: cut(String(message), longestMessage),
    };
  } catch {
    return { message: 'an error that cannot be read' };
  }
}

export function causeRow({ type, watched, object, cluster }: Cause): CauseRow {
  const { namespace, name } = object ?? {};
  return {
    type,
    ...(watched && { watched: keyOf(watched) }),
    ...(name !== undefined && { object: namespace ? `${namespace}/${name}` : name }),
    ...(cluster !== undefined && { cluster }),
  };
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // A part of a text holds on to all of it, a copy does not.
  return Buffer.from(`${text.slice(0, length)}…`).toString();
}

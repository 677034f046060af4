import type { Logger } from '@depwatch/core';

/** A logger that keeps what is logged above debug. */
export function linesOf(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (_fields: object, line: string): void => void lines.push(line);
  return { logger: { debug: () => {}, info: keep, warn: keep, error: keep }, lines };
}

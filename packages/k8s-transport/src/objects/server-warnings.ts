import {
  isConfidential,
  type Logger,
  type ObjectRequest,
  describeObjectRequest,
} from '@depwatch/core';

import type { AnswerHeaders } from '../attempt.ts';

/** How many texts are known as told; then they are forgotten, and told again. */
const mostTold = 1_000;

/**
 * Tells a logger what an API server warns of (a deprecated version, a label that means nothing any more), each text once:
 * a controller would hear it with every write.
 */
export class ServerWarnings {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Nothing is told of Secrets and tokens, whose warnings may quote what was sent. */
  tell({ warning }: AnswerHeaders, request: ObjectRequest): void {
    if (warning === undefined || isConfidential(request)) return;
    for (const text of [warning].flat().flatMap(warningsIn)) {
      if (this.#told.has(text)) continue;
      if (this.#told.size >= mostTold) this.#told.clear();
      this.#told.add(text);
      this.#logger.warn(
        { request: describeObjectRequest(request) },
        `the API server warns: ${text}`,
      );
    }
  }
}

/** The texts of a Warning header (RFC 7234, 5.5) that are an API server's own, whose code is 299. */
function warningsIn(header: string): string[] {
  const all = header.matchAll(/(\d{3}) [^\s"]+ "((?:[^"\\]|\\.)*)"/g);
  return [...all].flatMap(([, code, quoted = '']) =>
    code === '299' && quoted !== '' ? quoted.replaceAll(/\\(.)/g, '$1') : [],
  );
}

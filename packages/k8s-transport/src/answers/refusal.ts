import type { DepwatchError } from '@depwatch/core';

import type { ApiReceiver } from '../api-request.ts';
import type { AnswerHeaders } from '../attempt.ts';
import { answerError } from './answer-error.ts';

/** A Status is a few hundred bytes. */
const maxBytes = 64 * 1024;

/** An answer that is no success, as far as it has come. */
export class Refusal {
  readonly status: number;
  readonly #headers: AnswerHeaders;
  readonly #body: Buffer[] = [];
  #bytes = 0;

  constructor(status: number, headers: AnswerHeaders) {
    this.status = status;
    this.#headers = headers;
  }

  /** Takes some of the body; false when that is more than any Status has, and enough. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > maxBytes) return false;
    this.#body.push(chunk);
    return true;
  }

  /** The error that it is to who asked. */
  errorFor(receiver: Pick<ApiReceiver, 'describe' | 'errorFrom'>): DepwatchError {
    const errorFrom = receiver.errorFrom?.bind(receiver);
    const body = Buffer.concat(this.#body);
    return answerError(receiver.describe(), this.status, this.#headers, body, errorFrom);
  }
}

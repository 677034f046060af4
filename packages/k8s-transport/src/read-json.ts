import { isUtf8 } from 'node:buffer';

import type { DepwatchError } from '@depwatch/core';

import { ApiCall } from './api-call.ts';
import type { ApiReceiver, ApiRequest } from './api-request.ts';
import type { AnswerHeaders } from './attempt.ts';
import type { ApiServer } from './api-server.ts';
import { inDoubt, protocolError } from './answers/transport-error.ts';

/**
 * Sends a request and parses the whole answer.
 *
 * @param refuse says what is wrong with an answer, if anything, and quotes nothing of it
 * @param maxBytes of the answer
 * @throws DepwatchError as `errorFrom` or errorFromStatus makes it, or ERR_TRANSPORT
 */
export function readJson(
  api: ApiServer,
  {
    describe,
    errorFrom,
    onHeaders,
    refuse,
    ...request
  }: Omit<ApiRequest, 'mayBeSilent'> &
    Pick<ApiReceiver, 'describe' | 'errorFrom'> & {
      onHeaders?(headers: AnswerHeaders): void;
      refuse?(answer: unknown): string | undefined;
    },
  maxBytes: number,
): Promise<unknown> {
  return new Promise((resolve, reject: (error: DepwatchError) => void) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const broken = (what: string) => {
      const error = protocolError(describe(), what);
      return request.changes ? inDoubt(error) : error;
    };
    const receiver: ApiReceiver = {
      describe,
      ...(errorFrom && { errorFrom }),
      onAccepted(headers) {
        onHeaders?.(headers);
        // The half of an answer that got lost may have come before.
        chunks = [];
        bytes = 0;
      },
      onData(chunk) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) call.fail(broken(`more than ${maxBytes} bytes`));
      },
      onEnd() {
        const body = Buffer.concat(chunks, bytes);
        if (!isUtf8(body)) return reject(broken('an answer that is no UTF-8'));
        let answer: unknown;
        try {
          answer = JSON.parse(body.toString());
        } catch {
          // The error of JSON.parse quotes what it was given.
          return reject(broken('an answer that is no JSON'));
        }
        const wrong = refuse?.(answer);
        return wrong === undefined ? resolve(answer) : reject(broken(wrong));
      },
      onFailure: reject,
    };
    const call = new ApiCall(api, { ...request, mayBeSilent: false }, receiver);
    call.start();
  });
}

import type { DepwatchError, KubernetesStatus } from '@depwatch/core';

import type { AnswerHeaders } from './attempt.ts';
import type { ExpectedType } from './answers/foreign-answer.ts';
import type { Repeatable } from './repeat.ts';

/** What a request does to its resource. */
export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a write sends. */
export interface ApiBody {
  readonly type: string;
  readonly bytes: Buffer;
}

/** One request. */
export interface ApiRequest {
  /** @default GET */
  readonly method?: ApiMethod;
  /** Path and query below the server's base path. */
  readonly path: string;
  readonly accept: string;
  readonly body?: ApiBody | undefined;
  /** Whether it goes over connections that no watch holds. */
  readonly short?: boolean;
  /** Whether it changes something: where nobody knows whether it did, its error says so. */
  readonly changes?: boolean;
  /** What is sent again when it may help, see {@link repeatAfterMs}; default nothing but what was refused unseen. */
  readonly repeat?: Repeatable;
  /** What to accept instead when the server answers 406. */
  readonly fallback?: { readonly accept: string; chosen(): void };
  /** The ETag of an answer that is known: where it is still good the server answers 304, which is an error with that status. */
  readonly known?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether silence after the headers is no failure, as for a watch. */
  readonly mayBeSilent: boolean;
  /** What a success has to be; default JSON. */
  readonly expects?: ExpectedType;
  /** Whether it asks again on a new connection where the one it was given doesn't answer soon. */
  readonly impatient?: boolean;
}

/** Who gets the answer. */
export interface ApiReceiver {
  /** What was asked for, in messages; only called when there is one. */
  describe(): string;
  /** The error for a Status; default errorFromStatus. */
  errorFrom?(status: KubernetesStatus, retryAfterMs: number | undefined): DepwatchError;
  /** The server has answered with success; once more where a request is sent again whose answer was cut short. */
  onAccepted(headers: AnswerHeaders): void;
  /** Some of the body. */
  onData(chunk: Buffer): void;
  /** The end of the body, as the server meant it. */
  onEnd(): void;
  /** Anything else. Nothing comes after this or {@link onEnd}. */
  onFailure(error: DepwatchError): void;
}

import {
  DepwatchError,
  describeRequest,
  type ReflectorEffect,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';
import { asTransportError } from '../../requests/as-transport-error.ts';
import type { RequestKind } from '../../requests/request-kind.ts';
import type { Pass } from '../../requests/applicant.ts';

/** What has to be sent, and takes a slot. */
export type RequestEffect = Extract<ReflectorEffect, { type: 'list' | 'watch' }>;

/** Why a call was ended; one for all, since nobody sees it and a stop may end thousands. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the call is no longer wanted');

/** A call of a source under way: what it feeds in counts only while it is the source's current one. */
export class SourceCall {
  /** Absent: it asks how the kind is served. */
  readonly request: RequestEffect | undefined;
  readonly #controller = new AbortController();
  /** Gives up its place in line, or its slot. */
  place: Disposable | undefined;
  /** Set once it was let out. */
  pass: Pass | undefined;
  iterator: AsyncIterator<readonly WatchEvent[]> | undefined;
  /** Whether its stream was accepted. */
  isConnected = false;

  constructor(request?: RequestEffect) {
    this.request = request;
  }

  /** Aborted once it is no longer wanted. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives up its place, its request and its stream. */
  end(): void {
    this.place?.[Symbol.dispose]();
    this.#controller.abort(unwanted);
    if (this.iterator) void close(this.iterator);
  }
}

/** As what a request is counted. */
export function requestKind(effect: RequestEffect, { name }: ResourceQuery): RequestKind {
  if (effect.type !== 'watch') return 'list';
  if (!effect.initialEvents) return 'resume';
  return name ? 'streamOne' : 'streamMany';
}

/** What a call failed with, as an error that names the request where it isn't one already. */
export function failureOf(
  cause: unknown,
  verb: RequestEffect['type'],
  query: ResourceQuery,
): DepwatchError {
  return asTransportError(cause, () => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return `${describeRequest(verb, query)}: ${reason}`;
  });
}

/** Closes what a signal has ended; one that fails to close, or throws, has nothing left to say. */
async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // It is over all the same.
  }
}

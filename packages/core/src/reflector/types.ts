import type { DepwatchError } from '../errors.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import type { ListPage, WatchEvent } from '../ports/transport.ts';

/** What the reflector remembers across its states; with all its fields at all times, so that V8 copies it cheaply. */
export interface ReflectorMemory {
  /** Everything up to this version has been applied; a watch from it misses nothing. */
  readonly resourceVersion: string | undefined;
  /** Whether it has been live: what failed before that fails the add, what fails later is retried. */
  readonly wasLive: boolean;
  /** Retries in a row; they set the back-off. */
  readonly failures: number;
  /** When the stream now open, or the last one, was accepted. */
  readonly healthySince: number | undefined;
  /** When the server began to refuse a watch that was live (401, 403). */
  readonly refusedSince: number | undefined;
  /** When the version last expired. */
  readonly expiredAt: number | undefined;
  /** Streams in a row that broke without moving past `resourceVersion`. */
  readonly brokenAtVersion: number;
  /** Whether discovery was asked again after a 404 that met a new watch. */
  readonly rediscovered: boolean;
}

/**
 * Where a watch stands.
 *
 * - `idle`: not started
 * - `streaming`: a streaming list is under way, its initial events are staged until the bookmark that ends them
 * - `listing`: a paged list is under way
 * - `watching`: a watch was asked for, and is open once `accepted`
 * - `waiting`: the next call is due when the timer elapses
 * - `discovering`: the server is asked whether it still has the kind
 * - `ended`: refused for good; `stopped`: by its owner
 */
export type ReflectorState =
  | ({ readonly name: 'idle' } & ReflectorMemory)
  | ({
      readonly name: 'streaming';
      readonly accepted: boolean;
      /** When the silence began that, if it lasts, means that the server does not stream lists. */
      readonly silentSince: number | undefined;
      /** How long the server was asked to keep the stream open. */
      readonly timeoutMs: number;
    } & ReflectorMemory)
  | ({ readonly name: 'listing' } & ReflectorMemory)
  | ({
      readonly name: 'watching';
      readonly accepted: boolean;
      /** When the request was sent; undefined while it waits for its turn. */
      readonly sentAt: number | undefined;
      /** How long the server was asked to keep the stream open. */
      readonly timeoutMs: number;
      /** Whether it resumed from an earlier stream's version. */
      readonly resumed: boolean;
      /** Whether this stream has shown an event or a bookmark. */
      readonly seen: boolean;
    } & ReflectorMemory)
  | ({
      readonly name: 'waiting';
      readonly next: 'resume' | 'relist' | 'discover';
    } & ReflectorMemory)
  | ({ readonly name: 'discovering' } & ReflectorMemory)
  | ({ readonly name: 'ended'; readonly error: DepwatchError } & ReflectorMemory)
  | ({ readonly name: 'stopped' } & ReflectorMemory);

/** What happens to a watch. Answers of calls that were cancelled are not fed in. */
export type ReflectorInput =
  | { readonly type: 'start' }
  /** The call asked for by the last effect went out (it may have waited for its turn). */
  | { readonly type: 'sent' }
  | { readonly type: 'page'; readonly page: ListPage }
  | { readonly type: 'events'; readonly events: readonly WatchEvent[] }
  /** The server ended the stream cleanly. */
  | { readonly type: 'closed' }
  | { readonly type: 'discovered' }
  | { readonly type: 'failed'; readonly error: DepwatchError }
  /** The timer went off. */
  | { readonly type: 'elapsed' }
  | { readonly type: 'stop' };

/** What to do next, in this order. */
export type ReflectorEffect =
  /** Ask for one page of the list. `attempt` is how often the call has failed in a row, for whoever spaces retries. */
  | {
      readonly type: 'list';
      readonly limit: number;
      readonly continue?: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'watch';
      readonly resourceVersion?: string;
      readonly initialEvents: boolean;
      readonly timeoutMs: number;
      readonly attempt: number;
    }
  /** Forget what is known of the kind and ask the server. */
  | { readonly type: 'discover'; readonly attempt: number }
  /** End the call under way and the timer; nothing of them may be fed in any more. */
  | { readonly type: 'cancel' }
  /** Set the timer, instead of the one that may be set. */
  | { readonly type: 'timer'; readonly ms: number }
  | { readonly type: 'stage'; readonly objects: readonly KubernetesObject[] }
  | { readonly type: 'stageEvents'; readonly events: readonly WatchEvent[] }
  | { readonly type: 'discard' }
  /** Make the staged state the current one, at once. */
  | { readonly type: 'commit' }
  | { readonly type: 'apply'; readonly events: readonly WatchEvent[] }
  /** The watch is connected and up to date. */
  | { readonly type: 'live' }
  /** It isn't any more, because of this error; the next try is at least `ms` away. */
  | { readonly type: 'retrying'; readonly error: DepwatchError; readonly ms: number }
  /** The server does not stream lists of this group and version: don't believe so for a while. */
  | { readonly type: 'streamingRefused'; readonly error?: DepwatchError }
  /** Given up for good. */
  | { readonly type: 'end'; readonly error: DepwatchError };

/** What a step may know of the world. */
export interface ReflectorContext {
  /** Milliseconds, on the clock's scale. */
  readonly now: number;
  /** A number in [0, 1) for jitter. */
  readonly random: number;
  /** Whether the server is believed to stream lists of this group and version. */
  readonly streamingLists: boolean;
  /** How long a request may go without an answer, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a live watch that is refused keeps trying, in milliseconds. */
  readonly authGraceMs: number;
}

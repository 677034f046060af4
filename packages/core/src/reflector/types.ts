import type { DepwatchError } from '../errors.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import type { ListPage, WatchEvent } from '../ports/transport.ts';

/** What the reflector remembers across its states. */
export interface ReflectorMemory {
  /** Everything up to this version has been applied; a watch from it misses nothing. Undefined: there is none to resume from. */
  readonly resourceVersion: string | undefined;
  /** Whether it has been live: what failed before that fails the add, what fails later is retried. */
  readonly wasLive: boolean;
  /** Failures in a row; they set the back-off. */
  readonly failures: number;
  /** Failures in a row at `resourceVersion` that may be the version's own. */
  readonly failuresAtVersion: number;
  /** When the stream now open, or the last one, was accepted. */
  readonly healthySince: number | undefined;
  /** When the server began to refuse a watch that was live (401, 403). */
  readonly refusedSince: number | undefined;
  /** When the version last expired. */
  readonly expiredAt: number | undefined;
  /** When the last list was through; lists that give no version to resume from are spaced by it. */
  readonly listedAt: number | undefined;
  /** How long streams that were resumed from `resourceVersion` and ended early have shown neither event nor bookmark, in all. */
  readonly silentMs: number;
  /** Streams in a row that were cut at a like age, and that age in milliseconds. */
  readonly cuts: { readonly count: number; readonly ageMs: number };
  /** Whether discovery was asked again after a 404 that met a new watch. */
  readonly rediscovered: boolean;
}

/**
 * Where a watch stands; each state has, beside its memory, what only it needs.
 *
 * - `idle`: not started
 * - `streaming`: a streaming list is under way, its initial events are staged until the bookmark that ends them
 * - `listing`: a list is under way, in pages
 * - `watching`: a watch was asked for, and is open once `accepted`
 * - `waiting`: the next call is due when the timer elapses
 * - `discovering`: the server is asked how it serves the kind; before each list that follows a 404 or a 410, since the kind
 *   may be gone, or have come back in another scope
 * - `missing`: the server has confirmed that the kind is gone; it waits until the kind is back
 * - `ended`: refused for good; `stopped`: by its owner
 */
export type ReflectorState = { readonly memory: ReflectorMemory } & (
  | { readonly name: 'idle' }
  | {
      readonly name: 'streaming';
      readonly accepted: boolean;
      /** How many objects the list had when it last grew. */
      readonly staged: number;
      /** When it last grew, or was sent; undefined while it waits for its turn. */
      readonly grownAt: number | undefined;
      /** How long the server was asked to keep the stream open. */
      readonly timeoutMs: number;
    }
  | {
      readonly name: 'listing';
      /** The tokens that it has gone on from; none of them may come again. */
      readonly tokens: ReadonlySet<string>;
      /** How many objects the list had before the last page, and how many pages in a row have brought nothing new. */
      readonly staged: number;
      readonly idlePages: number;
      /** How many tokens have expired in this list. */
      readonly expired: number;
    }
  | {
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
    }
  | { readonly name: 'waiting'; readonly next: 'resume' | 'relist' | 'discover' }
  | {
      readonly name: 'discovering';
      /** How often the list that follows has failed in a row without an answer. */
      readonly attempt: number;
    }
  | { readonly name: 'missing' }
  | { readonly name: 'ended'; readonly error: DepwatchError }
  | { readonly name: 'stopped' }
);

/** Where another watch left off. */
export interface ReflectorOrigin {
  /** Everything up to this version has been applied; undefined: there is none to resume from. */
  readonly resourceVersion: string | undefined;
}

/** What happens to a watch. Answers of calls that were cancelled are not fed in. */
export type ReflectorInput =
  /** With `from`: another watch was live up to that version (undefined: it knew none), and this one goes on from there. */
  | { readonly type: 'start'; readonly from?: ReflectorOrigin }
  /** The call asked for by the last effect went out (it may have waited for its turn). */
  | { readonly type: 'sent' }
  | { readonly type: 'page'; readonly page: ListPage }
  | { readonly type: 'events'; readonly events: readonly WatchEvent[] }
  /** The server ended the stream cleanly. */
  | { readonly type: 'closed' }
  /** The server serves the kind; what is known of it is up to date. */
  | { readonly type: 'discovered' }
  /** The server, asked anew, has denied the kind. */
  | { readonly type: 'denied'; readonly error: DepwatchError }
  | { readonly type: 'failed'; readonly error: DepwatchError }
  /** The timer went off. */
  | { readonly type: 'elapsed' }
  | { readonly type: 'stop' };

/** What to do next, in this order. */
export type ReflectorEffect =
  /**
   * Ask for a page of the list; without a limit, for all of it. `attempt` is how often the call has failed in a row, for
   * whoever spaces retries.
   */
  | {
      readonly type: 'list';
      readonly limit?: number;
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
  /** Ask the server how it serves the kind, whatever is known; with `confirm`, a denial is asked about again. */
  | { readonly type: 'discover'; readonly confirm: boolean }
  /** The server no longer serves the kind; what there was of it goes next. */
  | { readonly type: 'gone'; readonly error: DepwatchError }
  /** Wait until the server serves the kind, and tell so with `discovered`. */
  | { readonly type: 'awaitKind' }
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
  /** Something between here and the server cuts streams at this age: ask for shorter ones. */
  | { readonly type: 'cutShort'; readonly ageMs: number }
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
  /** How many objects are staged. */
  readonly staged: number;
  /** Whether the versions of this kind tell its states apart; if not, none can be resumed from. */
  readonly versionsMove: boolean;
  /** The age at which streams are cut on their way, in milliseconds; Infinity where they are not. */
  readonly streamsCutAtMs: number;
  /** Whether the transport tells when a watch was accepted; if not, it is believed after a second of silence. */
  readonly announcesAcceptance: boolean;
  /** How long a request may go without an answer, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a live watch that is refused keeps trying, in milliseconds. */
  readonly authGraceMs: number;
}

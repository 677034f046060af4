import type { RequestFilter } from '../http/request-log.ts';

/** Takes back what a fault did. Calling it again does nothing. */
export type Undo = () => void;

/** An answer that takes the place of the real one. */
export interface FaultyAnswer {
  /** The HTTP status; the Status body is worded after it. */
  readonly status: number;
  /** Sent as Retry-After and in the body. Default: not sent. */
  readonly retryAfterSeconds?: number;
  /** Whether it is an HTML page in place of a Status, as of something that stands before the server. Default false. */
  readonly page?: boolean;
  /** How many requests are answered so. Default: all until undone. */
  readonly times?: number;
  /** Which requests. Default: all. */
  readonly match?: RequestFilter;
}

/** Everything that can be made to go wrong with a server. */
export interface Faults {
  /**
   * Forgets the history of all resources: a watch or a list at a version before now gets a 410, the watch as an
   * ERROR event in a 200, the list as the HTTP status.
   */
  compact(): void;
  /** Ends all open watches as if their time was over. */
  closeWatches(match?: Pick<RequestFilter, 'resource'>): void;
  /** Destroys all sockets, in the middle of whatever they carry. */
  cutConnections(): void;
  /** Answers requests with a failure. */
  respond(answer: FaultyAnswer): Undo;
  /**
   * Refuses streaming lists (`sendInitialEvents`), as a server that can't.
   *
   * @param status default 422
   * @param how by that HTTP status (the default), by an ERROR event within a 200, or by saying nothing after the 200
   */
  refuseStreamingLists(status?: number, how?: 'status' | 'event' | 'silence'): Undo;
  /** Sends GOAWAY on every HTTP/2 connection: running requests go on, new ones need a new connection. */
  goAway(): void;
  /** Lets a connection carry only so many requests at once. */
  limitStreams(maxConcurrentStreams: number): Undo;
  /**
   * Goes silent: nothing is read or written on any socket, not even an answer to a PING; new sockets connect and then
   * hear nothing. Undone, everything goes on where it stopped.
   */
  blackHole(): Undo;
  /** Leaves requests without an answer, for ever: those of a resource, say, whose aggregated API hangs. */
  hang(match?: RequestFilter): Undo;
  /** Sends no bookmarks on watches that match, nor the one that ends initial events. */
  dropBookmarks(match?: Pick<RequestFilter, 'resource'>): Undo;
  /** Holds back every answer and every watch event. */
  delay(delayMs: number): Undo;
  /** Cuts the stream in the middle of the next line of each open watch of those that match. */
  truncateNextLine(match?: Pick<RequestFilter, 'resource'>): Undo;
  /** Makes the next line of each open watch that matches no JSON. */
  corruptNextLine(match?: Pick<RequestFilter, 'resource'>): Undo;
  /** Sends watch lines in pieces of so many bytes, each in a frame of its own. Default 1. */
  splitBytes(size?: number): Undo;
  /**
   * Serves stale reads: gets, lists and what a watch starts with show the state of now, whatever is written; a watch
   * goes on from there with all that was.
   */
  serveStale(): Undo;
  /** Stops listening and destroys all sockets; what is stored stays. */
  down(): Promise<void>;
  /**
   * Listens again, on the same port. With `loseHistory`, as a restarted server: versions from before can no longer be
   * watched or listed.
   */
  up(options?: { readonly loseHistory?: boolean }): Promise<void>;
}

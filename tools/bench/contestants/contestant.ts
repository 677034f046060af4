import type { Watched } from '../objects.ts';

/**
 * What takes part. `before` is the depwatch of another checkout; `http2` and `undici` are the floors: the same requests
 * with nothing around them.
 */
export type ContestantName = 'depwatch' | 'before' | 'client-node' | 'http2' | 'undici';

/** What a contestant is started with. */
export interface ContestantOptions {
  /** The text of a kubeconfig file. */
  readonly kubeConfig: string;
  /** Keep whole objects; else no more than metadata is needed. */
  readonly cache: boolean;
  /** Called with a watcher after what it watches has changed; several changes may be told at once. */
  changed(watcher: number): void;
}

/** A client under test, as the scenarios see it. Watchers are numbers, each of which may watch several things. */
export interface Contestant {
  /** Has `watcher` told of changes to `watched`; resolves once that is live. */
  add(watcher: number, watched: Watched): Promise<void>;
  /** Ends all that {@link add} has begun for a watcher. */
  remove(watcher: number): Promise<void>;
  /** The version in which an object that is watched by name is known. Only with the cache. */
  version(index: number): number;
  /** The version up to which everything was seen, where `all` is all that is watched. */
  seen(): number;
  /** How many warnings and errors were logged. */
  readonly logLines: number;
  close(): Promise<void>;
}

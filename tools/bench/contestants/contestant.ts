import type { Place, Watched } from '../objects.ts';

/**
 * What takes part. `before` is the depwatch of another checkout, `per-object` and `shared` are this one's with that plan,
 * `with-metrics` is this one's with metrics, `with-inspector` with an inspector that nobody has open;
 * `http2` and `undici` are the floors: the same requests with nothing around them, and `one-watch` that of sharing: a
 * watch of everything, on depwatch's transport.
 */
export type ContestantName =
  | 'depwatch'
  | 'before'
  | 'per-object'
  | 'shared'
  | 'with-metrics'
  | 'with-inspector'
  | 'client-node'
  | 'http2'
  | 'undici'
  | 'one-watch';

/** What a contestant is started with. */
export interface ContestantOptions {
  /** The text of a kubeconfig file. */
  readonly kubeConfig: string;
  /** Keep whole objects; else no more than metadata is needed. */
  readonly cache: boolean;
  /** Where the objects are. Default: where most scenarios have them; elsewhere not every contestant can be. */
  readonly place?: Place;
  /** Each watched thing has a watch of its own; default as the contestant has it by default. */
  readonly apart?: boolean;
  /** When depwatch shares watches; default as it has it. */
  readonly bounds?: Readonly<Record<string, number>>;
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
  /** What was logged for information: what is watched together, and why. */
  readonly infos?: readonly string[];
  close(): Promise<void>;
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { invalidInput, onRejected, type Clock, type Logger } from '@depwatch/core';
import type { Observation, ObserveOptions } from './observation.ts';

type Type = Observation['type'];

/** Who is told of observations; whoever tells asks first whether anybody wants to hear of it, and makes nothing up otherwise. */
export interface Audience {
  /** Whether anybody listens to observations of a type. */
  listensTo(type: Type): boolean;
  /** What the clock shows, in milliseconds. */
  now(): number;
  tell(observation: Observation): void;
}

interface Listener {
  readonly hear: (observation: never) => unknown;
  readonly types: ReadonlySet<Type>;
  /** How many of those that are to be told were there before it. */
  skip: number;
  hasFailed: boolean;
}

/** All that there are. */
const known: Readonly<Record<Type, true>> = {
  'edge-added': true,
  'edge-removed': true,
  feed: true,
  plan: true,
  'reconcile-queued': true,
  'reconcile-due': true,
  'reconcile-dropped': true,
  'reconcile-started': true,
  'reconcile-ended': true,
};
const all: ReadonlySet<Type> = new Set(Object.keys(known) as Type[]);

/**
 * The listeners of one dynamic watcher. They are told in the order of what happened, but not within it: a listener may call
 * anything, and what it is told of is not through by then.
 */
export class Observers implements Audience {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Set<Listener>();
  /** What anybody listens to. */
  #types: ReadonlySet<Type> = new Set();
  #untold: Observation[] = [];
  #isTelling = false;
  #isClosed = false;
  /** What happens does so in any context: a request's, a reconcile's. What a listener begins is part of none of them. */
  readonly #inOwnContext = AsyncLocalStorage.snapshot();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  listensTo(type: Type): boolean {
    // Asked several times a reconcile: mostly nobody listens, and that is told faster.
    return this.#types.size > 0 && this.#types.has(type);
  }

  /** As `DynamicWatcher.observe`. */
  observe<Told extends Type>(
    hear: (observation: Extract<Observation, { type: Told }>) => void,
    options: ObserveOptions<Told> = {},
  ): () => void {
    const types = typesOf(options);
    if (typeof hear !== 'function')
      throw invalidInput(`listener: expected a function, got a ${typeof hear}`);
    if (this.#isClosed) return () => {};
    const listener: Listener = { hear, types, skip: this.#untold.length, hasFailed: false };
    this.#listeners.add(listener);
    this.#count();
    return () => {
      this.#listeners.delete(listener);
      this.#count();
    };
  }

  now(): number {
    return this.#clock.now();
  }

  tell(observation: Observation): void {
    if (!this.#types.has(observation.type)) return;
    if (this.#untold.length === 0) this.#tellSoon();
    this.#untold.push(observation);
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#count();
    this.#untold = [];
  }

  #count(): void {
    this.#types = new Set([...this.#listeners].flatMap(({ types }) => [...types]));
  }

  /** Once this is through; what listeners cause themselves only when others had a turn of the event loop. */
  #tellSoon(): void {
    const tell = (): void => this.#inOwnContext(this.#tellAll);
    if (this.#isTelling) setImmediate(tell);
    else queueMicrotask(tell);
  }

  readonly #tellAll = (): void => {
    const told = this.#untold;
    this.#untold = [];
    this.#isTelling = true;
    for (const listener of [...this.#listeners]) {
      const { skip, types } = listener;
      listener.skip = 0;
      for (let index = skip; index < told.length; index += 1) {
        if (!this.#listeners.has(listener)) break;
        const observation = told[index]!;
        if (types.has(observation.type)) this.#tellOne(listener, observation);
      }
    }
    this.#isTelling = false;
  };

  #tellOne(listener: Listener, observation: Observation): void {
    try {
      const returned = listener.hear(observation as never);
      if (returned !== undefined) onRejected(returned, (error) => this.#failed(listener, error));
    } catch (error) {
      this.#failed(listener, error);
    }
  }

  /** Once is enough: it may fail by the thousand. */
  #failed(listener: Listener, error: unknown): void {
    if (listener.hasFailed) return;
    listener.hasFailed = true;
    this.#logger.error(
      { error },
      'an observer failed; it is told on, and its next failures are not logged',
    );
  }
}

function typesOf({ types }: ObserveOptions<Type>): ReadonlySet<Type> {
  if (types === undefined) return all;
  if (!Array.isArray(types) || types.length === 0)
    throw invalidInput('types: expected an array of types of observations, or nothing for all');
  for (const type of types) {
    if (!all.has(type))
      throw invalidInput(
        `types: ${typeof type === 'string' ? JSON.stringify(type) : typeof type} is none; there are ${[...all].join(', ')}`,
      );
  }
  return new Set(types);
}

import {
  checkCallOptions,
  checkMethods,
  guardLogger,
  invalidInput,
  silentLogger,
  type Logger,
} from '@depwatch/core';
import type { WatchStatus } from '@depwatch/dynamic-watcher';
import type { Controller } from './controller.ts';
import { shareWatches } from './share-watches.ts';

/** Options of `run`. */
export interface RunOptions {
  /** Ends it, as SIGTERM and SIGINT do. */
  signal?: AbortSignal;
  /** @default silent */
  logger?: Logger;
}

/** How one controller is. */
export interface ControllerHealth {
  /** Whether it has begun and has not stopped. */
  readonly running: boolean;
  /** Whether it was ready once. */
  readonly ready: boolean;
  /** What it watches and isn't up to date at present. */
  readonly behind: readonly WatchStatus[];
}

/** How a process with controllers is. */
export interface Health {
  /** Whether all controllers run: for a liveness probe. An API server that is away doesn't change that. */
  readonly live: boolean;
  /** Whether all were ready once: for a readiness probe. */
  readonly ready: boolean;
  /** In the order in which they were given. */
  readonly controllers: readonly ControllerHealth[];
}

/** Controllers that run. */
export interface Run {
  /**
   * Resolves when all have stopped and their reconciles have settled, with the exit code for the process: 0 after a signal, 1
   * where a controller could not be started, or stopped by itself. Never rejects.
   */
  readonly done: Promise<number>;
  /** As things are now, as plain data; what listens for probes is yours. */
  health(): Health;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Runs controllers as a process does: starts them, and at a SIGTERM, a SIGINT or the option's signal stops them from
 * the last to the first, each when those after it have settled. The second one ends the process at once, as Node does by itself.
 *
 * Controllers that were given the same transport, or the same kubeConfig, or neither, share connections, watches and cache, unless
 * settings of these differ; what more than one of them reads is watched once and kept once.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for what are no controllers, and for an option that is none
 */
export function run(controllers: readonly Controller[], options: RunOptions = {}): Run {
  if (!Array.isArray(controllers) || !controllers.every((one) => typeof one?.start === 'function'))
    throw invalidInput('controllers: expected a list of what createController gives');
  checkCallOptions(options);
  const { logger: given = silentLogger } = options;
  checkMethods('logger', given, ['debug', 'info', 'warn', 'error']);
  const logger = guardLogger(given);
  shareWatches(controllers, logger);
  return new ProcessRun(controllers, { ...options, logger });
}

interface Member {
  readonly controller: Controller;
  running: boolean;
  ready: boolean;
}

class ProcessRun implements Run {
  readonly done: Promise<number>;
  readonly #members: readonly Member[];
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #exitCode = 0;

  constructor(
    controllers: readonly Controller[],
    { signal, logger }: RunOptions & { readonly logger: Logger },
  ) {
    this.#logger = logger;
    this.#members = controllers.map((controller) => ({ controller, running: false, ready: false }));
    const onSignal = (name: string): void => {
      forget();
      logger.info({ signal: name }, 'stopping the controllers');
      this.#stop.abort();
    };
    const onAbort = (): void => this.#stop.abort();
    const forget = (): void => {
      for (const name of signals) process.off(name, onSignal);
    };
    for (const name of signals) process.on(name, onSignal);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    this.done = this.#run().finally(() => {
      forget();
      signal?.removeEventListener('abort', onAbort);
    });
  }

  health(): Health {
    const controllers = this.#members.map(({ controller, running, ready }) => ({
      running,
      ready,
      behind: running ? controller.watcher.health().behind : [],
    }));
    return {
      live: controllers.every(({ running }) => running),
      ready: controllers.every(({ ready }) => ready),
      controllers,
    };
  }

  async #run(): Promise<number> {
    const starting = this.#members.map((member) => this.#start(member));
    await aborted(this.#stop.signal);
    for (const { controller } of this.#members.toReversed()) {
      await controller.stop();
      await controller.stopped;
    }
    await Promise.all(starting);
    return this.#exitCode;
  }

  async #start(member: Member): Promise<void> {
    const { controller } = member;
    member.running = true;
    void controller.ready.then(
      () => (member.ready = true),
      () => {},
    );
    void controller.stopped.then(() => {
      member.running = false;
      if (!this.#stop.signal.aborted) this.#fail('a controller stopped by itself', {});
    });
    try {
      await controller.start();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fail('a controller could not be started', { error });
    }
  }

  #fail(message: string, fields: object): void {
    this.#logger.error(fields, message);
    this.#exitCode = 1;
    this.#stop.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

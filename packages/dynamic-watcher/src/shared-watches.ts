import {
  guardLogger,
  guardMetrics,
  silentLogger,
  type ObjectClient,
  type Transport,
} from '@depwatch/core';
import { limitWaits } from './limit-waits.ts';
import type { SharedWatchesOptions } from './options.ts';
import { planBounds } from './supply/plans/plan-bounds.ts';
import { systemClock } from './system-clock.ts';
import { Watches } from './watches.ts';

/**
 * The watches, the cache and the connections of several dynamic watchers: what more than one of them depends on is watched
 * once and kept once. Each is given them as `sharedWatches`; what it depends on, its queue and its reconciles are its own.
 * They begin with the first that starts, and end with the last that stops; what only one of them depended on ends with it.
 */
export interface SharedWatches {
  /** How many dynamic watchers have them at present. */
  readonly users: number;
}

/** The watches that dynamic watchers have in common, from the first that starts to the last that stops. */
export class WatchShare implements SharedWatches {
  readonly #options: SharedWatchesOptions;
  #users = 0;
  /** Of one that is made here: on its way, or there. */
  #making: Promise<Transport> | undefined;
  #own: Transport | undefined;
  #watches: Watches | undefined;

  constructor(options: SharedWatchesOptions) {
    this.#options = { ...options };
  }

  get users(): number {
    return this.#users;
  }

  /**
   * A dynamic watcher starts; it has to {@link leave}, also where this rejects.
   *
   * @returns undefined where there is a transport already, else what resolves when there is
   */
  enter(): Promise<void> | undefined {
    this.#users += 1;
    return typeof this.#options.transport === 'object' ? undefined : this.#connected();
  }

  /** What is watched; after {@link enter}. */
  get watches(): Watches {
    if (!this.#watches || this.#watches.isClosed) this.#watches = this.#create();
    return this.#watches;
  }

  /** A dynamic watcher has stopped; the last one ends the connections. Never rejects. */
  async leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const [own, making] = [this.#own, this.#making];
    this.#watches = undefined;
    this.#own = undefined;
    this.#making = undefined;
    if (own) await this.#close(own);
    // Nobody waits for what was not there yet.
    else making?.then((transport) => this.#close(transport)).catch(() => {});
  }

  async #connected(): Promise<void> {
    const { transport } = this.#options;
    const make = typeof transport === 'function' ? transport : () => this.#httpTransport();
    const making = (this.#making ??= make());
    try {
      const made = await making;
      if (this.#making === making) this.#own = made;
    } catch (error) {
      // The next one tries again.
      if (this.#making === making) this.#making = undefined;
      throw error;
    }
  }

  async #httpTransport(): Promise<Transport> {
    const { requestTimeoutMs, logger, metrics, clock } = this.#options;
    // Loaded here alone, so that users of a transport of their own load no HTTP client.
    const { createK8sTransport, loadKubeConfig } = await import('@depwatch/k8s-transport');
    const kubeConfig = this.#options.kubeConfig ?? (await loadKubeConfig());
    return createK8sTransport({
      kubeConfig,
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      ...(clock && { clock }),
    });
  }

  #create(): Watches {
    const { clock = systemClock, requestTimeoutMs = 10_000, ...options } = this.#options;
    return new Watches({
      transport: this.#own ?? limitWaits(options.transport as Reach, clock, requestTimeoutMs),
      clock,
      enableCache: options.enableCache ?? false,
      pollIntervalMs: options.pollIntervalMs ?? 30_000,
      watchPlan: options.watchPlan ?? 'auto',
      watchPlanBounds: planBounds(options.watchPlanBounds),
      objectCache: options.objectCache ?? {},
      requestTimeoutMs,
      authGraceMs: options.authGraceMs ?? 30_000,
      logger: guardLogger(options.logger ?? silentLogger),
      metrics: options.metrics && guardMetrics(options.metrics),
    });
  }

  async #close(transport: Transport): Promise<void> {
    try {
      await transport.close?.();
    } catch (error) {
      const logger = guardLogger(this.#options.logger ?? silentLogger);
      logger.error({ error }, 'the transport did not close');
    }
  }
}

type Reach = Transport & Partial<Pick<ObjectClient, 'create'>>;

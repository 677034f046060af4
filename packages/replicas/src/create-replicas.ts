import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import {
  checkRecord,
  DepwatchError,
  guardLogger,
  guardMetrics,
  noMetrics,
  silentLogger,
  type ObjectClient,
  type Ownership,
  type Transport,
} from '@depwatch/core';

import { ChangeListeners } from './change-listeners.ts';
import { Candidate } from './leader/candidate.ts';
import type { Member, Mode } from './mode.ts';
import { checkNames, leaseTimes, type ReplicasOptions } from './options.ts';
import { Problems } from './problems.ts';
import { Shards } from './shards/shards.ts';
import { systemClock } from './system-clock.ts';

/** One process among those that share watchers; what `ownership` of a dynamic watcher takes. Disposing stops it. */
export interface Replicas extends Ownership, AsyncDisposable {
  /**
   * Resolves when it takes part: with `shards` as a member, with `leader` as a candidate.
   *
   * @throws DepwatchError ERR_FORBIDDEN and the like, when it can't before anything changes; it goes on trying. ERR_NOT_STARTED
   * when it is stopped before; ERR_ALREADY_STARTED
   */
  start(): Promise<void>;
  /** Hands over at once, as soon as what runs has stopped; resolves at the renew deadline at the latest. It can't be started again. */
  stop(): Promise<void>;
  ownerOf(watcherKey: string): string | undefined;
  /** Who owns something, as far as this replica sees: with `leader`, the one that leads. */
  members(): readonly Member[];
  /**
   * `joining`: it owns nothing yet. `member`: it owns its share, with `leader` all or nothing. `leaving`: it owns nothing, and
   * hands over, or has. `lost`: it could not renew in time; it joins again by itself.
   */
  readonly state: 'joining' | 'member' | 'leaving' | 'lost';
  /** Its name among the others. */
  readonly identity: string;
}

/**
 * Lets several processes share watchers, each key one owner at a time, through Leases in a namespace.
 *
 * @throws DepwatchError ERR_INVALID_INPUT naming the option that is wrong
 */
export function createReplicas(options: ReplicasOptions): Replicas {
  checkRecord('options', options, 'an object with namespace and name');
  checkNames(options);
  return new ReplicasOf(options);
}

class ReplicasOf implements Replicas {
  readonly identity: string;
  readonly #options: ReplicasOptions;
  readonly #times;
  readonly #listeners: ChangeListeners;
  #mode: Mode | undefined;
  /** A transport that was made here, and so is closed here. */
  #own: Transport | undefined;
  #isStarted = false;
  #stopping: Promise<void> | undefined;

  constructor(options: ReplicasOptions) {
    const { logger, metrics } = options;
    this.#options = {
      ...options,
      ...(logger && { logger: guardLogger(logger) }),
      ...(metrics && { metrics: guardMetrics(metrics) }),
    };
    this.#times = leaseTimes(options);
    this.#listeners = new ChangeListeners(this.#options.logger ?? silentLogger);
    this.identity =
      options.identity ??
      (process.env['POD_NAME'] || `${hostname()}-${randomUUID().slice(0, 8)}`.toLowerCase());
  }

  get state(): Replicas['state'] {
    switch (this.#mode?.phase) {
      case 'member':
      case 'lost':
        return this.#mode.phase;
      case 'leaving':
      case 'left':
        return 'leaving';
      default:
        return this.#stopping ? 'leaving' : 'joining';
    }
  }

  get epoch(): number {
    return this.#mode?.epoch ?? 0;
  }

  owns(watcherKey: string): boolean {
    return this.#mode?.owns(watcherKey) ?? false;
  }

  ownerOf(watcherKey: string): string | undefined {
    return this.#mode?.ownerOf(watcherKey);
  }

  onChange(listener: Parameters<Ownership['onChange']>[0]): () => void {
    return this.#listeners.add(listener);
  }

  members(): readonly Member[] {
    return this.#mode?.members() ?? [];
  }

  async start(): Promise<void> {
    if (this.#isStarted || this.#stopping) {
      throw new DepwatchError('ERR_ALREADY_STARTED', 'replicas can be started once');
    }
    this.#isStarted = true;
    const client = this.#options.client ?? (await this.#connect());
    // It may have been stopped while the transport was loaded.
    if (this.#stopping) throw notStarted();
    this.#mode = this.#modeWith(client);
    await this.#mode.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.#mode?.stop();
    await this.#own?.close?.();
  }

  async #connect(): Promise<ObjectClient & Transport> {
    const { kubeConfig, logger, clock, metrics } = this.#options;
    // Loaded here alone, so that users of a client of their own load no HTTP client.
    const { createK8sTransport, loadKubeConfig } = await import('@depwatch/k8s-transport');
    const client = createK8sTransport({
      kubeConfig: kubeConfig ?? (await loadKubeConfig()),
      requestTimeoutMs: this.#times.renewDeadlineMs / 2,
      ...(logger && { logger }),
      ...(clock && { clock }),
      ...(metrics && { metrics }),
    });
    this.#own = client;
    if (this.#stopping) await client.close?.();
    return client;
  }

  #modeWith(client: ObjectClient & Transport): Mode {
    const { namespace, name, mode, clock = systemClock } = this.#options;
    const { logger = silentLogger, metrics = noMetrics } = this.#options;
    const { identity } = this;
    const problems = new Problems(logger, { group: name, identity });
    const Way = mode === 'leader' ? Candidate : Shards;
    return new Way({
      client,
      namespace,
      name,
      identity,
      run: randomUUID(),
      times: this.#times,
      clock,
      logger,
      metrics,
      listeners: this.#listeners,
      problems,
      stopped: notStarted,
    });
  }
}

function notStarted(): DepwatchError {
  return new DepwatchError('ERR_NOT_STARTED', 'the replica has been stopped');
}

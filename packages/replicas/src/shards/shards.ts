import {
  hasEnded,
  holdingOf,
  initialMembershipState,
  isDepwatchError,
  membersOf,
  membershipStep,
  otherOwners,
  overdueAt,
  ownershipTest,
  type Holding,
  type KubernetesObject,
  type MembershipContext,
  type MembershipEffect,
  type MembershipInput,
  type ReplicaLease,
} from '@depwatch/core';

import { isConflict, leaseId, leasesOf, type Lease } from '../lease.ts';
import type { Member, Mode, ModeOptions } from '../mode.ts';
import { Pace } from '../pace.ts';
import { within } from '../waiting.ts';
import { GroupNews } from './group-news.ts';
import { followLeases } from './lease-watch.ts';
import { leaseFrom, leaseNameOf, replicaLeaseFrom } from './replica-lease.ts';

/** A replica among others that share the watchers: performs on the API server what `membershipStep` asks for. */
export class Shards implements Mode {
  readonly #options: ModeOptions;
  readonly #leaseName: string;
  readonly #joined = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();
  #state = initialMembershipState;
  #owns: (key: string) => boolean = () => false;
  #holding: Holding | undefined;
  /** When all that runs has to end, unless a renewal comes through before. */
  #overdueAt = Infinity;
  /** The Leases as they were last seen, by name: what is written over one keeps what else is in it. */
  readonly #leases = new Map<string, Lease>();
  readonly #news: GroupNews;
  /** The Leases of which was said that they can't be read. */
  readonly #unreadable = new Set<string>();
  readonly #inputs: MembershipInput[] = [];
  #isFeeding = false;
  #following = new AbortController();
  readonly #readPace: Pace;
  #timer: Disposable | undefined;
  /** Nothing is deleted before, since that was refused. */
  #mayDeleteAt = -Infinity;

  constructor(options: ModeOptions) {
    this.#options = options;
    this.#leaseName = leaseNameOf(options.name, options.identity);
    this.#news = new GroupNews(options);
    const { retryPeriodMs, renewDeadlineMs } = options.times;
    const backOff = { baseMs: retryPeriodMs / 4, maxMs: retryPeriodMs };
    this.#readPace = new Pace(options.clock, backOff, renewDeadlineMs);
    // Whoever doesn't wait for the start hears of its failure from the logger.
    this.#joined.promise.catch(() => {});
  }

  get phase(): Mode['phase'] {
    return this.#state.phase;
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  owns(key: string): boolean {
    // By the clock, too: where the event loop has stalled, nobody else has told.
    const now = this.#options.clock.now();
    if (now >= this.#overdueAt) this.#feed({ type: 'elapsed' });
    if (!this.#holding || hasEnded(this.#holding, now)) return false;
    return this.#owns(key);
  }

  ownerOf(key: string): string | undefined {
    const { identity } = this.#options;
    return this.owns(key) ? identity : otherOwners(this.#state, this.#context())(key);
  }

  members(): readonly Member[] {
    return membersOf(this.#state, this.#context()).map(({ identity, epoch, run }) => ({
      identity,
      epoch,
      since: this.#news.memberSince(run) ?? this.#options.clock.now(),
    }));
  }

  start(): Promise<void> {
    this.#feed({ type: 'start' });
    return this.#joined.promise;
  }

  stop(): Promise<void> {
    this.#feed({ type: 'leave' });
    return this.#left.promise;
  }

  #context(): MembershipContext {
    const { clock, identity, run, times } = this.#options;
    return {
      now: clock.now(),
      random: clock.random(),
      identity,
      run,
      leaseName: this.#leaseName,
      ...times,
      slackMs: slackMs(times.leaseDurationMs),
    };
  }

  /** One input after the other, also where what one of them causes leads to another. */
  #feed(input: MembershipInput): void {
    this.#inputs.push(input);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) this.#take(next);
    } finally {
      this.#isFeeding = false;
    }
  }

  #take(input: MembershipInput): void {
    const before = this.#state;
    const context = this.#context();
    const [state, effects] = membershipStep(before, input, context);
    this.#state = state;
    this.#holding = holdingOf(state, context);
    this.#overdueAt = overdueAt(state, context);
    if (effects.some(({ type }) => type === 'changed')) this.#owns = ownershipTest(this.#holding);
    if (state.phase === 'member') this.#joined.resolve();
    this.#news.changed(before, state, context, this.#holding);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: MembershipEffect): void {
    const { client, clock, namespace, listeners } = this.#options;
    switch (effect.type) {
      case 'changed': {
        const { drain: number } = effect;
        void listeners.tell().then(() => this.#feed({ type: 'drained', number }));
        return;
      }
      case 'overdue':
        return listeners.overdue();
      case 'read':
        return this.#follow();
      case 'write':
        return void this.#write(effect);
      case 'delete': {
        if (clock.now() < this.#mayDeleteAt) return;
        const resourceVersion = effect.over;
        const options = { preconditions: { resourceVersion } };
        client.delete(leaseId(namespace, effect.name), options).catch((error: unknown) => {
          if (isConflict(error)) return;
          this.#failed('delete', error);
          this.#mayDeleteAt = clock.now() + refusedDeleteMs;
        });
        return;
      }
      case 'timer':
        this.#timer?.[Symbol.dispose]();
        this.#timer = clock.setTimeout(() => this.#feed({ type: 'elapsed' }), effect.ms);
        return;
      case 'left':
        return this.#end();
    }
  }

  #follow(): void {
    const { client, clock, namespace, name } = this.#options;
    this.#following.abort();
    this.#following = new AbortController();
    const { signal } = this.#following;
    const requestTimeoutMs = this.#requestTimeoutMs;
    const options = { clock, signal, requestTimeoutMs, pace: this.#readPace };
    void followLeases(client, leasesOf(namespace, name), options, {
      listed: (leases, resourceVersion) => {
        this.#options.problems.solved('read');
        this.#leases.clear();
        for (const lease of leases) this.#know(lease);
        const read = leases.map(replicaLeaseFrom);
        read.forEach((lease) => this.#tellUnreadable(lease));
        this.#feed({ type: 'listed', leases: read, resourceVersion });
      },
      event: ({ type, object }) => {
        const lease = replicaLeaseFrom(object);
        const { name: leaseName, resourceVersion } = lease;
        if (type === 'DELETED') {
          this.#leases.delete(leaseName);
          this.#feed({ type: 'deleted', name: leaseName, resourceVersion });
        } else {
          this.#know(object);
          this.#tellUnreadable(lease);
          this.#feed({ type: 'changed', lease });
        }
      },
      failed: (error) => this.#failed('read', error),
    });
  }

  /** Says once of a Lease that nobody can work beside it. */
  #tellUnreadable({ name: lease, record }: ReplicaLease): void {
    const { logger, name: group } = this.#options;
    if (record) this.#unreadable.delete(lease);
    if (record || this.#unreadable.has(lease)) return;
    this.#unreadable.add(lease);
    logger.error(
      { group, lease },
      lease === this.#leaseName
        ? 'the Lease of this replica is of another format, and is not written over: delete it, or give the replica another identity'
        : 'a Lease of the group is of another format: nothing is owned beside it until it lapses',
    );
  }

  /** A hung request leaves time for another one before the deadline. */
  get #requestTimeoutMs(): number {
    return this.#options.times.renewDeadlineMs / 2;
  }

  #know(lease: KubernetesObject): void {
    if (lease.metadata?.name !== undefined) this.#leases.set(lease.metadata.name, lease as Lease);
  }

  async #write({ record, over }: Extract<MembershipEffect, { type: 'write' }>): Promise<void> {
    const { client, clock, namespace, name: group } = this.#options;
    const { write } = record;
    const name = this.#leaseName;
    const before = over === undefined ? undefined : this.#leases.get(name);
    const now = clock.now();
    const lease = leaseFrom(record, before, { namespace, name, group, resourceVersion: over, now });
    try {
      const stored = await within(clock, this.#requestTimeoutMs, undefined, (signal) =>
        over === undefined ? client.create(lease, { signal }) : client.update(lease, { signal }),
      );
      this.#know(stored);
      this.#options.problems.solved('write');
      const { resourceVersion = '' } = stored.metadata ?? {};
      this.#feed({ type: 'written', write, resourceVersion });
    } catch (error) {
      this.#failed('write', error);
      this.#feed(outcomeOf(write, error));
    }
  }

  #failed(what: 'read' | 'write' | 'delete', error: unknown): void {
    // Who has left may have closed the connection, and tries nothing again.
    if (this.#state.phase === 'left') return;
    this.#options.problems.met(what, error);
    const isFinal =
      isDepwatchError(error) && !error.retryable && what !== 'delete' && !isConflict(error);
    if (!isFinal || this.#state.phase !== 'joining' || this.#state.epoch > 0) return;
    // It has never joined, and trying again won't help.
    this.#joined.reject(error);
  }

  #end(): void {
    this.#following.abort();
    this.#timer?.[Symbol.dispose]();
    this.#joined.reject(this.#options.stopped());
    this.#left.resolve();
  }
}

/** How long nothing is deleted after a delete that failed; what is left of others hurts nobody. */
const refusedDeleteMs = 60_000;

/** A second for the usual lease; clocks differ by much less, and the deadline comes seconds before the end of a lease. */
function slackMs(leaseDurationMs: number): number {
  return leaseDurationMs / 15;
}

/** What is known of a write that failed: whether it took effect, or may yet. */
function outcomeOf(write: number, error: unknown): MembershipInput {
  if (isConflict(error)) return { type: 'refused', write, conflict: true };
  const isRefused = (
    [
      'ERR_REJECTED',
      'ERR_FORBIDDEN',
      'ERR_UNAUTHORIZED',
      'ERR_INVALID_INPUT',
      'ERR_NO_VERSIONED_RESOURCE',
    ] as const
  ).some((code) => isDepwatchError(error, code));
  if (isRefused) return { type: 'refused', write, conflict: false };
  const retryAfterMs = isDepwatchError(error) ? error.retryAfterMs : undefined;
  return { type: 'unanswered', write, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

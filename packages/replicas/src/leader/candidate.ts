import { isDepwatchError, type MembershipPhase } from '@depwatch/core';

import { GroupMetrics } from '../group-metrics.ts';
import { isConflict, leaseId, type Lease } from '../lease.ts';
import type { Member, Mode, ModeOptions } from '../mode.ts';
import { Pace } from '../pace.ts';
import { sleep, within } from '../waiting.ts';
import {
  epochOf,
  isHeldBy,
  mayTake,
  releasedLease,
  takenLease,
  type Observed,
} from './election.ts';

/**
 * A candidate that owns all while it leads, by the protocol of client-go's leader election: one Lease, read each period and
 * written by who holds it.
 */
export class Candidate implements Mode {
  readonly #options: ModeOptions;
  readonly #joined = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  readonly #metrics: GroupMetrics;
  readonly #pace: Pace;
  #phase: MembershipPhase = 'idle';
  /** The greatest that was seen. */
  #epoch = 0;
  #observed: Observed = { lease: undefined, at: -Infinity };
  /** When the holder before this one was last seen to hold it; undefined where there was none. */
  #vacantSince: number | undefined;
  /** When the last renewal that took effect was sent; undefined while another leads, or nobody. */
  #renewedAt: number | undefined;
  #deadline: Disposable | undefined;
  #turns: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(options: ModeOptions) {
    this.#options = options;
    this.#metrics = new GroupMetrics(options);
    const { retryPeriodMs, renewDeadlineMs } = options.times;
    // A turn each period is slow enough; only what the server asks for takes longer.
    const backOff = { baseMs: retryPeriodMs / 4, maxMs: retryPeriodMs / 4 };
    this.#pace = new Pace(options.clock, backOff, renewDeadlineMs);
    // Whoever doesn't wait for the start hears of its failure from the logger.
    this.#joined.promise.catch(() => {});
  }

  get phase(): MembershipPhase {
    return this.#phase;
  }

  get epoch(): number {
    return this.#epoch;
  }

  ownerOf(): string | undefined {
    if (this.owns()) return this.#options.identity;
    const [holder] = this.members();
    const { clock, identity, times } = this.#options;
    const isRenewed = holder && clock.now() < this.#observed.at + times.leaseDurationMs;
    return isRenewed && holder.identity !== identity ? holder.identity : undefined;
  }

  owns(): boolean {
    // By the clock: where the event loop has stalled, the timer is late.
    if (!this.#isInTime()) this.#lose();
    return this.#phase === 'member' && this.#renewedAt !== undefined;
  }

  members(): readonly Member[] {
    const { lease, at } = this.#observed;
    const identity = lease?.spec?.holderIdentity;
    return identity ? [{ identity, epoch: epochOf(lease), since: at }] : [];
  }

  start(): Promise<void> {
    if (this.#phase === 'idle') {
      this.#phase = 'joining';
      this.#turns = this.#takeTurns();
    }
    return this.#joined.promise;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #takeTurns(): Promise<void> {
    const { clock, times } = this.#options;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#turn();
      // Candidates that began together don't come together; a leader is in no hurry either.
      const ms = times.retryPeriodMs * (0.9 + clock.random() * 0.2);
      await sleep(clock, Math.max(ms, this.#pace.waitMs), signal);
    }
  }

  async #turn(): Promise<void> {
    const { client, clock, namespace, name, problems } = this.#options;
    try {
      // Who leads tries first to renew what it knows.
      if (this.#renewedAt !== undefined && (await this.#write())) return;
      const lease = await within(clock, this.#requestTimeoutMs, undefined, (signal) =>
        client.get<Lease>(leaseId(namespace, name), { signal }),
      );
      problems.solved('read');
      this.#observe(lease);
      if (this.#phase === 'joining') {
        this.#phase = 'member';
        this.#joined.resolve();
      }
      if (this.#renewedAt !== undefined && !isHeldBy(lease, this.#options)) this.#lose();
      else if (this.#phase === 'member' && mayTake(this.#observed, this.#options)) {
        await this.#write();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#pace.failed(error);
    this.#options.problems.met('read', error);
    // It has never read the Lease, and trying again won't help.
    if (this.#phase === 'joining' && isDepwatchError(error) && !error.retryable) {
      this.#joined.reject(error);
    }
  }

  /** Takes the Lease, or renews it; false where it is another than was known. */
  async #write(): Promise<boolean> {
    const { client, clock, problems } = this.#options;
    const sentAt = clock.now();
    const lease = takenLease(this.#observed.lease, this.#options, sentAt, this.#epoch);
    try {
      const stored = await within(clock, this.#requestTimeoutMs, undefined, (signal) =>
        this.#observed.lease ? client.update(lease, { signal }) : client.create(lease, { signal }),
      );
      problems.solved('read');
      this.#observe(stored);
      this.#renewed(sentAt);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  /** A hung request leaves time for another one before the deadline. */
  get #requestTimeoutMs(): number {
    return this.#options.times.renewDeadlineMs / 2;
  }

  #observe(lease: Lease | undefined): void {
    const before = this.#observed;
    if (lease && lease.metadata?.resourceVersion === before.lease?.metadata?.resourceVersion)
      return;
    this.#observed = { lease, at: this.#options.clock.now() };
    this.#epoch = Math.max(this.#epoch, epochOf(lease));
    const [left, holder] = [before.lease, lease].map((one) => one?.spec?.holderIdentity);
    if (left === holder) return;
    this.#vacantSince = before.lease && before.at;
    this.#metrics.members(holder ? 1 : 0);
    if (left) this.#metrics.handedOver(holder ? 'lapsed' : 'left');
  }

  #renewed(sentAt: number): void {
    const { clock, times, listeners } = this.#options;
    const wasLeading = this.#renewedAt !== undefined;
    const ms = sentAt + times.renewDeadlineMs - clock.now();
    this.#deadline?.[Symbol.dispose]();
    if (ms <= 0) return this.#lose();
    this.#renewedAt = sentAt;
    this.#deadline = clock.setTimeout(() => this.#lose(), ms);
    if (wasLeading || this.#phase !== 'member') return;
    if (this.#vacantSince !== undefined) this.#metrics.takenOver(clock.now() - this.#vacantSince);
    this.#vacantSince = undefined;
    this.#tell(true);
    void listeners.tell();
  }

  #isInTime(): boolean {
    const { clock, times } = this.#options;
    const at = this.#renewedAt;
    // By the clock: where the event loop has stalled, the timer is late.
    return at !== undefined && clock.now() < at + times.renewDeadlineMs;
  }

  #lose(): void {
    this.#deadline?.[Symbol.dispose]();
    if (this.#renewedAt === undefined) return;
    this.#renewedAt = undefined;
    if (this.#phase === 'member') {
      this.#metrics.lost();
      this.#tell(false);
      void this.#options.listeners.tell();
    }
    // Also what a stop waits for.
    this.#options.listeners.overdue();
  }

  #tell(leads: boolean): void {
    const { logger, metrics, name, identity } = this.#options;
    const fields = { lease: name, identity, epoch: this.epoch };
    // The name that dashboards know from client-go.
    metrics.gauge('leader_election_master_status', leads ? 1 : 0, { name });
    if (leads) logger.info(fields, 'this replica leads');
    else if (this.#phase === 'leaving') logger.info(fields, 'this replica hands over');
    else {
      logger.warn(
        fields,
        'this replica no longer leads, and owns nothing; it stands for election again by itself. Where that repeats, see ' +
          'whether the API server answers and nothing holds up the event loop, or choose longer times',
      );
    }
  }

  async #stop(): Promise<void> {
    const { listeners, stopped } = this.#options;
    const led = this.owns();
    this.#phase = 'leaving';
    this.#joined.reject(stopped());
    if (led) {
      await this.#drained();
      this.#tell(false);
    }
    this.#ended.abort();
    await this.#turns;
    if (led && this.#isInTime()) await this.#release();
    this.#deadline?.[Symbol.dispose]();
    listeners.overdue();
    this.#phase = 'left';
  }

  /** Waits until nothing runs any more; the Lease is renewed meanwhile. */
  async #drained(): Promise<void> {
    const { clock, times, listeners } = this.#options;
    const done = new AbortController();
    const all = listeners.tell().then(() => done.abort());
    const overdue = sleep(clock, times.renewDeadlineMs, done.signal).then(() => {
      if (!done.signal.aborted) listeners.overdue();
      return sleep(clock, times.leaseDurationMs - times.renewDeadlineMs, done.signal);
    });
    await Promise.race([all, overdue]);
    done.abort();
  }

  async #release(): Promise<void> {
    const { client, clock, problems } = this.#options;
    const { lease } = this.#observed;
    if (!lease) return;
    try {
      await within(clock, this.#requestTimeoutMs, undefined, (signal) =>
        client.update(releasedLease(lease, clock.now()), { signal }),
      );
    } catch (error) {
      // It lapses, then.
      problems.met('release', error);
    }
  }
}

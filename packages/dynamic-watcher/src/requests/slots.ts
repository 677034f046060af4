import {
  backOffMs,
  groupVersionKindKey,
  type Clock,
  type DepwatchError,
  type GroupVersionKind,
  type Logger,
} from '@depwatch/core';
import type { Applicant } from './applicant.ts';
import { Entrant, type Desk } from './entrant.ts';
import { Lane } from './lane.ts';
import { Pool } from './pool.ts';
import type { RequestKind } from './request-kind.ts';
import type { ServerHealth } from './server-health.ts';
import { blame, resourceTrouble } from './trouble.ts';

/** Between the tries of a request that has no answer while others have, and of a resource that has none at all. */
const requestBackOff = { baseMs: 400, maxMs: 5000 };
const resourceBackOff = { baseMs: 800, maxMs: 30_000 };
/** How long the trouble of a resource that nobody asks for is remembered. */
const rememberedMs = 60_000;
/** A resource that has said nothing for so long, though asked, must not keep others from asking. */
const slowMs = 1000;

/** What {@link Slots} work on. */
export interface SlotsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: ServerHealth;
}

/**
 * Lets requests out: so many of a kind at once, resource by resource in turn, while the server is up. A resource in trouble
 * keeps nobody else waiting: it has a lane and a back-off of its own, one for all who ask for it.
 */
export class Slots implements Desk {
  readonly #options: SlotsOptions;
  readonly #lanes = new Map<string, Lane<Entrant>>();
  readonly #pools = new Map<RequestKind, Pool>();
  #closed = false;

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  /** How many resources have a lane: those with requests that wait or are under way, and those in trouble. */
  get lanes(): number {
    return this.#lanes.size;
  }

  /**
   * Calls the applicant's `go` when the request may be sent: at once, within this call, where nothing stands in the way.
   *
   * @param gvk what it asks for
   * @param attempt how often this very request has gone without an answer; spaces its retries when others are answered
   * @returns a handle whose disposal gives up the place in the queue, or the slot of a request that was ended
   */
  enter(
    kind: RequestKind,
    gvk: GroupVersionKind,
    attempt: number,
    applicant: Applicant,
  ): Disposable {
    const lane = this.#laneOf(gvk);
    const entrant = new Entrant(kind, lane, applicant, this);
    if (this.#closed) {
      entrant.state = 'over';
    } else if (attempt > 0 && lane.trouble === undefined) {
      entrant.state = 'delayed';
      lane.delayed += 1;
      const { clock } = this.#options;
      entrant.delay = clock.setTimeout(
        () => {
          lane.delayed -= 1;
          this.#queue(entrant);
        },
        backOffMs(attempt - 1, requestBackOff, clock.random()),
      );
    } else {
      this.#queue(entrant);
    }
    return entrant;
  }

  /** See {@link Desk}. */
  answered(entrant: Entrant): void {
    const { lane, kind } = entrant;
    lane.heard += 1;
    if (kind === 'resume') this.#poolOf(kind).adapt(this.#options.clock.now() - entrant.sentAt);
    this.#over(entrant);
    if (lane.trouble) {
      this.#options.logger.info({ resource: lane.name }, 'a resource is answered again');
    }
    this.#release(lane);
    this.#options.health.heard();
    this.#drain(kind);
    this.#dropIfIdle(lane);
  }

  /** See {@link Desk}. */
  failed(entrant: Entrant, error: DepwatchError): void {
    const { health } = this.#options;
    const { lane, state, kind } = entrant;
    const whose = blame(error);
    if (state === 'out') {
      if (whose === 'nobody') return this.answered(entrant);
      // Where others of the resource were answered meanwhile, it is this request's own trouble. And a trial is over, whatever
      // it met: with no back-off, a request that breaks its connection would be sent as often as the probe is answered.
      const isOwn = whose === 'resource' && lane.heard === entrant.heardBefore;
      if (isOwn || lane.trouble?.trial === entrant) {
        this.#troubled(lane, entrant, error);
      }
      this.#over(entrant);
    }
    if (whose === 'server') health.suspect();
    else if (error.reason === 'timeout') health.doubt();
    this.#drain(kind);
    this.#dropIfIdle(lane);
  }

  /** Gives up the place of a request, or its slot. */
  leave(entrant: Entrant): void {
    const { state, lane, kind } = entrant;
    if (state === 'over') return;
    entrant.delay?.[Symbol.dispose]();
    if (state === 'delayed') lane.delayed -= 1;
    if (state === 'queued') lane.waiting(kind).delete(entrant);
    this.#over(entrant);
    if (state === 'out') {
      if (lane.trouble?.trial === entrant) this.#tryNext(lane);
      this.#drain(kind);
    }
    this.#dropIfIdle(lane);
  }

  /** The server is not believed to be there any more: who waits is told. */
  shut(): void {
    for (const pool of this.#pools.values()) pool.reset();
    for (const lane of this.#lanes.values())
      lane.forEachWaiting(({ applicant }) => applicant.held?.());
  }

  /** The server is there: who waits may go. */
  opened(): void {
    for (const kind of this.#pools.keys()) this.#drain(kind);
    for (const lane of this.#lanes.values()) this.#tryNext(lane);
  }

  /** Lets nobody out any more, and stops all timers. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }

  #laneOf(gvk: GroupVersionKind): Lane<Entrant> {
    const key = groupVersionKindKey(gvk);
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, (lane = new Lane(key, gvk)));
    return lane;
  }

  #poolOf(kind: RequestKind): Pool {
    let pool = this.#pools.get(kind);
    if (!pool) {
      pool = new Pool(kind);
      this.#pools.set(kind, pool);
    }
    return pool;
  }

  #queue(entrant: Entrant): void {
    const { lane, kind, applicant } = entrant;
    entrant.state = 'queued';
    lane.waiting(kind).push(entrant);
    if (!lane.isHeld) this.#poolOf(kind).turns.push(lane);
    this.#drain(kind);
    this.#tryNext(lane);
    if (entrant.state !== 'queued') return;
    if (!this.#options.health.isOpen || lane.isHeld) applicant.held?.();
  }

  /** Sends who waits for a slot of this kind, as far as there are slots. */
  #drain(kind: RequestKind): void {
    const pool = this.#pools.get(kind);
    if (!pool || this.#closed) return;
    while (this.#options.health.isOpen && pool.counted < pool.limit) {
      const lane = pool.turns.shift();
      if (!lane) return;
      const waiting = lane.waiting(kind);
      const entrant = lane.isHeld ? undefined : waiting.shift();
      if (!entrant) continue;
      if (waiting.size > 0) pool.turns.push(lane);
      entrant.counted = true;
      pool.counted += 1;
      this.#send(entrant);
    }
  }

  #send(entrant: Entrant): void {
    const { lane } = entrant;
    entrant.state = 'out';
    entrant.sentAt = this.#options.clock.now();
    entrant.heardBefore = lane.heard;
    lane.out.add(entrant);
    this.#watchOver(lane);
    entrant.applicant.go(entrant);
  }

  /** Whether a lane is slow is looked at as long as it has requests under way. */
  #watchOver(lane: Lane<Entrant>): void {
    if (lane.timer || lane.isHeld) return;
    const { heard } = lane;
    lane.timer = this.#options.clock.setTimeout(() => {
      lane.timer = undefined;
      if (lane.out.size === 0 || lane.isHeld) return;
      if (lane.heard !== heard) return this.#watchOver(lane);
      lane.slow = true;
      for (const entrant of lane.out) this.#uncount(entrant);
      lane.forEachWaiting(({ applicant }) => applicant.held?.());
      for (const kind of this.#pools.keys()) this.#drain(kind);
    }, slowMs);
  }

  #over(entrant: Entrant): void {
    const { lane } = entrant;
    entrant.state = 'over';
    this.#uncount(entrant);
    if (!lane.out.delete(entrant) || lane.out.size > 0) return;
    if (!lane.trouble) lane.stopTimer();
    // All that it had to say is said: no answer is no reason to hold those who wait.
    if (lane.slow) this.#release(lane);
  }

  #uncount(entrant: Entrant): void {
    if (!entrant.counted) return;
    entrant.counted = false;
    this.#poolOf(entrant.kind).counted -= 1;
  }

  /** Nobody of the resource was answered: one request at a time finds out when that is over. */
  #troubled(lane: Lane<Entrant>, entrant: Entrant, error: DepwatchError): void {
    const { clock, logger } = this.#options;
    // Those who were under way when it began say nothing new.
    if (lane.trouble && lane.trouble.trial !== entrant) return;
    const failures = lane.trouble?.failures ?? 0;
    if (!lane.trouble) {
      const what = `${resourceTrouble(error)}; its watches wait, everything else goes on`;
      logger.warn({ resource: lane.name, error }, what);
      lane.forEachWaiting(({ applicant }) => applicant.held?.());
    }
    lane.slow = false;
    lane.trouble = { failures: failures + 1, trial: undefined, resting: false };
    lane.stopTimer();
    lane.timer = clock.setTimeout(
      () => {
        lane.timer = undefined;
        this.#tryNext(lane);
      },
      backOffMs(failures, resourceBackOff, clock.random()),
    );
  }

  /** Lets out the one that finds out whether the trouble is over; it takes no slot, so that it waits for nobody. */
  #tryNext(lane: Lane<Entrant>): void {
    const { trouble } = lane;
    if (!trouble || this.#closed || !this.#options.health.isOpen) return;
    if (trouble.trial?.state === 'out' || (lane.timer && !trouble.resting)) return;
    const trial = lane.shiftAny();
    trouble.trial = trial;
    if (trial) {
      if (trouble.resting) lane.stopTimer();
      trouble.resting = false;
      this.#send(trial);
    } else if (!trouble.resting) {
      // Nobody asks just now; who does within a while finds out whether it is over.
      trouble.resting = true;
      lane.timer = this.#options.clock.setTimeout(() => {
        lane.timer = undefined;
        lane.trouble = undefined;
        this.#dropIfIdle(lane);
      }, rememberedMs);
    }
  }

  /** The lane goes on as usual. */
  #release(lane: Lane<Entrant>): void {
    if (!lane.isHeld) return;
    lane.slow = false;
    lane.trouble = undefined;
    lane.stopTimer();
    if (lane.out.size > 0) this.#watchOver(lane);
    for (const kind of lane.kinds()) {
      this.#poolOf(kind).turns.push(lane);
      this.#drain(kind);
    }
  }

  #dropIfIdle(lane: Lane<Entrant>): void {
    if (!lane.isIdle) return;
    lane.stopTimer();
    // A stream may outlive its lane, and break when another has taken the key.
    if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key);
  }
}

import type { Clock, DepwatchError, Logger } from '@depwatch/core';
import { Fifo } from './fifo.ts';

/**
 * What a request is for: a page of a list, a streaming list (of one name, which is cheap, or of many objects), or a watch
 * from a version.
 */
export type RequestKind = 'list' | 'streamOne' | 'streamMany' | 'resume' | 'discover';

/** How many requests of a kind may be under way at once, from the moment they are sent until they are answered. */
const slots: Readonly<Record<RequestKind, number>> = {
  list: 50,
  streamOne: 256,
  streamMany: 50,
  resume: 64,
  discover: 64,
};

const probeBackOffMs = 200;
const probeBackOffMaxMs = 5000;

/** A request that was let through, and what came of it. */
export interface Pass {
  /** The server answered, if only with a refusal; the slot is free again. Further calls do nothing. */
  answered(): void;
  /** There was no answer; or, after `answered`, the connection broke. */
  unreachable(error: DepwatchError): void;
}

/** Who asks for admission. */
export interface Applicant {
  /** The request may be sent; called once, unless the place is given up. */
  go(pass: Pass): void;
  /** It has to wait because the server can't be reached; may be called more than once. */
  held?(): void;
}

/** A request that asks to be let out, and its pass; one object, since thousands may be under way. */
class Entrant implements Pass, Disposable {
  readonly kind: RequestKind;
  readonly applicant: Applicant;
  readonly #admission: Admission;
  state: 'delayed' | 'queued' | 'out' | 'over' = 'queued';
  delay: Disposable | undefined;
  /** How much had been heard when it was sent. */
  heardBefore = 0;

  constructor(kind: RequestKind, applicant: Applicant, admission: Admission) {
    this.kind = kind;
    this.applicant = applicant;
    this.#admission = admission;
  }

  answered(): void {
    if (this.state === 'out') this.#admission.answered(this);
  }

  unreachable(error: DepwatchError): void {
    this.#admission.unreachable(this, error);
  }

  [Symbol.dispose](): void {
    this.#admission.leave(this);
  }
}

/**
 * Lets requests out: at most so many of a kind at once, and while the server can't be reached only one at a time, with a
 * back-off. That the server can't be reached is one fact about it, not one per watch: the request let out then is the
 * probe that stands for all, and the others wait until it is answered.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queues = new Map<RequestKind, Fifo<Entrant>>();
  readonly #out = new Map<RequestKind, number>();
  #reachable = true;
  #probe: Entrant | undefined;
  #probeFailures = 0;
  #probeTimer: Disposable | undefined;
  /** When the present outage was noticed, if it was said in the log. */
  #outageSince: number | undefined;
  /** How often something came from the server. */
  #heard = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Calls the applicant's `go` when the request may be sent: at once, within this call, where nothing stands in the way.
   *
   * @param attempt how often this very request has gone without an answer; spaces its retries when others are answered
   * @returns a handle whose disposal gives up the place in the queue, or the slot of a request that was ended
   */
  enter(kind: RequestKind, attempt: number, applicant: Applicant): Disposable {
    const entrant = new Entrant(kind, applicant, this);
    if (attempt > 0 && this.#reachable) {
      entrant.state = 'delayed';
      entrant.delay = this.#clock.setTimeout(
        () => this.#queue(entrant),
        this.#backOff(attempt - 1),
      );
    } else {
      this.#queue(entrant);
    }
    return entrant;
  }

  /** See {@link Pass.answered}. */
  answered(entrant: Entrant): void {
    entrant.state = 'over';
    this.heard();
    if (this.#probe === entrant) this.#probe = undefined;
    if (!this.#reachable) this.#open();
    this.#free(entrant.kind);
  }

  /** See {@link Pass.unreachable}. */
  unreachable(entrant: Entrant, error: DepwatchError): void {
    if (entrant.state !== 'out') return this.#suspect();
    entrant.state = 'over';
    this.#unreachable(entrant, error);
    this.#free(entrant.kind);
  }

  /** Gives up the place of a request, or its slot. */
  leave(entrant: Entrant): void {
    const { state } = entrant;
    entrant.state = 'over';
    entrant.delay?.[Symbol.dispose]();
    if (state === 'queued') this.#queues.get(entrant.kind)?.delete(entrant);
    if (state === 'out') {
      if (this.#probe === entrant) this.#probe = undefined;
      this.#free(entrant.kind);
    }
  }

  /** Notes that bytes arrive: whatever else fails, the server can be reached. */
  heard(): void {
    this.#heard += 1;
  }

  /** Forgets who waits, and stops its timers. */
  close(): void {
    this.#probeTimer?.[Symbol.dispose]();
    this.#probeTimer = undefined;
    for (const queue of this.#queues.values()) queue.clear();
  }

  #queue(entrant: Entrant): void {
    const { applicant } = entrant;
    entrant.state = 'queued';
    let queue = this.#queues.get(entrant.kind);
    if (!queue) this.#queues.set(entrant.kind, (queue = new Fifo()));
    queue.push(entrant);
    this.#drain(entrant.kind);
    if (entrant.state === 'queued' && !this.#reachable) applicant.held?.();
  }

  #drain(kind: RequestKind): void {
    if (!this.#reachable) {
      this.#probeNext();
      return;
    }
    const queue = this.#queues.get(kind);
    while (this.#reachable && (this.#out.get(kind) ?? 0) < slots[kind]) {
      const entrant = queue?.shift();
      if (!entrant) return;
      this.#send(entrant);
    }
  }

  #drainAll(): void {
    for (const kind of this.#queues.keys()) this.#drain(kind);
  }

  #send(entrant: Entrant): void {
    entrant.state = 'out';
    entrant.heardBefore = this.#heard;
    this.#out.set(entrant.kind, (this.#out.get(entrant.kind) ?? 0) + 1);
    entrant.applicant.go(entrant);
  }

  #free(kind: RequestKind): void {
    this.#out.set(kind, (this.#out.get(kind) ?? 1) - 1);
    this.#drain(kind);
  }

  #unreachable(entrant: Entrant, error: DepwatchError): void {
    const wasProbe = this.#probe === entrant;
    if (wasProbe) this.#probe = undefined;
    // Bytes came while this request had none: the server is there, and this request has a trouble of its own.
    if (this.#heard > entrant.heardBefore) {
      if (!this.#reachable && wasProbe) this.#open();
      return;
    }
    if (!this.#reachable && !wasProbe) return;
    this.#probeFailures = this.#reachable ? 0 : this.#probeFailures;
    if (this.#reachable) this.#shut();
    if (this.#outageSince === undefined) {
      this.#outageSince = this.#clock.now();
      this.#logger.warn(
        { error },
        'the API server cannot be reached; its watches wait until it answers',
      );
    }
    this.#probeTimer?.[Symbol.dispose]();
    this.#probeTimer = this.#clock.setTimeout(() => {
      this.#probeTimer = undefined;
      this.#probeNext();
    }, this.#backOff(this.#probeFailures));
    this.#probeFailures += 1;
  }

  /** A connection broke: whether the server is still there is asked once, before all who lost theirs come back. */
  #suspect(): void {
    if (!this.#reachable) return;
    this.#probeFailures = 0;
    this.#shut();
  }

  #shut(): void {
    this.#reachable = false;
    for (const queue of this.#queues.values())
      for (const { applicant } of queue) applicant.held?.();
  }

  /** Lets out the one who has waited longest, if no probe is under way and none has just failed. */
  #probeNext(): void {
    if (this.#reachable || this.#probe || this.#probeTimer) return;
    for (const queue of this.#queues.values()) {
      const entrant = queue.shift();
      if (!entrant) continue;
      this.#probe = entrant;
      this.#send(entrant);
      return;
    }
  }

  #open(): void {
    this.#reachable = true;
    this.#probeFailures = 0;
    this.#probeTimer?.[Symbol.dispose]();
    this.#probeTimer = undefined;
    if (this.#outageSince !== undefined) {
      const outageMs = Math.round(this.#clock.now() - this.#outageSince);
      this.#outageSince = undefined;
      this.#logger.info({ outageMs }, 'the API server answers again');
    }
    this.#drainAll();
  }

  #backOff(failures: number): number {
    const full = Math.min(probeBackOffMaxMs, probeBackOffMs * 2 ** Math.min(failures, 10));
    return Math.min(probeBackOffMaxMs, full * (1 + this.#clock.random() / 2));
  }
}

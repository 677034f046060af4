import type { DepwatchError } from '@depwatch/core';
import type { Applicant, Pass } from './applicant.ts';
import type { Lane } from './lane.ts';
import type { RequestKind } from './request-kind.ts';

/** Where entrants report what became of them. */
export interface Desk {
  /** See {@link Pass.answered}. */
  answered(entrant: Entrant): void;
  /** See {@link Pass.failed}. */
  failed(entrant: Entrant, error: DepwatchError): void;
  /** Gives up the place of a request, or its slot. */
  leave(entrant: Entrant): void;
}

/** A request that asks to be let out, and its pass; one object, since thousands may be under way. */
export class Entrant implements Pass, Disposable {
  readonly kind: RequestKind;
  readonly lane: Lane<Entrant>;
  readonly applicant: Applicant;
  readonly #desk: Desk;
  state: 'delayed' | 'queued' | 'out' | 'over' = 'queued';
  delay: Disposable | undefined;
  sentAt = 0;
  /** How much the lane had heard when it was sent. */
  heardBefore = 0;
  /** Whether it takes a slot; that of a slow resource is given to others. */
  counted = false;

  constructor(kind: RequestKind, lane: Lane<Entrant>, applicant: Applicant, desk: Desk) {
    this.kind = kind;
    this.lane = lane;
    this.applicant = applicant;
    this.#desk = desk;
  }

  answered(): void {
    if (this.state === 'out') this.#desk.answered(this);
  }

  failed(error: DepwatchError): void {
    this.#desk.failed(this, error);
  }

  [Symbol.dispose](): void {
    this.#desk.leave(this);
  }
}

import type { Entrant } from './entrant.ts';
import { Fifo } from './fifo.ts';
import type { Lane } from './lane.ts';
import { mostUnderWay, type RequestKind } from './request-kind.ts';

/** How many resumes there may be while the server answers within {@link quickMs}. */
const mostResumes = 256;
const quickMs = 250;

/** The slots of one kind of request. */
export class Pool {
  readonly #kind: RequestKind;
  /** The lanes with somebody who waits for such a slot; each sends one when it is its turn. */
  readonly turns = new Fifo<Lane<Entrant>>();
  limit: number;
  counted = 0;

  constructor(kind: RequestKind) {
    this.#kind = kind;
    this.limit = mostUnderWay[kind];
  }

  /** A resume was answered, in so many milliseconds: there may be more of them while the server is quick. */
  adapt(ms: number): void {
    this.limit =
      ms <= quickMs
        ? Math.min(mostResumes, this.limit + 1)
        : Math.max(mostUnderWay.resume, this.limit - 1);
  }

  /** The server is not believed to be there any more: how quick it was says nothing. */
  reset(): void {
    this.limit = mostUnderWay[this.#kind];
  }
}

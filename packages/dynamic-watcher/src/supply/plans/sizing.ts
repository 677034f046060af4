import {
  DepwatchError,
  isRefusal,
  type PlanBranch,
  type PlanInput,
  type ResourceQuery,
  type Transport,
} from '@depwatch/core';
import { asTransportError } from '../../requests/as-transport-error.ts';
import type { Applicant, Pass } from '../../requests/applicant.ts';
import type { Slots } from '../../requests/slots.ts';

/** What a {@link Sizing} works on, and what it tells. */
export interface SizingContext {
  readonly transport: Transport;
  readonly slots: Slots;
  /** The request went out, or is held up since there is no answer. */
  begun(): void;
  /** What came of it. */
  told(outcome: PlanInput): void;
}

/** Asks once how many objects a branch has, by fetching one of them; until it is disposed of. */
export class Sizing implements Applicant, Disposable {
  readonly #branch: PlanBranch;
  readonly #query: ResourceQuery;
  readonly #context: SizingContext;
  readonly #call = new AbortController();
  #place: Disposable | undefined;
  hasBegun = false;

  /** @param query without name and selector: of a selection the server does not count what follows */
  constructor(branch: PlanBranch, query: ResourceQuery, context: SizingContext) {
    this.#branch = branch;
    this.#query = query;
    this.#context = context;
  }

  start(): void {
    this.#place = this.#context.slots.enter('list', this.#query.gvk, 0, this);
  }

  [Symbol.dispose](): void {
    this.#call.abort(unwanted);
    this.#place?.[Symbol.dispose]();
  }

  held(): void {
    this.hasBegun = true;
    this.#context.begun();
  }

  go(pass: Pass): void {
    this.held();
    const { signal } = this.#call;
    this.#context.transport.list(this.#query, { signal, limit: 1 }).then(
      ({ items, continue: next, remaining }) => {
        if (signal.aborted) return;
        pass.answered();
        const following = next ? remaining : 0;
        const size = following === undefined ? undefined : items.length + following;
        this.#context.told({ type: 'sized', branch: this.#branch, size });
      },
      (cause: unknown) => {
        if (signal.aborted) return;
        const error = asTransportError(cause, () => 'a list failed');
        pass.failed(error);
        this.#context.told(this.#failed(error));
      },
    );
  }

  #failed(error: DepwatchError): PlanInput {
    const branch = this.#branch;
    if (isRefusal(error)) return { type: 'unfit', branch, why: 'refused' };
    return { type: 'failed', branch, retryable: error.retryable };
  }
}

/** Why it is given up; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the size is no longer wanted');

import {
  DepwatchError,
  type Clock,
  type KubernetesObject,
  type ResourceQuery,
  type Transport,
} from '@depwatch/core';
import { asTransportError } from '../../requests/as-transport-error.ts';
import type { Applicant, Pass } from '../../requests/applicant.ts';
import type { Slots } from '../../requests/slots.ts';

/** What a {@link WholeList} works on. */
export interface ListContext {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly slots: Slots;
  /** How long a page is waited for, and its turn, in milliseconds. */
  readonly patienceMs: number;
}

/** Who wants to have everything listed. */
export interface ListReader {
  page(objects: readonly KubernetesObject[]): void;
  /** That was all, or all that is to be had. */
  done(): void;
}

const pageSize = 500;

/** Lists once what a query is about, page by page; it isn't tried again. Until it is disposed of. */
export class WholeList implements Applicant, Disposable {
  readonly #query: ResourceQuery;
  readonly #context: ListContext;
  readonly #reader: ListReader;
  readonly #call = new AbortController();
  #next: string | undefined;
  #place: Disposable | undefined;
  #timer: Disposable | undefined;

  constructor(query: ResourceQuery, context: ListContext, reader: ListReader) {
    this.#query = query;
    this.#context = context;
    this.#reader = reader;
  }

  start(): void {
    const { slots, clock, patienceMs } = this.#context;
    this.#timer = clock.setTimeout(() => this.#done(), patienceMs);
    const place = slots.enter('list', this.#query.gvk, 0, this);
    // It may have been answered by then.
    if (this.#call.signal.aborted) place[Symbol.dispose]();
    else this.#place = place;
  }

  [Symbol.dispose](): void {
    this.#call.abort(unwanted);
    this.#timer?.[Symbol.dispose]();
    this.#place?.[Symbol.dispose]();
  }

  go(pass: Pass): void {
    const { signal } = this.#call;
    const next = this.#next;
    const options = { signal, limit: pageSize, ...(next !== undefined && { continue: next }) };
    this.#context.transport.list(this.#query, options).then(
      ({ items, continue: following }) => {
        if (signal.aborted) return;
        pass.answered();
        this.#timer?.[Symbol.dispose]();
        this.#reader.page(items);
        if (signal.aborted) return;
        // One that names the same page again would go on for ever.
        if (following === undefined || following === next) return this.#done();
        this.#next = following;
        this.start();
      },
      (cause: unknown) => {
        if (signal.aborted) return;
        pass.failed(asTransportError(cause, () => 'a list failed'));
        this.#done();
      },
    );
  }

  #done(): void {
    this[Symbol.dispose]();
    this.#reader.done();
  }
}

/** Why it is given up; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the list is no longer wanted');

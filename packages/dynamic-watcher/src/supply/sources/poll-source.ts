import {
  backOffMs,
  DepwatchError,
  type Clock,
  type KubernetesObject,
  type ObjectIdentifier,
  type ResourceQuery,
  type ScopedGVR,
  type Transport,
} from '@depwatch/core';
import { asTransportError } from '../../requests/as-transport-error.ts';
import type { Applicant, Pass } from '../../requests/applicant.ts';
import type { Slots } from '../../requests/slots.ts';
import { objectsAskedFor } from './asked-for.ts';
import { showsOtherScope } from './rescoped.ts';
import type { Sink, Source } from './source.ts';
import { watchQuery } from './watch-query.ts';

const backOff = { baseMs: 1000, maxMs: 30_000 };
/** An endless list is no list. */
const mostPages = 1000;

/** What a {@link PollSource} works on. */
export interface PollSourceContext {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly slots: Slots;
  readonly pollIntervalMs: number;
  /** Resolves when the kind has come to be watchable, by what is known; else rejects. */
  watchable(signal: AbortSignal): Promise<ScopedGVR>;
  /** What is known of the kind may be wrong: it is to be asked for anew. */
  forget(): void;
  /** It can be watched now. */
  becameWatchable(gvr: ScopedGVR): void;
}

/** Reads again and again what can't be watched. Whole objects, since their versions may say nothing. */
export class PollSource implements Source, Applicant {
  readonly servedBy = 'poll';
  readonly query: ResourceQuery;
  readonly reads = { begun: 0, shown: 0 };
  readonly #sink: Sink;
  readonly #context: PollSourceContext;
  readonly #call = new AbortController();
  #place: Disposable | undefined;
  #timer: Disposable | undefined;
  #failures = 0;

  constructor(sink: Sink, watched: ObjectIdentifier, gvr: ScopedGVR, context: PollSourceContext) {
    this.#sink = sink;
    this.query = watchQuery(watched, gvr, false);
    this.#context = context;
  }

  get resourceVersion(): undefined {
    return undefined;
  }

  start(): void {
    this.#enter();
  }

  stop(): void {
    this.#call.abort(unwanted);
    this.#place?.[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
  }

  /** The next read shows how it is. */
  expire(): void {}

  held(): void {
    this.#sink.begun();
  }

  go(pass: Pass): void {
    this.#sink.begun();
    this.reads.begun += 1;
    const { signal } = this.#call;
    this.#read(signal).then(
      (objects) => {
        if (signal.aborted) return;
        pass.answered();
        if (showsOtherScope(this.query.gvr, objects, (object) => object)) this.#failed(rescoped);
        else this.#shown(objects);
      },
      (cause: unknown) => {
        if (signal.aborted) return;
        const error = asTransportError(cause, () => 'a read failed');
        pass.failed(error);
        this.#failed(error);
      },
    );
  }

  #enter(): void {
    this.#place = this.#context.slots.enter('list', this.query.gvk, 0, this);
  }

  /** All pages. */
  async #read(signal: AbortSignal): Promise<readonly KubernetesObject[]> {
    const objects: KubernetesObject[] = [];
    let next: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const listed = await this.#context.transport.list(this.query, {
        signal,
        limit: 500,
        ...(next && { continue: next }),
      });
      // Servers that can't be watched often know no field selector either.
      objects.push(...objectsAskedFor(this.query, listed.items));
      next = listed.continue;
      if (!next) return objects;
    }
    throw new DepwatchError('ERR_TRANSPORT', 'the list has no end', { retryable: true });
  }

  #shown(objects: readonly KubernetesObject[]): void {
    const { store } = this.#sink;
    this.#failures = 0;
    this.reads.shown = this.reads.begun;
    store.discard();
    store.stage(objects);
    const changes = store.commit();
    if (changes.length > 0) this.#sink.changed(changes);
    this.#sink.live();
    this.#sink.advanced();
    const { clock, pollIntervalMs } = this.#context;
    this.#again(pollIntervalMs * (0.9 + clock.random() / 5));
  }

  #failed(error: DepwatchError): void {
    if (!error.retryable) {
      this.stop();
      this.#context.forget();
      return this.#sink.ended(error);
    }
    const { clock, pollIntervalMs } = this.#context;
    const asked = error.retryAfterMs ?? 0;
    const ms = Math.max(asked, backOffMs(this.#failures, backOff, clock.random()));
    this.#failures += 1;
    this.#sink.retrying(error, ms);
    this.#again(Math.min(ms, Math.max(asked, pollIntervalMs)));
  }

  /** Reads again after a while, or lets a watch take over where the kind can be watched by then. */
  #again(ms: number): void {
    const { clock, watchable, becameWatchable } = this.#context;
    const { signal } = this.#call;
    this.#timer = clock.setTimeout(() => {
      watchable(signal).then(
        (gvr) => !signal.aborted && becameWatchable(gvr),
        () => !signal.aborted && this.#enter(),
      );
    }, ms);
  }
}

const rescoped = new DepwatchError(
  'ERR_NO_VERSIONED_RESOURCE',
  'the kind is served in another scope',
);

/** Why a read is given up; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'what was read is no longer wanted');

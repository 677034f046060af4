import {
  abortedError,
  type Clock,
  DepwatchError,
  type ListPage,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';

import { Gate, untilOpened } from './gate.ts';
import type { Kinds } from '../kinds/kinds.ts';
import { describeFakeRequest, errorFor } from './request-errors.ts';
import {
  type Attempt,
  concerns,
  denies,
  type DenyRule,
  type FailureRule,
  type FakeOperation,
  type FakeRequest,
  type HoldRule,
  Rules,
  type SpoilRule,
} from './rules.ts';
import { spoilEvent, spoilPage } from './spoiling.ts';
import { forbidden } from '../answers/statuses.ts';
import type { OpenWatch, WatchHub } from '../watches/watch-hub.ts';
import type { WatchStream } from '../watches/watch-stream.ts';

/** What can go wrong between a caller and the state: everything that tests switch on and off. */
export class Faults {
  readonly #hub: WatchHub;
  readonly #kinds: Kinds;
  readonly #clock: Clock;
  readonly #failures = new Rules<{ readonly rule: FailureRule; left: number }>();
  readonly #holds = new Rules<{ readonly rule: HoldRule; readonly gate: Gate }>();
  readonly #denials = new Rules<DenyRule>();
  readonly #spoils = new Rules<SpoilRule>();
  readonly #cuts = new Rules<number>();
  readonly #unannounced = new Rules<true>();
  readonly #staleVersions = new Rules<number>();
  /** Aborted when connections are cut, with the error of who used them. */
  #connected = new AbortController();
  /** Why no request gets through: the server is down, or the transport was closed. */
  #unreachable: { readonly reason: string; readonly retryable: boolean } | undefined;

  constructor(hub: WatchHub, kinds: Kinds, clock: Clock) {
    this.#hub = hub;
    this.#kinds = kinds;
    this.#clock = clock;
  }

  fail(rule: FailureRule): () => void {
    return this.#failures.add({ rule, left: rule.times ?? Infinity });
  }

  hold(filter: FakeOperation | HoldRule): () => void {
    const rule = typeof filter === 'string' ? { operation: filter } : filter;
    const gate = new Gate();
    const undo = this.#holds.add({ rule, gate });
    if (rule.at === 'answer') {
      for (const { request, subscription, stream } of this.#hub.watches) {
        if (subscription && concerns(rule, request)) stallUntilOpened(stream, gate);
      }
    }
    return () => {
      undo();
      gate.open();
    };
  }

  deny(rule: DenyRule): () => void {
    return this.#denials.add(rule);
  }

  spoil(rule: SpoilRule): () => void {
    return this.#spoils.add(rule);
  }

  cutWatches(ageMs: number): () => void {
    return this.#cuts.add(ageMs);
  }

  leaveUnannounced(): () => void {
    return this.#unannounced.add(true);
  }

  serveStale(version: number): () => void {
    return this.#staleVersions.add(version);
  }

  /** Breaks all watches, and all requests that are held. */
  cut(error: Error): void {
    const cut = this.#connected;
    this.#connected = new AbortController();
    this.#hub.end(undefined, { error });
    cut.abort(error);
  }

  /** No request gets through from now on, and everything under way breaks. */
  disconnect(reason: string, retryable: boolean): void {
    if (this.#unreachable?.retryable !== false) this.#unreachable = { reason, retryable };
    this.cut(this.#disconnected(reason, retryable));
  }

  /** Ends a retryable {@link disconnect}. */
  reconnect(): void {
    if (this.#unreachable?.retryable) this.#unreachable = undefined;
  }

  /** The age at which a watch that is accepted now will be cut, if it will be. */
  get cutAfterMs(): number | undefined {
    return this.#cuts.newest;
  }

  /** Whether the acceptance of a watch is told, by an empty burst, at the moment. */
  get announces(): boolean {
    return this.#unannounced.newest === undefined;
  }

  /** Whether watches of a resource may be resumed from a version at the moment. */
  hasVersions(query: ResourceQuery): boolean {
    return this.#spoiled(query, ({ versions }) => versions !== undefined).length === 0;
  }

  /** Whether lists of a resource always have the same continue token at the moment. */
  repeatsTokens(query: ResourceQuery): boolean {
    return this.#spoiled(query, ({ tokens }) => tokens !== undefined).length > 0;
  }

  /** What arrives of a page. */
  spoiltPage(query: ResourceQuery, page: ListPage): ListPage {
    return this.#spoiled(query).reduce(spoilPage, page);
  }

  /** What arrives of an event. */
  spoiltEvents(query: ResourceQuery, events: readonly WatchEvent[]): readonly WatchEvent[] {
    const rules = this.#spoiled(query);
    if (rules.length === 0) return events;
    return events.flatMap((event) => {
      let left: WatchEvent | undefined = event;
      for (const rule of rules) left &&= spoilEvent(left, rule);
      return left ?? [];
    });
  }

  /** The version that reads show at the moment, where that is not the newest. */
  get staleVersion(): number | undefined {
    return this.#staleVersions.newest;
  }

  /** The way of a request to the server. */
  async arrive(request: FakeRequest, signal: AbortSignal | undefined): Promise<void> {
    // Not within the call: whoever calls has gone on by then, as with a network.
    await Promise.resolve();
    await this.#wait('request', request, signal);
    this.#fail(request, false);
    this.#authorize(request);
  }

  /** What a watch that has been accepted fails with, if it does. */
  failAccepted(request: FakeRequest): void {
    this.#fail(request, true);
  }

  /** The way of an answer back. */
  leave(request: FakeRequest, signal: AbortSignal | undefined): Promise<void> {
    return this.#wait('answer', request, signal);
  }

  /** As {@link leave}, for a watch that has just been accepted: it is open, and silent while it is held. */
  stall({ request, stream }: OpenWatch): void {
    for (const { gate } of this.#holding('answer', request)) stallUntilOpened(stream, gate);
  }

  async #wait(
    place: 'request' | 'answer',
    request: FakeRequest,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // Also before it waits: the cut that would end its waiting has been.
    this.#checkConnected(request, signal);
    const holding = this.#holding(place, request);
    if (holding.length === 0) return;
    const { signal: cut } = this.#connected;
    const ended = signal ? AbortSignal.any([signal, cut]) : cut;
    for (const { rule, gate } of holding) {
      if (rule.timeoutMs === undefined) await untilOpened(gate, ended);
      else await this.#untilLate(gate, rule.timeoutMs, request, ended);
      this.#checkConnected(request, signal);
    }
  }

  #checkConnected(request: FakeRequest, signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw abortedError(signal);
    if (!this.#unreachable) return;
    const { reason, retryable } = this.#unreachable;
    throw this.#disconnected(`${describeFakeRequest(request)}: ${reason}`, retryable);
  }

  async #untilLate(
    gate: Gate,
    timeoutMs: number,
    request: FakeRequest,
    ended: AbortSignal,
  ): Promise<void> {
    const late = new AbortController();
    const message = `${describeFakeRequest(request)}: no answer after ${timeoutMs} ms`;
    const reason = 'timeout';
    const error = new DepwatchError('ERR_TRANSPORT', message, { retryable: true, reason });
    using _timer = this.#clock.setTimeout(() => late.abort(error), timeoutMs);
    await untilOpened(gate, AbortSignal.any([ended, late.signal]));
  }

  #holding(place: 'request' | 'answer', request: FakeRequest) {
    return this.#holds.filter(
      ({ rule }) => (rule.at ?? 'request') === place && concerns(rule, request),
    );
  }

  #fail(request: FakeRequest, accepted: boolean): void {
    const failure = this.#failures.find(
      ({ rule, left }) =>
        left > 0 &&
        (request.operation === 'watch' && rule.accepted === true) === accepted &&
        concerns(rule, request),
    );
    if (!failure) return;
    failure.left -= 1;
    const { error } = failure.rule;
    throw error instanceof Error ? error : errorFor(error, request);
  }

  #spoiled(query: ResourceQuery, does = (_rule: SpoilRule): boolean => true): SpoilRule[] {
    return this.#spoils.filter(
      (rule) => (rule.resource === undefined || rule.resource === query.gvr.resource) && does(rule),
    );
  }

  #disconnected(message: string, retryable: boolean): DepwatchError {
    // A transport that was closed says nothing about the server.
    const reason = retryable && ({ reason: 'unreachable' } as const);
    return new DepwatchError('ERR_TRANSPORT', message, { retryable, ...reason });
  }

  #authorize(request: FakeRequest): void {
    const attempt = this.#attemptOf(request);
    if (!attempt || !this.#denials.find((rule) => denies(rule, attempt))) return;
    throw errorFor(forbidden(attempt), request);
  }

  /** What an authorizer sees of a request; undefined for what everybody may do. */
  #attemptOf({ operation, gvk, query, id, subresource }: FakeRequest): Attempt | undefined {
    if (operation === 'discover' || operation === 'probe') return undefined;
    const gvr = query?.gvr ?? this.#kinds.byKind(gvk)?.resource;
    if (!gvr) return undefined;
    const { namespace, name } = query ?? id ?? {};
    const verb = operation === 'apply' ? 'patch' : operation;
    return { verb, gvr, kind: gvk.kind, subresource, namespace, name };
  }
}

function stallUntilOpened(stream: WatchStream, gate: Gate): void {
  const release = stream.stall();
  void gate.opened.then(release);
}

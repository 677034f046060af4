import {
  abortedError,
  DepwatchError,
  describeRequest,
  errorFromStatus,
  formatGroupVersion,
  type KubernetesStatus,
  type ResourceQuery,
} from '@depwatch/core';

import { Gate, untilOpened } from './gate.ts';
import {
  concerns,
  denies,
  type DenyRule,
  type FailureRule,
  type FakeOperation,
  type FakeRequest,
  type HoldRule,
  Rules,
} from './rules.ts';
import { forbidden } from './statuses.ts';
import type { WatchHub } from './watch-hub.ts';
import type { WatchStream } from './watch-stream.ts';

/** How a server that cannot serve streaming lists says so. */
export interface StreamingRefusal {
  readonly status: KubernetesStatus;
  /** Whether it answers 200 first. */
  readonly accepted: boolean;
}

/** What can go wrong between a caller and the state: everything that tests switch on and off. */
export class Faults {
  readonly #hub: WatchHub;
  readonly #failures = new Rules<{ readonly rule: FailureRule; left: number }>();
  readonly #holds = new Rules<{ readonly rule: HoldRule; readonly gate: Gate }>();
  readonly #denials = new Rules<DenyRule>();
  readonly #refusals = new Rules<StreamingRefusal>();
  readonly #staleVersions = new Rules<number>();
  /** Why no request gets through: the server is down, or the transport was closed. */
  #unreachable: { readonly reason: string; readonly retryable: boolean } | undefined;

  constructor(hub: WatchHub) {
    this.#hub = hub;
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

  refuseStreamingLists(refusal: StreamingRefusal): () => void {
    return this.#refusals.add(refusal);
  }

  serveStale(version: number): () => void {
    return this.#staleVersions.add(version);
  }

  /** No request gets through from now on, and all watches break. */
  disconnect(reason: string, retryable: boolean): void {
    if (this.#unreachable?.retryable !== false) this.#unreachable = { reason, retryable };
    this.#hub.end(undefined, { error: new DepwatchError('ERR_TRANSPORT', reason, { retryable }) });
  }

  /** Ends a retryable {@link disconnect}. */
  reconnect(): void {
    if (this.#unreachable?.retryable) this.#unreachable = undefined;
  }

  /** How streaming lists are refused at the moment, if they are. */
  get streamingRefusal(): StreamingRefusal | undefined {
    return this.#refusals.newest;
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
    if (signal?.aborted) throw abortedError(signal);
    if (this.#unreachable) {
      const { reason, retryable } = this.#unreachable;
      throw new DepwatchError('ERR_TRANSPORT', `${describe(request)}: ${reason}`, { retryable });
    }
    const failure = this.#failures.find(({ rule, left }) => left > 0 && concerns(rule, request));
    if (failure) {
      failure.left -= 1;
      const { error } = failure.rule;
      throw error instanceof Error ? error : errorFromStatus(error, describe(request));
    }
    const { operation, query } = request;
    if (query && operation !== 'discover') this.#authorize(operation, query);
  }

  /** The way of an answer back. */
  leave(request: FakeRequest, signal: AbortSignal | undefined): Promise<void> {
    return this.#wait('answer', request, signal);
  }

  /** As {@link leave}, for a watch that has just been accepted: it is open, and silent while it is held. */
  stall(request: FakeRequest, stream: WatchStream): void {
    for (const gate of this.#gates('answer', request)) stallUntilOpened(stream, gate);
  }

  async #wait(
    place: 'request' | 'answer',
    request: FakeRequest,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const gate of this.#gates(place, request)) await untilOpened(gate, signal);
  }

  #gates(place: 'request' | 'answer', request: FakeRequest): Gate[] {
    return this.#holds
      .filter(({ rule }) => (rule.at ?? 'request') === place && concerns(rule, request))
      .map(({ gate }) => gate);
  }

  #authorize(verb: 'list' | 'watch', query: ResourceQuery): void {
    if (!this.#denials.find((rule) => denies(rule, verb, query))) return;
    const { gvr, name } = query;
    const namespace = gvr.namespaced ? query.namespace : undefined;
    throw errorFromStatus(forbidden(verb, gvr, namespace, name), describeRequest(verb, query));
  }
}

function stallUntilOpened(stream: WatchStream, gate: Gate): void {
  const release = stream.stall();
  void gate.opened.then(release);
}

function describe({ operation, gvk, query }: FakeRequest): string {
  return operation === 'discover' || !query
    ? `discovery of ${formatGroupVersion(gvk)} ${gvk.kind}`
    : describeRequest(operation, query);
}

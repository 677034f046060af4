import {
  DepwatchError,
  describeRequest,
  expiredError,
  initialReflectorState,
  isDepwatchError,
  step,
  type KubernetesObject,
  type ObjectChange,
  type ObjectIdentifier,
  type ReflectorEffect,
  type ReflectorInput,
  type ReflectorOrigin,
  type ReflectorState,
  type ResourceQuery,
  type ScopedGVR,
  type WatchEvent,
} from '@depwatch/core';
import { normalizeWatched } from '../../normalize-watched.ts';
import type { Applicant, Pass } from '../../requests/applicant.ts';
import { eventsAskedFor, objectsAskedFor } from './asked-for.ts';
import { rescoped, showsOtherScope } from './rescoped.ts';
import { failureOf, requestKind, SourceCall, type RequestEffect } from './source-call.ts';
import type { ResumableSource, Sink } from './source.ts';
import { watchQuery } from './watch-query.ts';
import type { WatchSourceContext } from './watch-source-context.ts';

/** The watch of one object or selector: performs the effects of the reflector's steps on the transport and the store. */
export class WatchSource implements ResumableSource, Applicant {
  readonly servedBy = 'object';
  readonly #sink: Sink;
  readonly #watched: ObjectIdentifier;
  readonly #context: WatchSourceContext;
  #query: ResourceQuery;
  #state = initialReflectorState;
  #call: SourceCall | undefined;
  #timer: Disposable | undefined;

  constructor(sink: Sink, watched: ObjectIdentifier, gvr: ScopedGVR, context: WatchSourceContext) {
    this.#sink = sink;
    this.#watched = watched;
    this.#query = watchQuery(watched, gvr, context.metadataOnly);
    this.#context = context;
  }

  get resourceVersion(): string | undefined {
    return this.#state.memory.resourceVersion;
  }

  get query(): ResourceQuery {
    return this.#query;
  }

  start(from?: ReflectorOrigin): void {
    this.#feed({ type: 'start', ...(from && { from }) });
  }

  stop(): void {
    this.#feed({ type: 'stop' });
  }

  expire(error: DepwatchError): void {
    this.#feed({ type: 'failed', error });
  }

  #feed(input: ReflectorInput): void {
    const { clock, transport, streamingLists, streamAges, requestTimeoutMs, authGraceMs } =
      this.#context;
    const { store } = this.#sink;
    const before = this.#state;
    const [state, effects] = step(before, input, {
      now: clock.now(),
      random: clock.random(),
      streamingLists: streamingLists.believed(this.#query.gvr),
      staged: store.stagedSize,
      versionsMove: store.versionsMove,
      streamsCutAtMs: streamAges.cutAtMs,
      announcesAcceptance: transport.announcesAcceptance ?? false,
      requestTimeoutMs,
      authGraceMs,
    });
    this.#state = state;
    const change = Number(isHeld(state)) - Number(isHeld(before));
    if (change !== 0) this.#context.held?.(change as 1 | -1);
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (cause) {
        return this.#notKept(before, cause);
      }
      // A listener may have stopped the watch, or a call failed at once: what came of that is the newer truth.
      if (this.#state !== state) return;
    }
    const hasMoved = state.memory.resourceVersion !== before.memory.resourceVersion;
    if (hasMoved || isBookmark(input)) this.#sink.advanced();
  }

  /** What can't be applied has not been seen: the version before it stays the one to go on from. */
  #notKept(before: ReflectorState, cause: unknown): void {
    this.#state = before;
    const name = cause instanceof Error ? cause.name : typeof cause;
    // Nothing of the object is quoted: it may be a Secret.
    const message = `${describeRequest('watch', this.#query)}: an object could not be kept (${name})`;
    const error = new DepwatchError('ERR_TRANSPORT', message, {
      retryable: true,
      reason: 'protocol',
    });
    this.#feed({ type: 'failed', error });
  }

  #perform(effect: ReflectorEffect): void {
    const { store } = this.#sink;
    switch (effect.type) {
      case 'list':
      case 'watch':
        return this.#send(effect);
      case 'discover':
        return this.#ask((signal) =>
          this.#context.rediscover(this.#query.gvk, { confirm: effect.confirm, signal }),
        );
      case 'awaitKind':
        return this.#ask((signal) => this.#presence(signal));
      case 'gone':
        return this.#sink.gone(effect.error);
      case 'cancel':
        return this.#cancel();
      case 'timer':
        return this.#setTimer(effect.ms);
      case 'stage':
        return store.stage(objectsAskedFor(this.#query, effect.objects));
      case 'stageEvents':
        return store.stageEvents(eventsAskedFor(this.#query, effect.events));
      case 'discard':
        return store.discard();
      case 'commit':
        return this.#changed(store.commit());
      case 'apply':
        return this.#changed(store.apply(eventsAskedFor(this.#query, effect.events)));
      case 'live':
        if (this.#call) this.#answered(this.#call);
        return this.#sink.live();
      case 'retrying':
        return this.#sink.retrying(effect.error, effect.ms);
      case 'streamingRefused':
        return this.#context.streamingLists.refuse(this.#query.gvr);
      case 'cutShort':
        return this.#context.streamAges.cutAt(effect.ageMs);
      case 'end':
        return this.#sink.ended(effect.error);
    }
  }

  #changed(changes: readonly ObjectChange[]): void {
    if (changes.length > 0) this.#sink.changed(changes);
  }

  #setTimer(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#context.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#feed({ type: 'elapsed' });
    }, ms);
  }

  #cancel(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const call = this.#call;
    if (!call) return;
    this.#drop(call);
    call.end();
  }

  /** Waits until the kind can be watched; or until it is found that it can't be, where somebody waits who has it read then. */
  #presence(signal: AbortSignal): Promise<ScopedGVR> {
    const { gvk } = this.#query;
    const { noticed, served } = this.#context;
    if (!this.#sink.waits) return served(gvk, { signal });
    return noticed(gvk, { signal }).catch((error: unknown) => {
      const isUnwatchable = isDepwatchError(error, 'ERR_RESOURCE_UNWATCHABLE');
      // Who waited may have left.
      if (signal.aborted || (isUnwatchable && this.#sink.waits)) throw error;
      return served(gvk, { signal });
    });
  }

  /** Asks how the kind is served; whoever answers sees to slots and retries. */
  #ask(how: (signal: AbortSignal) => Promise<ScopedGVR>): void {
    const call = new SourceCall();
    this.#call = call;
    how(call.signal).then(
      (gvr) => {
        if (this.#call !== call) return;
        try {
          normalizeWatched(this.#watched, gvr);
        } catch (error) {
          // It names no namespace, and would need one now.
          this.stop();
          return this.#sink.ended(error as DepwatchError);
        }
        // From what is watched, not from the last query: what an earlier scope left out may be needed again.
        this.#query = watchQuery(this.#watched, gvr, this.#context.metadataOnly);
        this.#finish(call, { type: 'discovered' });
      },
      (cause: unknown) => {
        const error = failureOf(cause, 'watch', this.#query);
        // Who waits for what is not to be had has it read instead.
        if (error.code === 'ERR_RESOURCE_UNWATCHABLE' && this.#sink.waits && this.#call === call) {
          this.stop();
          return this.#sink.ended(error);
        }
        const denied = error.code === 'ERR_NO_VERSIONED_RESOURCE';
        this.#finish(call, { type: denied ? 'denied' : 'failed', error });
      },
    );
  }

  /** Has the request wait for its turn. */
  #send(request: RequestEffect): void {
    const { slots, pastVersions } = this.#context;
    const { gvk } = this.#query;
    const state = this.#state;
    // A version that a list has just shown is the server's own, whatever it said of it before.
    const isOld = state.name === 'watching' && state.resumed && request.type === 'watch';
    if (isOld && request.resourceVersion !== undefined) {
      if (pastVersions.has(gvk, request.resourceVersion)) return this.#isPast();
    }
    const call = new SourceCall(request);
    this.#call = call;
    const place = slots.enter(requestKind(request, this.#query), gvk, request.attempt, this);
    call.place = place;
    // It may have been let through, and ended, before `enter` returned.
    if (this.#call !== call) place[Symbol.dispose]();
  }

  /** Others of the resource were told that this version, or a newer one, has expired. */
  #isPast(): void {
    const message = `${describeRequest('watch', this.#query)}: the server no longer has its version`;
    this.#feed({ type: 'failed', error: expiredError(message) });
  }

  /** It is the turn of the request: of the current call, since those before gave up their places. */
  go(pass: Pass): void {
    const call = this.#call!;
    call.pass = pass;
    this.#sink.begun();
    this.#feed({ type: 'sent' });
    if (this.#call !== call) return;
    const { request } = call;
    const sent =
      request!.type === 'list' ? this.#list(call, request!) : this.#watch(call, request!);
    sent.catch((cause: unknown) => this.#failed(call, cause));
  }

  held(): void {
    this.#sink.begun();
  }

  #failed(call: SourceCall, cause: unknown): void {
    if (this.#call !== call) return;
    const { request } = call;
    const error = failureOf(cause, request!.type, this.#query);
    if (error.status?.code === 410 && request?.type === 'watch' && request.resourceVersion) {
      this.#context.pastVersions.add(this.#query.gvk, request.resourceVersion);
    }
    call.pass?.failed(error);
    this.#finish(call, { type: 'failed', error });
  }

  #finish(call: SourceCall, input: ReflectorInput): void {
    if (this.#call !== call) return;
    this.#drop(call);
    this.#feed(input);
  }

  /** The call's request was answered, a watch's by its acceptance or by what shows that it was accepted. */
  #answered(call: SourceCall): void {
    call.pass?.answered();
    if (call.request?.type !== 'watch' || call.isConnected) return;
    call.isConnected = true;
    const state = this.#state;
    this.#context.health.connected(state.name === 'watching' && state.resumed);
  }

  #drop(call: SourceCall): void {
    this.#call = undefined;
    if (call.isConnected) this.#context.health.disconnected();
  }

  async #list(call: SourceCall, effect: Extract<RequestEffect, { type: 'list' }>): Promise<void> {
    const page = await this.#context.transport.list(this.#query, {
      signal: call.signal,
      ...(effect.limit !== undefined && { limit: effect.limit }),
      ...(effect.continue !== undefined && { continue: effect.continue }),
    });
    if (this.#call !== call) return;
    call.pass?.answered();
    if (showsOtherScope(this.#query.gvr, page.items, (object) => object))
      this.#finish(call, { type: 'failed', error: rescoped });
    else this.#finish(call, { type: 'page', page });
  }

  async #watch(call: SourceCall, effect: Extract<RequestEffect, { type: 'watch' }>): Promise<void> {
    const { transport, health } = this.#context;
    const { resourceVersion, initialEvents, timeoutMs } = effect;
    const { wanted } = this.#sink;
    const iterator = transport
      .watch(this.#query, {
        signal: call.signal,
        timeoutMs,
        initialEvents,
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(wanted && { wanted }),
      })
      [Symbol.asyncIterator]();
    call.iterator = iterator;
    for (;;) {
      const { done, value } = await iterator.next();
      if (this.#call !== call) return;
      // The first thing that comes ends the request's wait; what comes later proves all the same that the server is there.
      this.#answered(call);
      health.heard();
      if (this.#call !== call) return;
      if (done) return this.#finish(call, { type: 'closed' });
      if (showsOtherScope(this.#query.gvr, value, objectOf)) return this.expire(rescoped);
      this.#feed({ type: 'events', events: value });
      if (this.#call !== call) return;
    }
  }
}

function isHeld({ name }: ReflectorState): boolean {
  return name !== 'idle' && name !== 'stopped' && name !== 'ended';
}

/** Whether the server says where it is: that is news, also where nothing has happened. */
function isBookmark(input: ReflectorInput): boolean {
  return input.type === 'events' && input.events.at(-1)?.type === 'BOOKMARK';
}

function objectOf(event: WatchEvent): KubernetesObject | undefined {
  return event.type === 'BOOKMARK' ? undefined : event.object;
}

import {
  DepwatchError,
  describeRequest,
  initialReflectorState,
  isDepwatchError,
  step,
  type ChangeType,
  type Clock,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
  type ObjectStore,
  type ReflectorEffect,
  type ReflectorInput,
  type ResourceQuery,
  type ScopedGVR,
  type Transport,
  type WatchEvent,
} from '@depwatch/core';
import type { Admission, Applicant, Pass, RequestKind } from '../requests/admission.ts';
import { watchQuery } from './watch-query.ts';
import type { StreamingLists } from './streaming-lists.ts';

/** What the drivers of one dynamic watcher share. */
export interface WatchDriverContext<Owner> {
  readonly listener: WatchListener<Owner>;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly streamingLists: StreamingLists;
  readonly requestTimeoutMs: number;
  readonly authGraceMs: number;
  readonly metadataOnly: boolean;
  /** Asks the server anew for the resource of a kind. */
  rediscover(gvk: GroupVersionKind): Promise<ScopedGVR>;
}

/** What drivers tell of their owners: one for all, since there may be thousands. No call is made after `stop`. */
export interface WatchListener<Owner> {
  /** The first request of the watch went out, or is held up since the server can't be reached. */
  begun(owner: Owner): void;
  live(owner: Owner): void;
  retrying(owner: Owner, error: DepwatchError, ms: number): void;
  changed(owner: Owner, changes: ReadonlySet<ChangeType>): void;
  /** It was given up for good. */
  ended(owner: Owner, error: DepwatchError): void;
}

/** What has to be called. */
type CallEffect = Extract<ReflectorEffect, { type: 'list' | 'watch' | 'discover' }>;

/** A call under way: what it feeds in counts only while it is the driver's current one. */
interface Call {
  readonly effect: CallEffect;
  readonly controller: AbortController;
  place?: Disposable;
  pass?: Pass;
  iterator?: AsyncIterator<readonly WatchEvent[]>;
}

/** Why a call was ended; one for all, since nobody sees it and a stop may end thousands. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the call is no longer wanted');

/** Runs one physical watch: performs the effects of the reflector's steps on the transport and the store. */
export class WatchDriver<Owner> implements Applicant {
  readonly #owner: Owner;
  readonly #watched: ObjectIdentifier;
  readonly #context: WatchDriverContext<Owner>;
  readonly #store: ObjectStore<KubernetesObject>;
  #query: ResourceQuery;
  #state = initialReflectorState;
  #call: Call | undefined;
  #timer: Disposable | undefined;
  #begun = false;

  constructor(
    owner: Owner,
    watched: ObjectIdentifier,
    gvr: ScopedGVR,
    store: ObjectStore<KubernetesObject>,
    context: WatchDriverContext<Owner>,
  ) {
    this.#owner = owner;
    this.#watched = watched;
    this.#query = watchQuery(watched, gvr, context.metadataOnly);
    this.#store = store;
    this.#context = context;
  }

  /** Everything up to this version has been applied. */
  get resourceVersion(): string | undefined {
    return this.#state.resourceVersion;
  }

  start(): void {
    this.#feed({ type: 'start' });
  }

  /** Ends the watch; nothing is told to the listener from now on. */
  stop(): void {
    this.#feed({ type: 'stop' });
  }

  #feed(input: ReflectorInput): void {
    const { clock, streamingLists, requestTimeoutMs, authGraceMs } = this.#context;
    const [state, effects] = step(this.#state, input, {
      now: clock.now(),
      random: clock.random(),
      streamingLists: streamingLists.believed(this.#query.gvr),
      requestTimeoutMs,
      authGraceMs,
    });
    this.#state = state;
    for (const effect of effects) {
      this.#perform(effect);
      // A listener may have stopped the watch, or a call failed at once: what came of that is the newer truth.
      if (this.#state !== state) return;
    }
  }

  #perform(effect: ReflectorEffect): void {
    switch (effect.type) {
      case 'list':
      case 'watch':
      case 'discover':
        return this.#send(effect);
      case 'cancel':
        return this.#cancel();
      case 'timer':
        return this.#setTimer(effect.ms);
      case 'stage':
        return this.#store.stage(effect.objects);
      case 'stageEvents':
        return this.#store.stageEvents(effect.events);
      case 'discard':
        return this.#store.discard();
      case 'commit':
        return this.#changed(this.#store.commit());
      case 'apply':
        return this.#changed(this.#store.apply(effect.events));
      case 'live':
        return this.#context.listener.live(this.#owner);
      case 'retrying':
        return this.#context.listener.retrying(this.#owner, effect.error, effect.ms);
      case 'streamingRefused':
        return this.#context.streamingLists.refuse(this.#query.gvr);
      case 'end':
        return this.#context.listener.ended(this.#owner, effect.error);
    }
  }

  #changed(changes: ReadonlySet<ChangeType>): void {
    if (changes.size > 0) this.#context.listener.changed(this.#owner, changes);
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
    this.#call = undefined;
    if (!call) return;
    call.place?.[Symbol.dispose]();
    call.controller.abort(unwanted);
    // The signal has ended the call; an iterator that fails to close has nothing left to say.
    call.iterator?.return?.().catch(() => {});
  }

  /** Has the request wait for its turn. */
  #send(effect: CallEffect): void {
    const call: Call = { effect, controller: new AbortController() };
    this.#call = call;
    const kind = requestKind(effect, this.#query);
    const place = this.#context.admission.enter(kind, effect.attempt, this);
    call.place = place;
    // It may have been let through, and ended, before `enter` returned.
    if (this.#call !== call) place[Symbol.dispose]();
  }

  /** It is the turn of the request: of the current call, since those before gave up their places. */
  go(pass: Pass): void {
    const call = this.#call!;
    call.pass = pass;
    this.held();
    this.#feed({ type: 'sent' });
    if (this.#call !== call) return;
    this.#run(call).catch((cause: unknown) => this.#failed(call, cause));
  }

  /** The first request is held up, or goes out. */
  held(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#context.listener.begun(this.#owner);
  }

  #run(call: Call): Promise<void> {
    switch (call.effect.type) {
      case 'list':
        return this.#list(call, call.effect);
      case 'watch':
        return this.#watch(call, call.effect);
      case 'discover':
        return this.#discover(call);
    }
  }

  #failed(call: Call, cause: unknown): void {
    if (this.#call !== call) return;
    const error = asTransportError(cause, this.#query);
    if (error.status === undefined && error.retryable) call.pass?.unreachable(error);
    else call.pass?.answered();
    this.#finish(call, { type: 'failed', error });
  }

  #finish(call: Call, input: ReflectorInput): void {
    if (this.#call !== call) return;
    this.#call = undefined;
    this.#feed(input);
  }

  async #list(call: Call, effect: Extract<CallEffect, { type: 'list' }>): Promise<void> {
    const page = await this.#context.transport.list(this.#query, {
      signal: call.controller.signal,
      limit: effect.limit,
      ...(effect.continue !== undefined && { continue: effect.continue }),
    });
    if (this.#call !== call) return;
    call.pass?.answered();
    this.#finish(call, { type: 'page', page });
  }

  async #discover(call: Call): Promise<void> {
    const { rediscover, metadataOnly } = this.#context;
    const gvr = await rediscover(this.#query.gvk);
    if (this.#call !== call) return;
    call.pass?.answered();
    // From what is watched, not from the last query: what an earlier scope left out may be needed again.
    this.#query = watchQuery(this.#watched, gvr, metadataOnly);
    this.#finish(call, { type: 'discovered' });
  }

  async #watch(call: Call, effect: Extract<CallEffect, { type: 'watch' }>): Promise<void> {
    const { transport, admission } = this.#context;
    const { resourceVersion, initialEvents, timeoutMs } = effect;
    const iterator = transport
      .watch(this.#query, {
        signal: call.controller.signal,
        timeoutMs,
        initialEvents,
        ...(resourceVersion !== undefined && { resourceVersion }),
      })
      [Symbol.asyncIterator]();
    call.iterator = iterator;
    for (;;) {
      const { done, value } = await iterator.next();
      if (this.#call !== call) return;
      admission.heard();
      // A streaming list keeps its slot until it is through; what only resumes has done with the server's work.
      if (!initialEvents || done) call.pass?.answered();
      if (done) return this.#finish(call, { type: 'closed' });
      this.#feed({ type: 'events', events: value });
      if (initialEvents && this.#state.name === 'watching') call.pass?.answered();
      if (this.#call !== call) return;
    }
  }
}

function requestKind(effect: CallEffect, { name }: ResourceQuery): RequestKind {
  if (effect.type !== 'watch') return effect.type;
  if (!effect.initialEvents) return 'resume';
  return name ? 'streamOne' : 'streamMany';
}

function asTransportError(cause: unknown, query: ResourceQuery): DepwatchError {
  if (isDepwatchError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DepwatchError('ERR_TRANSPORT', `${describeRequest('watch', query)}: ${reason}`, {
    cause,
    retryable: true,
  });
}

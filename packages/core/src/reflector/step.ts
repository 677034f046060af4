import { DepwatchError } from '../errors.ts';
import type { WatchEvent } from '../ports/transport.ts';
import type {
  ReflectorContext,
  ReflectorEffect,
  ReflectorInput,
  ReflectorMemory,
  ReflectorState,
} from './types.ts';

// The figures are those of client-go's reflector (tools/cache/reflector.go) where it has them.
const pageSize = 500;
const minWatchTimeoutMs = 5 * 60_000;
const backOffBaseMs = 800;
const backOffMaxMs = 30_000;
const healthyMs = 2 * 60_000;
const cleanEndJitterMs = 50;
/** A stream that ends earlier than this has not worked. */
const shortStreamMs = 1000;
const brokenStreamsUntilRelist = 3;
/** A version that expires this soon after the last one did is no accident. */
const expiredAgainMs = 10_000;
/** A server sends a bookmark about once a minute; a resumed stream without any for this long may have lost its place. */
const staleMs = 2 * 60_000;
/** How long beyond its timeout a stream may stay open before the client ends it. */
const overdueMs = 30_000;
const streamingSilenceMs = 10_000;
/** A transport that does not say when a first watch was accepted (with an empty burst) is taken at its word after this. */
const acceptedUnheardMs = 1000;

type Step = [ReflectorState, ReflectorEffect[]];
type Of<Name extends ReflectorState['name']> = Extract<ReflectorState, { name: Name }>;

/** The state of a watch that has not been started. */
export const initialReflectorState: ReflectorState = {
  name: 'idle',
  wasLive: false,
  failures: 0,
  brokenAtVersion: 0,
  rediscovered: false,
};

/**
 * The life of one watch: list (streamed where the server can), watch from the list's version, resume after an end, list
 * anew when the version has expired, back off when the server fails.
 *
 * Pure: it returns the next state and what to do. The structure is that of client-go's Reflector and of kube-rs'
 * `watcher`, as named states.
 */
export function step(
  state: ReflectorState,
  input: ReflectorInput,
  context: ReflectorContext,
): Step {
  if (state.name === 'stopped' || state.name === 'ended') return [state, []];
  switch (input.type) {
    case 'stop':
      return [{ ...memoryOf(state), name: 'stopped' }, [{ type: 'cancel' }, { type: 'discard' }]];
    case 'start':
      return state.name === 'idle' ? relist(memoryOf(state), context) : [state, []];
    case 'sent':
      return sent(state, context);
    case 'page':
      if (state.name !== 'listing') return [state, []];
      return page(state, input.page, context);
    case 'events':
      if (state.name === 'watching') return watched(state, input.events, context);
      if (state.name === 'streaming') return streamed(state, input.events, context);
      return [state, []];
    case 'closed':
      return closed(state, context);
    case 'discovered':
      return state.name === 'discovering' ? relist(memoryOf(state), context) : [state, []];
    case 'failed':
      return failed(state, input.error, context);
    case 'elapsed':
      return elapsed(state, context);
  }
}

function memoryOf(state: ReflectorState): ReflectorMemory {
  const { resourceVersion, wasLive, failures, healthySince, refusedSince, expiredAt } = state;
  const { brokenAtVersion, rediscovered } = state;
  return {
    ...(resourceVersion !== undefined && { resourceVersion }),
    wasLive,
    failures,
    ...(healthySince !== undefined && { healthySince }),
    ...(refusedSince !== undefined && { refusedSince }),
    ...(expiredAt !== undefined && { expiredAt }),
    brokenAtVersion,
    rediscovered,
  };
}

function watchTimeout(context: ReflectorContext): number {
  // Jittered between one and two times the minimum, so that watches that began together don't end together.
  return Math.round(minWatchTimeoutMs * (1 + context.random));
}

function relist(memory: ReflectorMemory, context: ReflectorContext, attempt = 0): Step {
  if (!context.streamingLists) {
    return [{ ...memory, name: 'listing' }, [{ type: 'discard' }, { type: 'list', limit: pageSize, attempt }]];
  }
  const timeoutMs = watchTimeout(context);
  return [
    { ...memory, name: 'streaming', accepted: false, silentSince: undefined, timeoutMs },
    [{ type: 'discard' }, { type: 'watch', initialEvents: true, timeoutMs, attempt }],
  ];
}

function watchFrom(
  memory: ReflectorMemory,
  resumed: boolean,
  context: ReflectorContext,
  attempt = 0,
): Step {
  const timeoutMs = watchTimeout(context);
  return [
    {
      ...memory,
      name: 'watching',
      accepted: false,
      sentAt: undefined,
      timeoutMs,
      resumed,
      seen: false,
    },
    [
      {
        type: 'watch',
        ...(memory.resourceVersion !== undefined && { resourceVersion: memory.resourceVersion }),
        initialEvents: false,
        timeoutMs,
        attempt,
      },
    ],
  ];
}

function sent(state: ReflectorState, context: ReflectorContext): Step {
  if (state.name === 'streaming') {
    return [{ ...state, silentSince: context.now }, [{ type: 'timer', ms: streamingSilenceMs }]];
  }
  if (state.name === 'watching') return armed({ ...state, sentAt: context.now }, context);
  return [state, []];
}

/** Sets the timer for the next moment at which an open watch has to be looked at. */
function armed(state: Of<'watching'>, context: ReflectorContext): Step {
  const due = deadlines(state, context).filter((at) => at > context.now);
  return [state, [{ type: 'timer', ms: Math.min(...due) - context.now }]];
}

function deadlines(state: Of<'watching'>, context: ReflectorContext): number[] {
  const sentAt = state.sentAt ?? context.now;
  return [
    sentAt + state.timeoutMs + overdueMs,
    ...(state.accepted ? [] : [sentAt + acceptedAfter(state, context)]),
    ...(state.resumed && !state.seen ? [sentAt + staleMs] : []),
  ];
}

function acceptedAfter(state: ReflectorState, { requestTimeoutMs }: ReflectorContext): number {
  // A resume that is wrongly believed would hide an outage, so the transport's own time-out comes first.
  return state.wasLive ? requestTimeoutMs * 1.2 : acceptedUnheardMs;
}

function page(state: Of<'listing'>, listed: ListPageLike, context: ReflectorContext): Step {
  const stage: ReflectorEffect = { type: 'stage', objects: listed.items };
  if (listed.continue) {
    return [
      state,
      [stage, { type: 'list', limit: pageSize, continue: listed.continue, attempt: 0 }],
    ];
  }
  const memory = { ...memoryOf(state), resourceVersion: listed.resourceVersion, brokenAtVersion: 0 };
  const [next, effects] = watchFrom(memory, false, context);
  return [next, [stage, { type: 'commit' }, ...effects]];
}

type ListPageLike = Extract<ReflectorInput, { type: 'page' }>['page'];

function streamed(
  state: Of<'streaming'>,
  events: readonly WatchEvent[],
  context: ReflectorContext,
): Step {
  const end = events.findIndex((event) => event.type === 'BOOKMARK' && event.initialEventsEnd);
  if (end < 0) {
    return [
      { ...state, accepted: true, silentSince: context.now },
      // The timer that is set looks at `silentSince` when it goes off, so it isn't set anew at each burst.
      events.length > 0 ? [{ type: 'stageEvents', events }] : [],
    ];
  }
  const bookmark = events[end] as Extract<WatchEvent, { type: 'BOOKMARK' }>;
  const rest = events.slice(end + 1);
  const memory = {
    ...accepted(memoryOf(state), context),
    resourceVersion: lastVersion(rest) ?? bookmark.resourceVersion,
    brokenAtVersion: 0,
  };
  const [next, timer] = armed(
    {
      ...memory,
      name: 'watching',
      accepted: true,
      sentAt: context.now,
      timeoutMs: state.timeoutMs,
      resumed: false,
      seen: true,
    },
    context,
  );
  const effects: ReflectorEffect[] = [
    { type: 'stageEvents', events: events.slice(0, end) },
    { type: 'commit' },
    { type: 'live' },
    ...timer,
  ];
  if (rest.length > 0) effects.push({ type: 'apply', events: rest });
  return [next, effects];
}

function watched(
  state: Of<'watching'>,
  events: readonly WatchEvent[],
  context: ReflectorContext,
): Step {
  const version = lastVersion(events);
  const effects: ReflectorEffect[] = [];
  if (events.length > 0) effects.push({ type: 'apply', events });
  let next: Of<'watching'> = state;
  if (!state.accepted) {
    const { sentAt, timeoutMs, resumed, seen } = state;
    next = {
      ...accepted(memoryOf(state), context),
      name: 'watching',
      accepted: true,
      sentAt,
      timeoutMs,
      resumed,
      seen,
    };
    effects.push({ type: 'live' });
  }
  if (version !== undefined) {
    next = { ...next, resourceVersion: version, seen: true, brokenAtVersion: 0 };
  }
  return [next, effects];
}

/** The version of the newest of these events that has one. */
function lastVersion(events: readonly WatchEvent[]): string | undefined {
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index]!;
    const version =
      event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata?.resourceVersion;
    if (version) return version;
  }
  return undefined;
}

function accepted(memory: ReflectorMemory, { now }: ReflectorContext): ReflectorMemory {
  const { refusedSince: _, ...rest } = memory;
  return { ...rest, wasLive: true, healthySince: now };
}

function closed(state: ReflectorState, context: ReflectorContext): Step {
  const memory = memoryOf(state);
  if (state.name === 'streaming') {
    return retry(memory, 'relist', endedEarly('the streaming list ended before its initial events did'), context);
  }
  if (state.name !== 'watching') return [state, []];
  if (state.accepted && lasted(memory, context) >= shortStreamMs) {
    return [
      { ...memory, name: 'waiting', next: 'resume' },
      [{ type: 'timer', ms: context.random * cleanEndJitterMs }],
    ];
  }
  return broken(memory, endedEarly('the watch ended as soon as it began'), context);
}

function endedEarly(message: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', message, { retryable: true });
}

/** Retries in a row, as of now: a stretch of health ends the row. */
function failuresOf(memory: ReflectorMemory, context: ReflectorContext): number {
  return lasted(memory, context) >= healthyMs ? 0 : memory.failures;
}

function lasted(memory: ReflectorMemory, { now }: ReflectorContext): number {
  return memory.healthySince === undefined ? 0 : now - memory.healthySince;
}

/** A stream broke: resume from the last version, but not for ever from the same one. */
function broken(memory: ReflectorMemory, error: DepwatchError, context: ReflectorContext): Step {
  const brokenAtVersion = memory.brokenAtVersion + 1;
  const relisting = brokenAtVersion >= brokenStreamsUntilRelist || memory.resourceVersion === undefined;
  return retry(
    { ...memory, brokenAtVersion: relisting ? 0 : brokenAtVersion },
    relisting ? 'relist' : 'resume',
    error,
    context,
  );
}

/** Waits, longer at each failure in a row, and at least as long as the server asked. */
function retry(
  memory: ReflectorMemory,
  next: Of<'waiting'>['next'],
  error: DepwatchError,
  context: ReflectorContext,
  atMostMs = Infinity,
): Step {
  const before = failuresOf(memory, context);
  const backOff = Math.min(backOffMaxMs, backOffBaseMs * 2 ** Math.min(before, 30));
  const ms = Math.min(Math.max(backOff * (0.5 + context.random / 2), error.retryAfterMs ?? 0), atMostMs);
  const { healthySince: _, ...rest } = memory;
  return [
    { ...rest, failures: before + 1, name: 'waiting', next },
    [{ type: 'cancel' }, { type: 'retrying', error, ms }, { type: 'timer', ms }],
  ];
}

/** No answer at all: the same call again, as soon as whoever watches over the server's health lets it through. */
function unreachable(
  memory: ReflectorMemory,
  next: Of<'waiting'>['next'],
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  const { healthySince: _, ...rest } = memory;
  const failures = failuresOf(memory, context) + 1;
  const [state, effects] = proceed({ ...rest, failures }, next, context, failures);
  return [state, [{ type: 'cancel' }, { type: 'retrying', error, ms: 0 }, ...effects]];
}

function proceed(
  memory: ReflectorMemory,
  next: Of<'waiting'>['next'],
  context: ReflectorContext,
  attempt = 0,
): Step {
  switch (next) {
    case 'resume':
      return watchFrom(memory, true, context, attempt);
    case 'relist':
      return relist(memory, context, attempt);
    case 'discover':
      return [{ ...memory, name: 'discovering' }, [{ type: 'discover', attempt }]];
  }
}

function failed(state: ReflectorState, error: DepwatchError, context: ReflectorContext): Step {
  if (state.name === 'idle' || state.name === 'waiting') return [state, []];
  const memory = memoryOf(state);
  const next = state.name === 'watching' ? 'resume' : state.name === 'discovering' ? 'discover' : 'relist';
  if (state.name === 'streaming' && refusesStreaming(state, error)) {
    return fallBack(memory, error, context);
  }
  switch (error.code) {
    case 'ERR_EXPIRED':
      return expired(memory, error, context);
    case 'ERR_UNAUTHORIZED':
    case 'ERR_FORBIDDEN':
      return refused(memory, next, error, context);
    case 'ERR_NO_VERSIONED_RESOURCE':
      return gone(state, error, context);
    default:
  }
  if (error.status === undefined && error.retryable) {
    const open = (state.name === 'watching' || state.name === 'streaming') && state.accepted;
    if (!open) return unreachable(memory, next, error, context);
    return state.name === 'watching' ? broken(memory, error, context) : retry(memory, next, error, context);
  }
  if (!error.retryable && !memory.wasLive) return ended(memory, error);
  // An answer that trying again does not change may be about the version, so a resume becomes a relist.
  return retry(memory, next === 'resume' && !error.retryable ? 'relist' : next, error, context);
}

function refusesStreaming(state: Of<'streaming'>, { status }: DepwatchError): boolean {
  const code = status?.code;
  if (code === undefined) return false;
  return state.accepted
    ? ![401, 403, 410, 429].includes(code)
    : [400, 405, 415, 422, 501].includes(code);
}

function fallBack(memory: ReflectorMemory, error: DepwatchError | undefined, context: ReflectorContext): Step {
  const [next, effects] = relist(memory, { ...context, streamingLists: false });
  return [next, [{ type: 'cancel' }, { type: 'streamingRefused', ...(error && { error }) }, ...effects]];
}

function expired(memory: ReflectorMemory, error: DepwatchError, context: ReflectorContext): Step {
  const { resourceVersion: _version, healthySince: _since, ...rest } = memory;
  const again = memory.expiredAt !== undefined && context.now - memory.expiredAt < expiredAgainMs;
  const known = { ...rest, failures: failuresOf(memory, context), expiredAt: context.now };
  // A server that lets every version expire at once is met with a back-off.
  if (again) return retry(known, 'relist', error, context);
  const [next, effects] = relist(known, context);
  return [next, [{ type: 'cancel' }, { type: 'retrying', error, ms: 0 }, ...effects]];
}

function refused(
  memory: ReflectorMemory,
  next: Of<'waiting'>['next'],
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  if (!memory.wasLive) return ended(memory, error);
  const refusedSince = memory.refusedSince ?? context.now;
  const left = refusedSince + context.authGraceMs - context.now;
  if (left <= 0) return ended(memory, error);
  return retry({ ...memory, refusedSince }, next, error, context, left);
}

/** 404: the kind may be gone, or served under another resource. */
function gone(state: ReflectorState, error: DepwatchError, context: ReflectorContext): Step {
  const memory = memoryOf(state);
  if (memory.wasLive) {
    // Nothing is left of it: an empty state takes the place of what was there, and wakes who depended on it.
    const { resourceVersion: _, ...rest } = memory;
    const [next, effects] = retry(rest, 'discover', error, context);
    return [next, [{ type: 'discard' }, { type: 'commit' }, ...effects]];
  }
  if (memory.rediscovered || state.name === 'discovering') return ended(memory, error);
  return [
    { ...memory, rediscovered: true, name: 'discovering' },
    [{ type: 'cancel' }, { type: 'discover', attempt: 0 }],
  ];
}

function ended(memory: ReflectorMemory, error: DepwatchError): Step {
  return [
    { ...memory, name: 'ended', error },
    [{ type: 'cancel' }, { type: 'discard' }, { type: 'end', error }],
  ];
}

function elapsed(state: ReflectorState, context: ReflectorContext): Step {
  switch (state.name) {
    case 'waiting':
      return proceed(memoryOf(state), state.next, context);
    case 'streaming': {
      const silent = context.now - (state.silentSince ?? context.now);
      if (silent >= streamingSilenceMs) return fallBack(memoryOf(state), undefined, context);
      return [state, [{ type: 'timer', ms: streamingSilenceMs - silent }]];
    }
    case 'watching':
      return overdue(state, context);
    default:
      return [state, []];
  }
}

/** Looks at an open watch when one of its deadlines has come. */
function overdue(state: Of<'watching'>, context: ReflectorContext): Step {
  const memory = memoryOf(state);
  const sentAt = state.sentAt ?? context.now;
  const age = context.now - sentAt;
  if (age >= state.timeoutMs + overdueMs) {
    return broken(memory, endedEarly('the watch stayed open beyond its time-out'), context);
  }
  if (state.resumed && !state.seen && age >= staleMs) {
    const { resourceVersion: _, ...rest } = memory;
    const [next, effects] = relist(rest, context);
    return [next, [{ type: 'cancel' }, ...effects]];
  }
  if (!state.accepted && age >= acceptedAfter(state, context)) {
    const [next, effects] = watched(state, [], context);
    const [timed, timer] = armed(next as Of<'watching'>, context);
    return [timed, [...effects, ...timer]];
  }
  return armed(state, context);
}

import type { ListPage, WatchEvent } from '../ports/transport.ts';
import { listFrom, memoryOf, proceed, relist, watchFrom, type Of, type Step } from './calls.ts';
import { broken, endedEarly, failed, fallBack, lasted, retry } from './failures.ts';
import type {
  ReflectorContext,
  ReflectorEffect,
  ReflectorInput,
  ReflectorMemory,
  ReflectorState,
} from './types.ts';

const cleanEndJitterMs = 50;
/** A stream that ends earlier than this has not worked. */
const shortStreamMs = 1000;
/** A server sends a bookmark about once a minute; a resumed stream without any for this long may have lost its place. */
const staleMs = 2 * 60_000;
/** How long beyond its timeout a stream may stay open before the client ends it. */
const overdueMs = 30_000;
const longestStreamingSilenceMs = 10_000;
/** A transport that does not say when a first watch was accepted (with an empty burst) is taken at its word after this. */
const acceptedUnheardMs = 1000;

/** The state of a watch that has not been started. */
export const initialReflectorState: ReflectorState = {
  name: 'idle',
  resourceVersion: undefined,
  wasLive: false,
  failures: 0,
  healthySince: undefined,
  refusedSince: undefined,
  expiredAt: undefined,
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

function sent(state: ReflectorState, context: ReflectorContext): Step {
  if (state.name === 'streaming') {
    return [{ ...state, silentSince: context.now }, [{ type: 'timer', ms: silenceMs(context) }]];
  }
  if (state.name === 'watching') return armed({ ...state, sentAt: context.now }, context);
  return [state, []];
}

/** How long a streaming list may be silent: whoever waits for the watch has to see the list that takes its place. */
function silenceMs({ requestTimeoutMs }: ReflectorContext): number {
  return Math.min(longestStreamingSilenceMs, requestTimeoutMs / 2);
}

/** Sets the timer for the next moment at which an open watch has to be looked at. */
function armed(state: Of<'watching'>, context: ReflectorContext): Step {
  const due = deadlines(state, context).filter((at) => at > context.now);
  const ms = Math.min(...due) - context.now;
  // In whole seconds, so that thousands of watches make few distinct delays: Node keeps a list for each.
  return [state, [{ type: 'timer', ms: ms > 60_000 ? Math.ceil(ms / 1000) * 1000 : ms }]];
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

function page(state: Of<'listing'>, listed: ListPage, context: ReflectorContext): Step {
  const stage: ReflectorEffect = { type: 'stage', objects: listed.items };
  if (listed.continue) {
    return [state, [stage, listFrom(listed.continue)]];
  }
  const memory = {
    ...memoryOf(state),
    resourceVersion: listed.resourceVersion,
    brokenAtVersion: 0,
  };
  const [next, effects] = watchFrom(memory, false, context);
  return [next, [stage, { type: 'commit' }, ...effects]];
}

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
  return { ...memory, refusedSince: undefined, wasLive: true, healthySince: now };
}

function closed(state: ReflectorState, context: ReflectorContext): Step {
  const memory = memoryOf(state);
  if (state.name === 'streaming') {
    return retry(
      memory,
      'relist',
      endedEarly('the streaming list ended before its initial events did'),
      context,
    );
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

function elapsed(state: ReflectorState, context: ReflectorContext): Step {
  switch (state.name) {
    case 'waiting':
      return proceed(memoryOf(state), state.next, context);
    case 'streaming': {
      const silent = context.now - (state.silentSince ?? context.now);
      const longest = silenceMs(context);
      if (silent >= longest) return fallBack(memoryOf(state), undefined, context);
      return [state, [{ type: 'timer', ms: longest - silent }]];
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
    const [next, effects] = relist({ ...memory, resourceVersion: undefined }, context);
    return [next, [{ type: 'cancel' }, ...effects]];
  }
  if (!state.accepted && age >= acceptedAfter(state, context)) {
    const [next, effects] = watched(state, [], context);
    const [timed, timer] = armed(next as Of<'watching'>, context);
    return [timed, [...effects, ...timer]];
  }
  return armed(state, context);
}

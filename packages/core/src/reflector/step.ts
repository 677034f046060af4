import type { ListPage, WatchEvent } from '../ports/transport.ts';
import { list, nextPage, proceed, watchFrom, type Of, type Step } from './calls.ts';
import { goesBack, lastVersion, wentBack } from './event-versions.ts';
import {
  broken,
  denied,
  expired,
  failed,
  failuresOf,
  fallBack,
  lasted,
  retry,
  trouble,
  unversionedMs,
} from './failures.ts';
import type {
  ReflectorContext,
  ReflectorEffect,
  ReflectorInput,
  ReflectorMemory,
  ReflectorOrigin,
  ReflectorState,
} from './types.ts';

const cleanEndJitterMs = 50;
/** A stream that ends earlier than this has not worked. */
const shortStreamMs = 1000;
/** A server sends a bookmark about once a minute; a resumed stream without any for this long may have lost its place. */
const staleMs = 2 * 60_000;
/** A stream that ends so long before its timeout, or longer, was not ended by that. */
const earlyMs = 5000;
/** How long beyond its timeout a stream may stay open before the client ends it. */
const overdueMs = 30_000;
const longestWithoutGrowthMs = 10_000;
/** A page may be empty where all that it looked at was filtered out; so many in a row are no accident. */
const mostIdlePages = 10;
/** A transport that does not say when a watch was accepted (with an empty burst) is taken at its word after this. */
const acceptedUnheardMs = 1000;

/** The state of a watch that has not been started. */
export const initialReflectorState: ReflectorState = {
  name: 'idle',
  memory: {
    resourceVersion: undefined,
    wasLive: false,
    failures: 0,
    failuresAtVersion: 0,
    healthySince: undefined,
    refusedSince: undefined,
    expiredAt: undefined,
    listedAt: undefined,
    silentMs: 0,
    cuts: { count: 0, ageMs: 0 },
    rediscovered: false,
  },
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
  if (!context.versionsMove && state.memory.resourceVersion !== undefined) {
    const memory = { ...state.memory, resourceVersion: undefined };
    return step({ ...state, memory }, input, context);
  }
  switch (input.type) {
    case 'stop':
      return [{ name: 'stopped', memory: state.memory }, [{ type: 'cancel' }, { type: 'discard' }]];
    case 'start':
      return state.name === 'idle' ? started(state.memory, input.from, context) : [state, []];
    case 'sent':
      return sent(state, context);
    case 'page':
      return state.name === 'listing' ? page(state, input.page, context) : [state, []];
    case 'events':
      if (state.name === 'watching') return watched(state, input.events, context);
      if (state.name === 'streaming') return streamed(state, input.events, context);
      return [state, []];
    case 'closed':
      return closed(state, context);
    case 'discovered':
      if (state.name !== 'discovering' && state.name !== 'missing') return [state, []];
      return list(state.memory, context, state.name === 'missing' ? 0 : state.attempt);
    case 'denied':
      return state.name === 'discovering' ? denied(state, input.error) : [state, []];
    case 'failed':
      return failed(state, input.error, context);
    case 'elapsed':
      return elapsed(state, context);
  }
}

function started(
  memory: ReflectorMemory,
  from: ReflectorOrigin | undefined,
  context: ReflectorContext,
): Step {
  if (!from) return list(memory, context);
  const { resourceVersion } = from;
  const isUsable = context.versionsMove && Boolean(resourceVersion);
  const known = {
    ...memory,
    wasLive: true,
    resourceVersion: isUsable ? resourceVersion : undefined,
  };
  return proceed(known, 'resume', context);
}

function sent(state: ReflectorState, context: ReflectorContext): Step {
  if (state.name === 'streaming') {
    return [
      { ...state, grownAt: context.now },
      [{ type: 'timer', ms: longestWithoutGrowth(context) }],
    ];
  }
  if (state.name === 'watching') return armed({ ...state, sentAt: context.now }, context);
  return [state, []];
}

/**
 * How long a streaming list may go without an object that is new to it: whoever waits for the watch has to see the list
 * that takes its place. Events alone do not count, since a server that never ends its list goes on with them.
 */
function longestWithoutGrowth({ requestTimeoutMs }: ReflectorContext): number {
  return Math.min(longestWithoutGrowthMs, requestTimeoutMs / 2);
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
    ...(state.accepted ? [] : [sentAt + unheardMs(state, context)]),
    ...(state.resumed && !state.seen ? [sentAt + staleMs - state.memory.silentMs] : []),
  ];
}

/** How long a watch that has not been accepted may be silent until that says something. */
function unheardMs({ memory }: ReflectorState, context: ReflectorContext): number {
  // A resume that is wrongly believed would hide an outage; and the transport's own time-out comes first.
  const believed = !context.announcesAcceptance && !memory.wasLive;
  return believed ? acceptedUnheardMs : context.requestTimeoutMs * 1.2;
}

function page(state: Of<'listing'>, listed: ListPage, context: ReflectorContext): Step {
  const { tokens } = state;
  const stage: ReflectorEffect = { type: 'stage', objects: listed.items };
  const token = listed.continue;
  if (token) {
    const idlePages = context.staged > state.staged ? 0 : state.idlePages + 1;
    // A token that comes again, or page after page with nothing new: such a list has no end.
    if (tokens.has(token) || idlePages > mostIdlePages) {
      const error = trouble(
        'protocol',
        'the list repeats itself: its continue token leads nowhere',
      );
      return retry(state.memory, 'relist', error, context);
    }
    const known = { tokens: new Set([...tokens, token]), staged: context.staged, idlePages };
    return [{ ...state, ...known }, [stage, nextPage(token)]];
  }
  const [next, effects] = watchFrom(
    listedAt(state.memory, listed.resourceVersion, context),
    false,
    context,
  );
  return [next, [stage, { type: 'commit' }, ...effects]];
}

function streamed(
  state: Of<'streaming'>,
  events: readonly WatchEvent[],
  context: ReflectorContext,
): Step {
  const end = events.findIndex((event) => event.type === 'BOOKMARK' && event.initialEventsEnd);
  if (end < 0) {
    const grown = grownAt(state, context);
    return [
      { ...state, ...grown, accepted: true },
      // The timer that is set looks at `grownAt` when it goes off, so it isn't set anew at each burst.
      events.length > 0 ? [{ type: 'stageEvents', events }] : [],
    ];
  }
  const bookmark = events[end] as Extract<WatchEvent, { type: 'BOOKMARK' }>;
  const rest = events.slice(end + 1);
  const version = lastVersion(rest) ?? bookmark.resourceVersion;
  const [next, timer] = armed(
    {
      name: 'watching',
      memory: accepted(listedAt(state.memory, version, context), context),
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
  ];
  // The version is that of all of them: who is told that it is live may go by it.
  if (rest.length > 0) effects.push({ type: 'apply', events: rest });
  return [next, [...effects, { type: 'live' }, ...timer]];
}

/** When the list last grew: what came before this input is staged by now. */
function grownAt(
  { staged, grownAt: before }: Of<'streaming'>,
  context: ReflectorContext,
): Pick<Of<'streaming'>, 'staged' | 'grownAt'> {
  return context.staged > staged
    ? { staged: context.staged, grownAt: context.now }
    : { staged, grownAt: before };
}

function watched(
  state: Of<'watching'>,
  events: readonly WatchEvent[],
  context: ReflectorContext,
): Step {
  const { memory } = state;
  if (goesBack(events, memory.resourceVersion)) return expired(memory, wentBack(), context);
  const version = lastVersion(events, memory.resourceVersion);
  const effects: ReflectorEffect[] = [];
  if (events.length > 0) effects.push({ type: 'apply', events });
  let next = state;
  if (!state.accepted) {
    next = { ...state, memory: accepted(memory, context), accepted: true };
    effects.push({ type: 'live' });
  }
  if (version !== undefined && version !== next.memory.resourceVersion) {
    const moved = { ...next.memory, resourceVersion: version, failuresAtVersion: 0 };
    next = { ...next, memory: moved, seen: true };
  } else if (version !== undefined && !next.seen) {
    next = { ...next, seen: true };
  }
  return [next, effects];
}

function accepted(memory: ReflectorMemory, context: ReflectorContext): ReflectorMemory {
  // The health of the stream before counts, however that one ended.
  const failures = failuresOf(memory, context);
  return { ...memory, refusedSince: undefined, wasLive: true, healthySince: context.now, failures };
}

/** A list is through; a version that is empty is none. */
function listedAt(
  memory: ReflectorMemory,
  version: string | undefined,
  { now }: ReflectorContext,
): ReflectorMemory {
  return {
    ...memory,
    resourceVersion: version || undefined,
    listedAt: now,
    failuresAtVersion: 0,
    silentMs: 0,
  };
}

function closed(state: ReflectorState, context: ReflectorContext): Step {
  const { memory } = state;
  if (state.name === 'streaming') {
    const error = trouble('protocol', 'the streaming list ended before its initial events did');
    return retry(memory, 'relist', error, context);
  }
  if (state.name !== 'watching') return [state, []];
  if (state.accepted && lasted(memory, context) >= shortStreamMs) {
    const ms = Math.max(context.random * cleanEndJitterMs, unversionedMs(memory, context));
    const silentMs = silence(state, context);
    // A server that has forgotten a version may say no more than that its stream is over, again and again.
    const next = silentMs < staleMs ? 'resume' : 'relist';
    return [{ name: 'waiting', memory: { ...memory, silentMs }, next }, [{ type: 'timer', ms }]];
  }
  const error = trouble('protocol', 'the watch ended as soon as it began');
  return broken(memory, error, context, state.accepted ? lasted(memory, context) : 0);
}

/** How long streams resumed from this version have shown nothing, in all; one that ends when it was asked to is in order. */
function silence(state: Of<'watching'>, context: ReflectorContext): number {
  const { memory, resumed, seen, timeoutMs } = state;
  const age = lasted(memory, context);
  return resumed && !seen && age < timeoutMs - earlyMs ? memory.silentMs + age : 0;
}

function elapsed(state: ReflectorState, context: ReflectorContext): Step {
  switch (state.name) {
    case 'waiting':
      return proceed(state.memory, state.next, context);
    case 'streaming': {
      const grown = grownAt(state, context);
      const idle = context.now - (grown.grownAt ?? context.now);
      const longest = longestWithoutGrowth(context);
      if (idle >= longest) return fallBack(state.memory, undefined, context);
      return [{ ...state, ...grown }, [{ type: 'timer', ms: longest - idle }]];
    }
    case 'watching':
      return overdue(state, context);
    default:
      return [state, []];
  }
}

/** Looks at an open watch when one of its deadlines has come. */
function overdue(state: Of<'watching'>, context: ReflectorContext): Step {
  const { memory } = state;
  const age = context.now - (state.sentAt ?? context.now);
  if (age >= state.timeoutMs + overdueMs) {
    const error = trouble('timeout', 'the watch stayed open beyond its time-out');
    return broken({ ...memory, cuts: { count: 0, ageMs: 0 } }, error, context);
  }
  if (state.resumed && !state.seen && age + memory.silentMs >= staleMs) {
    const [next, effects] = proceed({ ...memory, resourceVersion: undefined }, 'relist', context);
    return [next, [{ type: 'cancel' }, ...effects]];
  }
  if (!state.accepted && age >= unheardMs(state, context)) {
    if (context.announcesAcceptance) {
      return failed(state, trouble('timeout', 'the watch was not answered'), context);
    }
    const [next, effects] = watched(state, [], context);
    const [timed, timer] = armed(next as Of<'watching'>, context);
    return [timed, [...effects, ...timer]];
  }
  return armed(state, context);
}

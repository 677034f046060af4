import { backOffMs } from '../back-off.ts';
import { DepwatchError, isRefusal } from '../errors.ts';
import {
  list,
  listPages,
  listWhole,
  proceed,
  rediscover,
  unversionedListEveryMs,
  type Of,
  type Step,
} from './calls.ts';
import type { ReflectorContext, ReflectorMemory, ReflectorState } from './types.ts';

const backOff = { baseMs: 800, maxMs: 30_000 };
/** A server that asks for more than this is asked again all the same; beyond 24 days a timer would go off at once. */
const retryAfterMaxMs = 60 * 60_000;
const healthyMs = 2 * 60_000;
/** A stream that lived as long has worked: what cut it was not the server's trouble. */
const workedMs = 10_000;
const failuresUntilRelist = 3;
/** So many streams cut at a like age are no accident; alike are ages that differ by less than a tenth. */
const cutsUntilSaid = 3;
const likeAge = 0.1;
/** A version that expires this soon after the last one did is no accident. */
const expiredAgainMs = 10_000;

/** A call failed, or a stream did. */
export function failed(
  state: ReflectorState,
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  const { name } = state;
  if (name === 'waiting') return disturbed(state, error);
  if (name === 'idle' || name === 'missing') return [state, []];
  // The grace is for a server that goes on refusing: one that then failed otherwise has another when it is back.
  const memory = isRefusal(error) ? state.memory : { ...state.memory, refusedSince: undefined };
  if (name === 'streaming' && refusesStreaming(state, error)) {
    return fallBack(memory, error, context);
  }
  const isToken = name === 'listing' && error.code === 'ERR_EXPIRED' && state.tokens.size > 0;
  // The list begins anew, once; then it does without tokens. A server that pages all the same is given a rest.
  if (isToken && state.expired < 2) {
    const [next, effects] = state.expired > 0 ? listWhole(memory) : listPages(memory, 1);
    return [next, [{ type: 'cancel' }, ...effects]];
  }
  const next = name === 'watching' ? 'resume' : name === 'discovering' ? 'discover' : 'relist';
  switch (error.code) {
    case 'ERR_EXPIRED':
      return expired(memory, error, context);
    case 'ERR_UNAUTHORIZED':
    case 'ERR_FORBIDDEN':
      return refused(memory, next, error, context);
    case 'ERR_NO_VERSIONED_RESOURCE':
      return doubted(memory, error, context);
    default:
  }
  // The kind may no longer be one that can be watched; that, too, discovery knows.
  if (error.status?.code === 405 && name !== 'discovering') return doubted(memory, error, context);
  const open = (name === 'watching' || name === 'streaming') && state.accepted;
  if (name === 'watching' && open && error.status === undefined) {
    return broken(memory, error, context);
  }
  if (!error.retryable && !memory.wasLive) return ended(memory, error);
  const counted = name === 'watching' && concernsVersion(error) ? failedAtVersion(memory) : memory;
  // An answer that trying again does not change may be about the version, so a resume becomes a relist.
  const then = next === 'resume' && !(error.retryable && isVersionGood(counted)) ? 'relist' : next;
  const silent = !open && error.status === undefined && error.retryable;
  // Discovery is tried again by whoever was asked for it; what comes from there is an answer.
  return silent && name !== 'discovering'
    ? unanswered(counted, then, error, context)
    : retry(counted, then, error, context);
}

/**
 * A stream broke: resume from the last version, but not for ever from the same one.
 *
 * @param age of the stream in milliseconds; 0 for one that was never accepted
 */
export function broken(
  memory: ReflectorMemory,
  error: DepwatchError,
  context: ReflectorContext,
  age = lasted(memory, context),
): Step {
  const counted = failedAtVersion(memory);
  const worked = age >= workedMs;
  const cuts = worked ? countCut(memory.cuts, age) : memory.cuts;
  const [next, effects] = retry(
    { ...counted, cuts, ...(worked && { failures: 0 }) },
    isVersionGood(counted) ? 'resume' : 'relist',
    error,
    context,
  );
  if (cuts.count !== cutsUntilSaid) return [next, effects];
  return [next, [{ type: 'cutShort', ageMs: cuts.ageMs }, ...effects]];
}

/** Waits, longer at each failure in a row, and at least as long as the server asked. */
export function retry(
  memory: ReflectorMemory,
  next: Of<'waiting'>['next'],
  error: DepwatchError,
  context: ReflectorContext,
  atMostMs = Infinity,
): Step {
  const before = failuresOf(memory, context);
  const asked = Math.min(error.retryAfterMs ?? 0, retryAfterMaxMs);
  const ms = Math.min(
    Math.max(backOffMs(before, backOff, context.random), asked, unversionedMs(memory, context)),
    atMostMs,
  );
  const known = { ...memory, healthySince: undefined, failures: before + 1 };
  return [
    { name: 'waiting', memory: known, next },
    [{ type: 'cancel' }, { type: 'retrying', error, ms }, { type: 'timer', ms }],
  ];
}

/** How long a list has to wait that follows one which gave no version to resume from. */
export function unversionedMs(memory: ReflectorMemory, { now }: ReflectorContext): number {
  if (memory.resourceVersion !== undefined || memory.listedAt === undefined) return 0;
  return Math.max(0, memory.listedAt + unversionedListEveryMs - now);
}

export function fallBack(
  memory: ReflectorMemory,
  error: DepwatchError | undefined,
  context: ReflectorContext,
): Step {
  const [next, effects] = list(memory, { ...context, streamingLists: false });
  return [
    next,
    [{ type: 'cancel' }, { type: 'streamingRefused', ...(error && { error }) }, ...effects],
  ];
}

/** An error that the reflector itself finds; trying again may help. */
export function trouble(reason: 'timeout' | 'protocol', message: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', message, { retryable: true, reason });
}

/** How long the stream that is open has been so, in milliseconds. */
export function lasted(memory: ReflectorMemory, { now }: ReflectorContext): number {
  return memory.healthySince === undefined ? 0 : now - memory.healthySince;
}

/** The version can't be resumed from: it is too old, or belongs to a past that the server no longer knows. */
export function expired(
  memory: ReflectorMemory,
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  const again = memory.expiredAt !== undefined && context.now - memory.expiredAt < expiredAgainMs;
  const known = {
    ...memory,
    resourceVersion: undefined,
    listedAt: undefined,
    failuresAtVersion: 0,
    healthySince: undefined,
    failures: failuresOf(memory, context),
    expiredAt: context.now,
  };
  // A server that lets every version expire at once is met with a back-off.
  if (again) return retry(known, 'discover', error, context);
  // Also of one that was never live: what expired it may be that its kind is served in another scope by now.
  const [next, effects] = rediscover(known);
  return [next, [{ type: 'cancel' }, { type: 'retrying', error, ms: 0 }, ...effects]];
}

/** The server, asked anew, has no such kind. */
export function denied(state: ReflectorState, error: DepwatchError): Step {
  const { memory } = state;
  if (!memory.wasLive) return ended(memory, error);
  // Nothing is left of it: an empty state takes the place of what was there, and wakes who depended on it.
  const emptied = { ...memory, resourceVersion: undefined, listedAt: undefined, failures: 0 };
  return [
    { name: 'missing', memory: emptied },
    [
      { type: 'cancel' },
      { type: 'gone', error },
      { type: 'discard' },
      { type: 'commit' },
      { type: 'retrying', error, ms: 0 },
      { type: 'awaitKind' },
    ],
  ];
}

/** While it waits, only that its version is of no use changes what it waits for. */
function disturbed(state: Of<'waiting'>, error: DepwatchError): Step {
  if (error.code !== 'ERR_EXPIRED') return [state, []];
  const memory = { ...state.memory, resourceVersion: undefined, listedAt: undefined };
  return [{ ...state, memory, next: 'discover' }, []];
}

/** Failures in a row, as of now: a stretch of health ends the row. */
export function failuresOf(memory: ReflectorMemory, context: ReflectorContext): number {
  return lasted(memory, context) >= healthyMs ? 0 : memory.failures;
}

/** Whether a request may have failed because of the version it asked for: not when the server is busy, or was not reached. */
function concernsVersion({ status, reason }: DepwatchError): boolean {
  if (status) return status.code !== 429 && status.code !== 503;
  return reason !== undefined && reason !== 'unreachable' && reason !== 'credentials';
}

function failedAtVersion(memory: ReflectorMemory): ReflectorMemory {
  return { ...memory, failuresAtVersion: memory.failuresAtVersion + 1 };
}

function isVersionGood(memory: ReflectorMemory): boolean {
  return memory.resourceVersion !== undefined && memory.failuresAtVersion < failuresUntilRelist;
}

function countCut(cuts: ReflectorMemory['cuts'], ageMs: number): ReflectorMemory['cuts'] {
  const alike = cuts.count > 0 && Math.abs(ageMs - cuts.ageMs) <= cuts.ageMs * likeAge;
  return { count: alike ? cuts.count + 1 : 1, ageMs: alike ? Math.min(ageMs, cuts.ageMs) : ageMs };
}

/** No answer at all: the same call again, as soon as whoever watches over requests lets it through. */
function unanswered(
  memory: ReflectorMemory,
  next: Of<'waiting'>['next'],
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  const failures = failuresOf(memory, context) + 1;
  const known = { ...memory, healthySince: undefined, failures };
  const [state, effects] = proceed(known, next, context, failures);
  return [state, [{ type: 'cancel' }, { type: 'retrying', error, ms: 0 }, ...effects]];
}

function refusesStreaming(state: Of<'streaming'>, { status }: DepwatchError): boolean {
  const code = status?.code;
  if (code === undefined) return false;
  return state.accepted
    ? ![401, 403, 410, 429].includes(code)
    : [400, 405, 415, 422, 501].includes(code);
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

/**
 * 404, 405: the kind may be gone, or served elsewhere or otherwise, or somebody between here and the server has answered. Nothing is taken
 * for gone before discovery has said so.
 */
function doubted(memory: ReflectorMemory, error: DepwatchError, context: ReflectorContext): Step {
  if (!memory.wasLive) {
    if (memory.rediscovered) return ended(memory, error);
    const [next, effects] = rediscover({ ...memory, rediscovered: true });
    return [next, [{ type: 'cancel' }, ...effects]];
  }
  const failures = failuresOf(memory, context);
  if (failures > 0) return retry(memory, 'discover', error, context);
  const [next, effects] = rediscover({ ...memory, healthySince: undefined, failures: 1 });
  return [next, [{ type: 'cancel' }, { type: 'retrying', error, ms: 0 }, ...effects]];
}

function ended(memory: ReflectorMemory, error: DepwatchError): Step {
  return [
    { name: 'ended', memory, error },
    [{ type: 'cancel' }, { type: 'discard' }, { type: 'end', error }],
  ];
}

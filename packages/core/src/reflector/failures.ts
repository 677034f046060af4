import { DepwatchError } from '../errors.ts';
import { memoryOf, proceed, relist, type Of, type Step } from './calls.ts';
import type { ReflectorContext, ReflectorMemory, ReflectorState } from './types.ts';

const backOffBaseMs = 800;
const backOffMaxMs = 30_000;
/** A server that asks for more than this is asked again all the same; beyond 24 days a timer would go off at once. */
const retryAfterMaxMs = 60 * 60_000;
const healthyMs = 2 * 60_000;
const brokenStreamsUntilRelist = 3;
/** A version that expires this soon after the last one did is no accident. */
const expiredAgainMs = 10_000;

export function failed(
  state: ReflectorState,
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  if (state.name === 'idle' || state.name === 'waiting') return [state, []];
  const memory = memoryOf(state);
  const next =
    state.name === 'watching' ? 'resume' : state.name === 'discovering' ? 'discover' : 'relist';
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
    return state.name === 'watching'
      ? broken(memory, error, context)
      : retry(memory, next, error, context);
  }
  if (!error.retryable && !memory.wasLive) return ended(memory, error);
  // An answer that trying again does not change may be about the version, so a resume becomes a relist.
  return retry(memory, next === 'resume' && !error.retryable ? 'relist' : next, error, context);
}

/** A stream broke: resume from the last version, but not for ever from the same one. */
export function broken(
  memory: ReflectorMemory,
  error: DepwatchError,
  context: ReflectorContext,
): Step {
  const brokenAtVersion = memory.brokenAtVersion + 1;
  const relisting =
    brokenAtVersion >= brokenStreamsUntilRelist || memory.resourceVersion === undefined;
  return retry(
    { ...memory, brokenAtVersion: relisting ? 0 : brokenAtVersion },
    relisting ? 'relist' : 'resume',
    error,
    context,
  );
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
  const backOff = Math.min(backOffMaxMs, backOffBaseMs * 2 ** Math.min(before, 30));
  const ms = Math.min(
    Math.max(
      backOff * (0.5 + context.random / 2),
      Math.min(error.retryAfterMs ?? 0, retryAfterMaxMs),
    ),
    atMostMs,
  );
  return [
    { ...memory, healthySince: undefined, failures: before + 1, name: 'waiting', next },
    [{ type: 'cancel' }, { type: 'retrying', error, ms }, { type: 'timer', ms }],
  ];
}

export function fallBack(
  memory: ReflectorMemory,
  error: DepwatchError | undefined,
  context: ReflectorContext,
): Step {
  const [next, effects] = relist(memory, { ...context, streamingLists: false });
  return [
    next,
    [{ type: 'cancel' }, { type: 'streamingRefused', ...(error && { error }) }, ...effects],
  ];
}

export function endedEarly(message: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', message, { retryable: true });
}

export function lasted(memory: ReflectorMemory, { now }: ReflectorContext): number {
  return memory.healthySince === undefined ? 0 : now - memory.healthySince;
}

/** Retries in a row, as of now: a stretch of health ends the row. */
function failuresOf(memory: ReflectorMemory, context: ReflectorContext): number {
  return lasted(memory, context) >= healthyMs ? 0 : memory.failures;
}

/** No answer at all: the same call again, as soon as whoever watches over the server's health lets it through. */
function unreachable(
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

function expired(memory: ReflectorMemory, error: DepwatchError, context: ReflectorContext): Step {
  const again = memory.expiredAt !== undefined && context.now - memory.expiredAt < expiredAgainMs;
  const known = {
    ...memory,
    resourceVersion: undefined,
    healthySince: undefined,
    failures: failuresOf(memory, context),
    expiredAt: context.now,
  };
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
    const unversioned = { ...memory, resourceVersion: undefined };
    const [next, effects] = retry(unversioned, 'discover', error, context);
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

import type {
  ReflectorContext,
  ReflectorEffect,
  ReflectorMemory,
  ReflectorState,
} from './types.ts';

// The figures of this folder are those of client-go's reflector (tools/cache/reflector.go) where it has them.
const pageSize = 500;
const minWatchTimeoutMs = 5 * 60_000;

/** The next state and what to do. */
export type Step = [ReflectorState, ReflectorEffect[]];

/** The state of that name. */
export type Of<Name extends ReflectorState['name']> = Extract<ReflectorState, { name: Name }>;

export function memoryOf(state: ReflectorState): ReflectorMemory {
  const { resourceVersion, wasLive, failures, healthySince, refusedSince, expiredAt } = state;
  const { brokenAtVersion, rediscovered } = state;
  return {
    resourceVersion,
    wasLive,
    failures,
    healthySince,
    refusedSince,
    expiredAt,
    brokenAtVersion,
    rediscovered,
  };
}

function watchTimeout(context: ReflectorContext): number {
  // Jittered between one and two times the minimum, so that watches that began together don't end together.
  return Math.round(minWatchTimeoutMs * (1 + context.random));
}

export function relist(memory: ReflectorMemory, context: ReflectorContext, attempt = 0): Step {
  if (!context.streamingLists) {
    return [{ ...memory, name: 'listing' }, [{ type: 'discard' }, listFrom(undefined, attempt)]];
  }
  const timeoutMs = watchTimeout(context);
  return [
    { ...memory, name: 'streaming', accepted: false, silentSince: undefined, timeoutMs },
    [{ type: 'discard' }, { type: 'watch', initialEvents: true, timeoutMs, attempt }],
  ];
}

/** Asks for a page of the list. */
export function listFrom(token?: string, attempt = 0): ReflectorEffect {
  return {
    type: 'list',
    limit: pageSize,
    ...(token !== undefined && { continue: token }),
    attempt,
  };
}

export function watchFrom(
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

export function proceed(
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

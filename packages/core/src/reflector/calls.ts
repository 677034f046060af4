import type {
  ReflectorContext,
  ReflectorEffect,
  ReflectorMemory,
  ReflectorState,
} from './types.ts';

// The figures of this folder are those of client-go's reflector (tools/cache/reflector.go) where it has them.
const pageSize = 500;
const minWatchTimeoutMs = 5 * 60_000;
/** Where no version can be resumed from, what a stream has missed shows in a list only: so often one is made, and no more. */
export const unversionedListEveryMs = 30_000;
/** Of the age at which streams are cut on their way, so that the server ends them before. */
const partOfCutAge = 0.9;

/** The next state and what to do. */
export type Step = [ReflectorState, ReflectorEffect[]];

/** The state of that name. */
export type Of<Name extends ReflectorState['name']> = Extract<ReflectorState, { name: Name }>;

function watchTimeout(memory: ReflectorMemory, context: ReflectorContext): number {
  if (memory.resourceVersion === undefined && memory.listedAt !== undefined) {
    return unversionedListEveryMs;
  }
  // Jittered between one and two times the minimum, so that watches that began together don't end together.
  const wanted = minWatchTimeoutMs * (1 + context.random);
  return Math.round(Math.min(wanted, context.streamsCutAtMs * partOfCutAge));
}

/** Asks how the server serves the kind, and lists then. */
export function rediscover(memory: ReflectorMemory, attempt = 0): Step {
  return [
    { name: 'discovering', memory, attempt },
    [{ type: 'discover', confirm: memory.wasLive }],
  ];
}

/** Lists, streamed where the server can. */
export function list(memory: ReflectorMemory, context: ReflectorContext, attempt = 0): Step {
  if (!context.streamingLists) return listPages(memory, 0, attempt);
  const timeoutMs = watchTimeout({ ...memory, listedAt: undefined }, context);
  return [
    { name: 'streaming', memory, accepted: false, staged: 0, grownAt: undefined, timeoutMs },
    [{ type: 'discard' }, { type: 'watch', initialEvents: true, timeoutMs, attempt }],
  ];
}

/** Lists in pages from the start. */
export function listPages(memory: ReflectorMemory, expired: number, attempt = 0): Step {
  return [
    { name: 'listing', memory, tokens: new Set(), staged: 0, idlePages: 0, expired },
    [{ type: 'discard' }, { type: 'list', limit: pageSize, attempt }],
  ];
}

/** Lists all at once, for a server that lets each token expire. */
export function listWhole(memory: ReflectorMemory): Step {
  return [
    { name: 'listing', memory, tokens: new Set(), staged: 0, idlePages: 0, expired: 2 },
    [{ type: 'discard' }, { type: 'list', attempt: 0 }],
  ];
}

/** Asks for the page that follows. */
export function nextPage(token: string): ReflectorEffect {
  return { type: 'list', limit: pageSize, continue: token, attempt: 0 };
}

export function watchFrom(
  memory: ReflectorMemory,
  resumed: boolean,
  context: ReflectorContext,
  attempt = 0,
): Step {
  const timeoutMs = watchTimeout(memory, context);
  const { resourceVersion } = memory;
  return [
    {
      name: 'watching',
      memory,
      accepted: false,
      sentAt: undefined,
      timeoutMs,
      resumed,
      seen: false,
    },
    [
      {
        type: 'watch',
        ...(resourceVersion !== undefined && { resourceVersion }),
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
  if (next === 'discover') return rediscover(memory, attempt);
  return next === 'resume' && memory.resourceVersion !== undefined
    ? watchFrom(memory, true, context, attempt)
    : list(memory, context, attempt);
}

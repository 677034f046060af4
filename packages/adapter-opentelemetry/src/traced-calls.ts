import { succeeded, type ObjectIdentifier, type Outcome } from '@depwatch/core';
import { context, SpanKind, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';

import { idOf, type Wording } from './attributes.ts';
import type { RecentSpans } from './recent-spans.ts';

/** Calls that have spans: what writes to the server, what reads, and what waits. */
const calls: ReadonlyMap<string, 'write' | 'read' | 'wait'> = new Map([
  ...(['create', 'update', 'patch', 'apply', 'delete', 'patchStatus'] as const).map(
    (name) => [name, 'write'] as const,
  ),
  ...(['get', 'list'] as const).map((name) => [name, 'read'] as const),
  ...(
    [
      'addWatcher',
      'addOrUpdateWatcher',
      'removeWatcher',
      'startQueryBatch',
      'endQueryBatch',
    ] as const
  ).map((name) => [name, 'wait'] as const),
  ...(['abortQueryBatch', 'queryBatch', 'caughtUp', 'caughtUpDelete'] as const).map(
    (name) => [name, 'wait'] as const,
  ),
]);

const promiseTag = '[object Promise]';

/** What calls are traced with. */
export interface Tracing {
  readonly tracer: Tracer;
  readonly wording: Wording;
  readonly recent: RecentSpans;
}

/**
 * An object that does what `target` does, with a span for each call that reads, writes or waits.
 *
 * @param self what a call is about that names no object
 */
export function traceCalls<Target extends object>(
  target: Target,
  tracing: Tracing,
  self?: ObjectIdentifier,
): Target {
  const known = new Map<PropertyKey, { readonly value: unknown; readonly traced: unknown }>();
  // An empty one stands for it: of one that is frozen, a proxy would have to give what it has.
  const shell = Object.create(Object.getPrototypeOf(target) as object | null) as Target;
  return new Proxy(shell, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target);
      const isClient = key === 'client' && typeof value === 'object' && value !== null;
      if (!isClient && typeof value !== 'function') return value;
      const last = known.get(key);
      if (last?.value === value) return last.traced;
      const traced = isClient
        ? traceCalls(value, tracing, self)
        : callOf(target, key, value as Call, tracing, self);
      known.set(key, { value, traced });
      return traced;
    },
    set: (_, key, value) => Reflect.set(target, key, value),
    has: (_, key) => Reflect.has(target, key),
    deleteProperty: (_, key) => Reflect.deleteProperty(target, key),
    ownKeys: () => Reflect.ownKeys(target),
    getOwnPropertyDescriptor(_, key) {
      const described = Reflect.getOwnPropertyDescriptor(target, key);
      return described && { ...described, configurable: true };
    },
  });
}

type Call = (...args: unknown[]) => unknown;

function callOf(
  target: object,
  key: PropertyKey,
  call: Call,
  { tracer, wording, recent }: Tracing,
  self: ObjectIdentifier | undefined,
): Call {
  const type = typeof key === 'string' ? calls.get(key) : undefined;
  if (!type) return (...args) => call.apply(target, args);
  const isOwn = key === 'patchStatus';
  return (...args) => {
    const id = isOwn ? self : idOf(args.find((arg) => idOf(arg)));
    const name = [String(key), id?.kind].filter(Boolean).join(' ');
    const kind = type === 'write' ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const span = tracer.startSpan(name, { kind, attributes: wording.of(id) });
    return within(span, { wording }, () => {
      const returned = call.apply(target, args);
      if (type === 'write' && id) recent.note('write', id, span.spanContext());
      return returned;
    });
  };
}

/** How a span ends, and under what it runs. */
interface Within {
  readonly wording: Wording;
  /** @default what is active */
  readonly parent?: Context;
  /** What a value means that was returned. @default that it succeeded */
  comesTo?(value: unknown): Outcome;
  /** It has come to this. */
  settled?(outcome: Outcome): void;
}

/** Does something within a span, which ends with it. */
export function within<Done>(span: Span, options: Within, work: () => Done): Done {
  const { wording, parent = context.active(), comesTo = () => succeeded, settled } = options;
  const end = (outcome: Outcome): void => {
    if ('error' in outcome) wording.failed(span, outcome.error);
    settled?.(outcome);
    span.end();
  };
  const fail = (error: unknown): never => {
    end({ error });
    throw error;
  };
  let returned: Done;
  try {
    returned = context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    return fail(error);
  }
  if (!isPromise(returned)) {
    end(comesTo(returned));
    return returned;
  }
  return returned.then((value) => {
    end(comesTo(value));
    return value;
  }, fail) as Done;
}

/** A promise of any realm: a test's may be another one than that of Node's own functions. */
function isPromise(returned: unknown): returned is Promise<unknown> {
  return returned instanceof Promise || Object.prototype.toString.call(returned) === promiseTag;
}

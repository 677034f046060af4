import {
  isDepwatchError,
  outcomeOf,
  type Cause,
  type ObjectIdentifier,
  type Outcome,
  type ReconcileContext,
} from '@depwatch/core';
import { ROOT_CONTEXT, SpanKind, type Link, type SpanContext } from '@opentelemetry/api';

import { idOf, type Subject } from './attributes.ts';
import { traceCalls, within, type Tracing } from './traced-calls.ts';
import type { RecentSpans, Relation } from './recent-spans.ts';

/** Has one reconcile run within a span of its own. */
export function reconcileWithin<Context extends ReconcileContext, Done>(
  tracing: Tracing,
  subject: Subject,
  context: Context,
  reconcile: (context: Context) => Done,
): Done {
  const { tracer, wording, recent } = tracing;
  const id = idOf(subject);
  const span = tracer.startSpan(
    ['reconcile', id?.kind].filter(Boolean).join(' '),
    {
      kind: SpanKind.CONSUMER,
      links: id ? linksOf(id, context.causes, recent) : [],
      attributes: {
        ...wording.of(id),
        'depwatch.causes': wording.causes(context.causes),
        'depwatch.attempt': context.attempt,
        ...(context.epoch !== undefined && { 'depwatch.epoch': context.epoch }),
      },
    },
    // Whoever was active when the loop woke up, for any of its watchers, is not the one who asked for this.
    ROOT_CONTEXT,
  );
  const settled = (outcome: Outcome): void => {
    const result = resultOf(outcome);
    span.setAttribute('depwatch.result', result);
    if ('afterMs' in outcome && outcome.afterMs !== undefined)
      span.setAttribute('depwatch.requeue_after_ms', outcome.afterMs);
    // The one that comes of it is linked to it.
    if (id && result !== 'success') recent.note('attempt', id, span.spanContext());
  };
  const options = {
    wording,
    parent: ROOT_CONTEXT,
    comesTo: (value: unknown) => comesTo(value, context.signal),
    settled,
  };
  const traced = traceCalls(context, tracing, id);
  return within(span, options, () => promised(reconcile(traced)));
}

/** Whoever calls a reconciler takes what is late for a failure. */
function comesTo(value: unknown, { aborted, reason }: AbortSignal): Outcome {
  return aborted && isDepwatchError(reason, 'ERR_ABORTED') ? { error: reason } : outcomeOf(value);
}

function resultOf(outcome: Outcome): 'success' | 'requeue_after' | 'error' {
  if ('error' in outcome) return 'error';
  return outcome.afterMs === undefined ? 'success' : 'requeue_after';
}

/** What can be awaited, as a promise: it may be another library's. */
function promised<Done>(returned: Done): Done {
  const isAwaited = typeof (returned as Partial<PromiseLike<unknown>> | null | undefined)?.then;
  return isAwaited === 'function' ? (Promise.resolve(returned) as Done) : returned;
}

/** What has to do with its causes, as far as it is remembered. */
function linksOf(id: ObjectIdentifier, causes: readonly Cause[], recent: RecentSpans): Link[] {
  const links = causes.flatMap((cause) => linkOf(id, cause, recent) ?? []);
  return links.filter(
    ({ context }, index) =>
      links.findIndex((link) => link.context.spanId === context.spanId) === index,
  );
}

function linkOf(id: ObjectIdentifier, cause: Cause, recent: RecentSpans): Link | undefined {
  const { type, watched, object } = cause;
  const link = (relation: Relation, context: SpanContext | undefined): Link | undefined =>
    context && { context, attributes: { 'depwatch.link': relation } };
  if (type === 'retry' || type === 'requeue') return link('attempt', recent.take('attempt', id));
  if (type === 'enqueued') return link('enqueue', recent.take('enqueue', id));
  if (!watched) return undefined;
  const { selector: _, ...query } = watched;
  return link('write', recent.find('write', { ...query, ...object }));
}

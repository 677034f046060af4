import type { Cause, ObjectIdentifier, ReconcileContext, Result } from '@depwatch/core';
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
  const settled = (value: unknown, failed: boolean): void => {
    const afterMs = failed ? undefined : (value as Result | undefined)?.requeueAfterMs;
    const result = failed ? 'error' : afterMs === undefined ? 'success' : 'requeue_after';
    span.setAttribute('depwatch.result', result);
    if (afterMs !== undefined) span.setAttribute('depwatch.requeue_after_ms', afterMs);
    // The one that comes of it is linked to it.
    if (id && result !== 'success') recent.note('attempt', id, span.spanContext());
  };
  const traced = traceCalls(context, tracing, id);
  return within(span, { wording, parent: ROOT_CONTEXT, settled }, () => reconcile(traced));
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

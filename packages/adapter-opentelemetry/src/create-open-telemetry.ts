import type { Metrics, ObjectIdentifier, Reconciler } from '@depwatch/core';
import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';

import { Wording } from './attributes.ts';
import { createMeterMetrics } from './meter-metrics.ts';
import { RecentSpans } from './recent-spans.ts';
import { reconcileWithin } from './reconcile-spans.ts';
import { traceCalls } from './traced-calls.ts';

/** Options of {@link createOpenTelemetry}. */
export interface OpenTelemetryOptions {
  /** @default the global one */
  tracerProvider?: TracerProvider;
  /** @default the global one */
  meterProvider?: MeterProvider;
  /**
   * Whether spans may hold names, namespaces and selectors of objects, and messages of errors, which may hold names, too. Without
   * it they say kinds, codes and counts. @default false
   */
  objectNames?: boolean;
}

/** A `reconcile` of a dynamic watcher; or of a controller, whose first parameter is an object. */
export type ReconcileFunction = (subject: never, context: never) => unknown;

/** What {@link createOpenTelemetry} makes. */
export interface OpenTelemetry {
  /** For the option `metrics` of dynamic watchers, controllers and replicas. */
  readonly metrics: Metrics;
  /**
   * A reconciler that does what the given one does, each time within a span of its own; what it reads, writes and waits for
   * through its context has child spans. It takes a Reconciler, a dynamic watcher's function, and a controller's functions: its
   * `reconcile`, and the `run` of its finalizer.
   */
  wrap<Function extends ReconcileFunction>(reconcile: Function): Function;
  /** The same of a Reconciler, whose `stopped` is passed on. */
  wrap(reconciler: Reconciler): Reconciler;
  /**
   * An object that does what the given one does, with a span for each call that reads, writes or waits: a client, or a dynamic
   * watcher whose reconciles call it.
   */
  trace<Target extends object>(target: Target): Target;
  /** As `enqueue` of the given one; the reconcile's span is linked to the span that is active now. */
  enqueue(
    target: { enqueue(watcher: ObjectIdentifier, options?: { afterMs?: number }): void },
    watcher: ObjectIdentifier,
    options?: { afterMs?: number },
  ): void;
}

const name = '@depwatch/adapter-opentelemetry';

/** Spans and metrics of dynamic watchers and controllers, through the providers given, or those that the process has. */
export function createOpenTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
  const { tracerProvider = trace, meterProvider = metrics, objectNames = false } = options;
  const recent = new RecentSpans();
  const tracing = {
    tracer: tracerProvider.getTracer(name),
    wording: new Wording(objectNames),
    recent,
  };
  return {
    metrics: createMeterMetrics(meterProvider.getMeter(name)),
    wrap: ((given: Reconciler | Reconciler['reconcile']) => {
      const one = typeof given === 'function' ? { reconcile: given } : given;
      const reconcile: Reconciler['reconcile'] = (subject, context) =>
        reconcileWithin(tracing, subject, context, (traced) => one.reconcile(subject, traced));
      if (typeof given === 'function') return reconcile;
      return { reconcile, ...(given.stopped && { stopped: () => given.stopped!() }) };
    }) as OpenTelemetry['wrap'],
    trace: (target) => traceCalls(target, tracing),
    enqueue(target, watcher, enqueueOptions) {
      const active = trace.getActiveSpan();
      if (active) recent.note('enqueue', watcher, active.spanContext());
      target.enqueue(watcher, enqueueOptions);
    },
  };
}

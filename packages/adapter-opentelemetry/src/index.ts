/**
 * What depwatch does, through OpenTelemetry: a span for each reconcile, with why it ran, and child spans for what it reads,
 * writes and waits for; and what depwatch counts, through a meter.
 */
export { createOpenTelemetry } from './create-open-telemetry.ts';
export type {
  OpenTelemetry,
  OpenTelemetryOptions,
  ReconcileFunction,
} from './create-open-telemetry.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export type { Metrics, ObjectIdentifier, ReconcileContext, Reconciler } from '@depwatch/core';

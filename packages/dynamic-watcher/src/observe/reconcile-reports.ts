import type { Clock, ObjectIdentifier } from '@depwatch/core';
import type { Causes } from '../reconcile/causes.ts';
import type { Outcome } from '../reconcile/outcome.ts';
import type { ReconcileEndedObservation } from './observation.ts';
import type { ReconcileAudience } from './reconcile-audience.ts';

interface Item {
  readonly key: string;
  readonly watcher: ObjectIdentifier;
}

/** Tells those who look on what becomes of reconciles. Nothing is made where nobody does. */
export class ReconcileReports {
  readonly #audience: ReconcileAudience;
  readonly #clock: Clock;

  constructor(audience: ReconcileAudience, clock: Clock) {
    this.#audience = audience;
    this.#clock = clock;
  }

  /** Whether anybody looks on. */
  get areWanted(): boolean {
    return this.#audience.isListening;
  }

  queued({ key, watcher }: Item, causes: Causes, afterMs: number): void {
    if (this.#audience.isListening)
      this.#audience.tell(key, { type: 'reconcile-queued', watcher, causes, afterMs });
  }

  dropped({ key, watcher }: Item): void {
    if (this.#audience.isListening)
      this.#audience.tell(key, { type: 'reconcile-dropped', watcher });
  }

  /** @returns when it started, in milliseconds of the clock; undefined where nobody looks on */
  started({ key, watcher }: Item, causes: Causes, attempt: number): number | undefined {
    if (!this.#audience.isListening) return undefined;
    this.#audience.tell(key, { type: 'reconcile-started', watcher, causes, attempt });
    return this.#clock.now();
  }

  /** @param startedAt what {@link started} returned */
  ended(
    { key, watcher }: Item,
    startedAt: number | undefined,
    causes: Causes,
    attempt: number,
    outcome: Outcome,
  ): void {
    this.#audience.tell(key, {
      type: 'reconcile-ended',
      watcher,
      causes,
      attempt,
      ...(startedAt !== undefined && { durationMs: this.#clock.now() - startedAt }),
      ...told(outcome),
    });
  }
}

/** What is told of an outcome. */
function told(outcome: Outcome): Pick<ReconcileEndedObservation, 'result' | 'error'> {
  if ('error' in outcome) return { result: 'error', error: outcome.error };
  return { result: outcome.afterMs === undefined ? 'success' : 'requeue' };
}

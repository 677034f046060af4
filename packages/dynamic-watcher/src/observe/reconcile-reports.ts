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
    if (!this.#audience.isListening) return;
    const at = this.#clock.now();
    this.#audience.tell(key, { type: 'reconcile-queued', at, watcher, causes, afterMs });
  }

  dropped({ key, watcher }: Item): void {
    if (!this.#audience.isListening) return;
    this.#audience.tell(key, { type: 'reconcile-dropped', at: this.#clock.now(), watcher });
  }

  /** @returns when it started, in milliseconds of the clock; undefined where nobody looks on */
  started({ key, watcher }: Item, causes: Causes, attempt: number): number | undefined {
    if (!this.#audience.isListening) return undefined;
    const at = this.#clock.now();
    this.#audience.tell(key, { type: 'reconcile-started', at, watcher, causes, attempt });
    return at;
  }

  /** @param startedAt what {@link started} returned */
  ended(
    { key, watcher }: Item,
    startedAt: number | undefined,
    causes: Causes,
    attempt: number,
    outcome: Outcome,
  ): void {
    const at = this.#clock.now();
    this.#audience.tell(key, {
      type: 'reconcile-ended',
      at,
      watcher,
      causes,
      attempt,
      durationMs: startedAt === undefined ? undefined : at - startedAt,
      result: resultOf(outcome),
      error: 'error' in outcome ? outcome.error : undefined,
    });
  }
}

function resultOf(outcome: Outcome): ReconcileEndedObservation['result'] {
  if ('error' in outcome) return 'error';
  return outcome.afterMs === undefined ? 'success' : 'requeue';
}

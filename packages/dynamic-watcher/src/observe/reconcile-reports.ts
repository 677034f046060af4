import type { Clock, ObjectIdentifier, Outcome } from '@depwatch/core';
import type { Causes } from '../reconcile/causes.ts';
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

  /** Whether anybody wants to know how reconciles end. */
  get wantEnds(): boolean {
    return this.#audience.listensTo('reconcile-ended');
  }

  queued({ key, watcher }: Item, causes: Causes, afterMs: number): void {
    if (!this.#audience.listensTo('reconcile-queued')) return;
    const at = this.#clock.now();
    this.#audience.tell(key, { type: 'reconcile-queued', at, watcher, causes, afterMs });
  }

  due({ key, watcher }: Item): void {
    if (!this.#audience.listensTo('reconcile-due')) return;
    this.#audience.tell(key, { type: 'reconcile-due', at: this.#clock.now(), watcher });
  }

  dropped({ key, watcher }: Item): void {
    if (!this.#audience.listensTo('reconcile-dropped')) return;
    this.#audience.tell(key, { type: 'reconcile-dropped', at: this.#clock.now(), watcher });
  }

  started({ key, watcher }: Item, causes: Causes, attempt: number): void {
    if (!this.#audience.listensTo('reconcile-started')) return;
    const at = this.#clock.now();
    this.#audience.tell(key, { type: 'reconcile-started', at, watcher, causes, attempt });
  }

  /** @param durationMs undefined where nobody looked on when it started */
  ended(
    { key, watcher }: Item,
    durationMs: number | undefined,
    causes: Causes,
    attempt: number,
    outcome: Outcome,
  ): void {
    this.#audience.tell(key, {
      type: 'reconcile-ended',
      at: this.#clock.now(),
      watcher,
      causes,
      attempt,
      durationMs,
      result: resultOf(outcome),
      error: 'error' in outcome ? outcome.error : undefined,
    });
  }
}

function resultOf(outcome: Outcome): ReconcileEndedObservation['result'] {
  if ('error' in outcome) return 'error';
  return outcome.afterMs === undefined ? 'success' : 'requeue';
}

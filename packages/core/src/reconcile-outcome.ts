import { invalidInput } from './errors.ts';
import type { Result } from './ports/reconciler.ts';

/** What a reconcile came to: it asks to run again after so many milliseconds, or for nothing, or it failed. */
export type Outcome = { readonly afterMs: number | undefined } | { readonly error: unknown };

/** A reconcile that succeeded, and asks for nothing. */
export const succeeded: Outcome = { afterMs: undefined };

/**
 * What a reconciler's result comes to, for those who call reconcilers and those who tell of that; one that makes no sense is a
 * failure. Whatever it is, this does not throw.
 */
export function outcomeOf(result: unknown): Outcome {
  if (result === undefined || result === null) return succeeded;
  if (typeof result !== 'object') {
    return {
      error: invalidInput(
        `the reconciler's result: expected a Result or nothing, got a ${typeof result}`,
      ),
    };
  }
  try {
    const afterMs: unknown = (result as Result).requeueAfterMs;
    if (afterMs === undefined) return succeeded;
    if (typeof afterMs === 'number' && afterMs >= 0 && afterMs < Infinity) return { afterMs };
    const got = typeof afterMs === 'number' ? String(afterMs) : `a value of type ${typeof afterMs}`;
    return {
      error: invalidInput(
        `requeueAfterMs: expected a number of milliseconds of at least 0, got ${got}`,
      ),
    };
  } catch (error) {
    return { error };
  }
}

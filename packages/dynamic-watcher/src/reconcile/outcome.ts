import { invalidInput, type Result } from '@depwatch/core';

/** What a reconcile came to. */
export type Outcome = { readonly afterMs: number | undefined } | { readonly error: unknown };

/** It succeeded, and asks for nothing. */
export const succeeded: Outcome = { afterMs: undefined };

/** What a reconciler's result comes to; one that makes no sense is a failure. Whatever it is, this does not throw. */
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

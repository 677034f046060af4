import type { Result } from '@depwatch/core';

/**
 * What several listeners come to: the earliest of the times at which they want to be called again.
 *
 * @throws what one of them threw, or an AggregateError of all that was thrown
 */
export function combineResults(
  outcomes: readonly PromiseSettledResult<Result | void>[],
): Result | void {
  const errors = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} listeners failed`);
  if (errors.length === 1) throw errors[0];
  const delays = outcomes.flatMap((outcome) => {
    const afterMs = outcome.status === 'fulfilled' ? outcome.value?.requeueAfterMs : undefined;
    return afterMs === undefined ? [] : [afterMs];
  });
  return delays.length > 0 ? { requeueAfterMs: Math.min(...delays) } : undefined;
}

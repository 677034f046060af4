import type { ContestantName } from '../contestants/contestant.ts';
import { outage } from './outage.ts';

/** A watch for each name, and nobody who would share them. */
export const b7 = outage({
  id: 'B7',
  title: 'API server killed and back',
  cases: (full) =>
    full
      ? [sized(2_000, ['depwatch', 'client-node']), sized(10_000, ['depwatch'])]
      : [sized(1_000, ['depwatch'])],
});

function sized(objects: number, contestants: readonly ContestantName[]) {
  return { label: `${objects} watches`, params: { objects }, contestants };
}

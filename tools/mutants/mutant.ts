import type { Planting } from './plant.ts';

/** A deliberate bug: the place that it is in, and what is changed there, for one test run. */
export interface Mutant extends Planting {
  readonly name: string;
  /** The number of the invariant that it breaks; the list is in this folder's README. */
  readonly invariant: number;
  /** The test file below packages/ that has to find it, where the model does not come to what it breaks. */
  readonly test?: string;
}

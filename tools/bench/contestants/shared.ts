import { createDynamicWatcher } from '@depwatch/dynamic-watcher';

import type { Contestant, ContestantOptions } from './contestant.ts';
import { startWith } from './with-depwatch.ts';

/** The depwatch of this checkout, told to have one watch for all names. */
export function start(options: ContestantOptions): Promise<Contestant> {
  return startWith(createDynamicWatcher, options, { watchPlan: 'shared' });
}

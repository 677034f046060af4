import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createInspector } from '@depwatch/inspector';

import type { Contestant, ContestantOptions } from './contestant.ts';
import { startWith } from './with-depwatch.ts';

/** The depwatch of this checkout, with an inspector whose page nobody has open. */
export function start(options: ContestantOptions): Promise<Contestant> {
  return startWith((settings) => {
    const watcher = createDynamicWatcher(settings);
    createInspector(watcher);
    return watcher;
  }, options);
}

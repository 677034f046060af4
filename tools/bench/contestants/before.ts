import { pathToFileURL } from 'node:url';

import type { createDynamicWatcher } from '@depwatch/dynamic-watcher';

import { entryOf } from '../checkout.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';
import { startWith } from './depwatch.ts';

/** depwatch of another checkout. It is used as the present one is: of what has changed since, nothing is asked. */
export async function start(options: ContestantOptions): Promise<Contestant> {
  const module = (await import(pathToFileURL(entryOf(options.against!)).href)) as {
    createDynamicWatcher: typeof createDynamicWatcher;
  };
  return startWith(module.createDynamicWatcher, options);
}

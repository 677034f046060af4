import { pathToFileURL } from 'node:url';

import type { createDynamicWatcher } from '@depwatch/dynamic-watcher';

import { entryOf, type UsedPackages } from '../checkout.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';
import { startWith } from './with-depwatch.ts';

// Before anything is measured, and without this checkout's depwatch: the compiler's work must be the same for both.
const against = process.argv[5]!;
const { createDynamicWatcher: create } = (await import(pathToFileURL(entryOf(against)).href)) as {
  createDynamicWatcher: typeof createDynamicWatcher;
};

/** A package of the other checkout. */
export async function load<Name extends keyof UsedPackages>(
  name: Name,
): Promise<UsedPackages[Name]> {
  return (await import(pathToFileURL(entryOf(against, name)).href)) as UsedPackages[Name];
}

/** depwatch of another checkout. It is used as the present one is: of what has changed since, nothing is asked. */
export function start(options: ContestantOptions): Promise<Contestant> {
  return startWith(create, options);
}

import { join } from 'node:path';

import type * as controller from '@depwatch/controller';
import type * as transport from '@depwatch/k8s-transport';

/** The packages that scenarios use beside what all contestants have. */
export interface UsedPackages {
  readonly controller: typeof controller;
  readonly 'k8s-transport': typeof transport;
}

/**
 * The module of a package in a checkout of this repository; what it imports is that checkout's, too.
 *
 * @param name default the one that is its depwatch
 */
export function entryOf(
  checkout: string,
  name: keyof UsedPackages | 'dynamic-watcher' = 'dynamic-watcher',
): string {
  return join(checkout, 'packages', name, 'src/index.ts');
}

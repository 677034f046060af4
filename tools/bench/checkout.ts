import { join } from 'node:path';

/** The module of a checkout of this repository that is its depwatch; what it imports is that checkout's, too. */
export function entryOf(checkout: string): string {
  return join(checkout, 'packages/dynamic-watcher/src/index.ts');
}

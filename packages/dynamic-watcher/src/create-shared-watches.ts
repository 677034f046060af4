import { checkSharedWatches } from './check-options.ts';
import type { SharedWatchesOptions } from './options.ts';
import { WatchShare, type SharedWatches } from './shared-watches.ts';

/**
 * Makes {@link SharedWatches}; nothing is watched or connected until a dynamic watcher starts that was given them.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function createSharedWatches(options: SharedWatchesOptions): SharedWatches {
  checkSharedWatches(options);
  return new WatchShare(options);
}

import type { Contestant } from '../contestants/contestant.ts';
import type { Stage } from './scenario.ts';
import type { Sightings } from './sightings.ts';

/**
 * Starts the contestant with a watcher for each of so many objects, cached; from then on notes which versions it sees.
 *
 * @param apart whether each object has a watch of its own
 */
export async function watchEach(
  start: Stage<unknown>['start'],
  objects: number,
  sightings: Sightings,
  apart = true,
): Promise<Contestant> {
  let open = false;
  const contestant = await start({
    cache: true,
    apart,
    changed(watcher) {
      if (open) sightings.note(watcher, contestant.version(watcher));
    },
  });
  await Promise.all(Array.from({ length: objects }, (_, index) => contestant.add(index, index)));
  open = true;
  return contestant;
}

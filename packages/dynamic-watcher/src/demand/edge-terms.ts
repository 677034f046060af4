import type { MapChange } from './mappings.ts';
import type { Select } from './selections.ts';

/** On what terms a watcher depends on something; the graph keeps them with the edge. None: woken by all, waits for nothing. */
export interface EdgeTerms {
  /** What of an object it depends on; undefined: all. */
  readonly select: Select | undefined;
  /** Whether the edge stands where what it is about is not to be had. */
  readonly waits: boolean;
  /** Whom a change of an object wakes in place of the watcher; undefined: the watcher. */
  readonly map: MapChange | undefined;
}

const waiting: EdgeTerms = { select: undefined, waits: true, map: undefined };

/** What holds where two edges turn out to be one: it loses no wake-up, and waits if either does. */
export function bothTerms(
  one: EdgeTerms | undefined,
  other: EdgeTerms | undefined,
): EdgeTerms | undefined {
  const select = one?.select === other?.select ? one?.select : undefined;
  const waits = Boolean(one?.waits || other?.waits);
  return edgeTerms(select, waits, one?.map ?? other?.map);
}

/** The terms that a call asks for; undefined for the usual ones, which cost nothing to keep. */
export function edgeTerms(
  select: Select | undefined,
  waits: boolean,
  map?: MapChange,
): EdgeTerms | undefined {
  if (select || map) return { select, waits, map };
  return waits ? waiting : undefined;
}

import type { Select } from './selections.ts';

/** On what terms a watcher depends on something; the graph keeps them with the edge. None: woken by all, waits for nothing. */
export interface EdgeTerms {
  /** What of an object it depends on; undefined: all. */
  readonly select: Select | undefined;
  /** Whether the edge stands where what it is about is not to be had. */
  readonly waits: boolean;
}

const waiting: EdgeTerms = { select: undefined, waits: true };

/** The terms that a call asks for; undefined for the usual ones, which cost nothing to keep. */
export function edgeTerms(select: Select | undefined, waits: boolean): EdgeTerms | undefined {
  if (select) return { select, waits };
  return waits ? waiting : undefined;
}

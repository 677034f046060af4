/**
 * What several replicas have written into a log outside of them, and what must hold of it. Times are of one clock that all
 * of them share, in milliseconds.
 */

/** A line of the log. */
export type LogLine = { readonly at: number; readonly identity: string } & (
  | { readonly type: 'joined' }
  /** A reconcile begins, and what it saw. */
  | {
      readonly type: 'begin';
      readonly key: string;
      readonly epoch: number;
      readonly saw?: string | number;
    }
  /** It ends; `isOwner` is false where its time was over. */
  | { readonly type: 'end'; readonly key: string; readonly isOwner: boolean }
  /** What is owned has changed. */
  | { readonly type: 'owns'; readonly gained: readonly string[]; readonly lost: readonly string[] }
);

/** A reconcile. */
export interface LoggedRun {
  readonly key: string;
  readonly identity: string;
  readonly epoch: number;
  readonly saw: string | number | undefined;
  readonly from: number;
  to: number;
}

/**
 * The reconciles, in the order of their begin. One that was under way when its process was killed or stood still ended then,
 * unless it was the owner yet when it went on: of the rest, nothing may come of.
 *
 * @param stoppedAt when a process was killed or stopped, by identity
 */
export function runsOf(
  lines: readonly LogLine[],
  stoppedAt: ReadonlyMap<string, number>,
): readonly LoggedRun[] {
  const runs: LoggedRun[] = [];
  const open = new Map<string, LoggedRun>();
  for (const line of lines.toSorted((x, y) => x.at - y.at)) {
    if (line.type !== 'begin' && line.type !== 'end') continue;
    const { at, identity, key } = line;
    const id = `${identity}/${key}`;
    if (line.type === 'begin') {
      const run = { key, identity, epoch: line.epoch, saw: line.saw, from: at, to: Infinity };
      runs.push(run);
      open.set(id, run);
    } else {
      const run = open.get(id)!;
      const stopped = stoppedAt.get(identity) ?? -Infinity;
      run.to = !line.isOwner && run.from <= stopped && stopped <= at ? stopped : at;
      open.delete(id);
    }
  }
  for (const run of open.values()) run.to = stoppedAt.get(run.identity) ?? Infinity;
  return runs;
}

/** Pairs of reconciles of one key that were under way at once. */
export function overlapsOf(
  runs: readonly LoggedRun[],
): readonly (readonly [LoggedRun, LoggedRun])[] {
  /** Of those before, the one that ends last, by key. */
  const longest = new Map<string, LoggedRun>();
  return runs.flatMap((run) => {
    const before = longest.get(run.key);
    if (!before || run.to > before.to) longest.set(run.key, run);
    return before && run.from < before.to ? [[before, run] as const] : [];
  });
}

/** Pairs in which another owner came with an epoch that wasn't greater. */
export function regressionsOf(
  runs: readonly LoggedRun[],
): readonly (readonly [LoggedRun, LoggedRun])[] {
  const last = new Map<string, LoggedRun>();
  return runs.flatMap((run) => {
    const before = last.get(run.key);
    last.set(run.key, run);
    const isWrong = before && before.identity !== run.identity && run.epoch <= before.epoch;
    return isWrong ? [[before, run] as const] : [];
  });
}

/** A while in which nobody owned a key, between two owners; negative where the later one came too early. */
export interface Gap {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  readonly from: number;
  readonly ms: number;
}

/** The times without an owner; who was killed or stopped owned nothing from then on. */
export function gapsOf(
  lines: readonly LogLine[],
  stoppedAt: ReadonlyMap<string, number>,
): readonly Gap[] {
  const owners = new Map<string, { identity: string; since: number; until: number }>();
  const gaps: Gap[] = [];
  for (const line of lines.toSorted((x, y) => x.at - y.at)) {
    if (line.type !== 'owns') continue;
    const { at, identity, gained, lost } = line;
    for (const key of lost) {
      const owner = owners.get(key);
      if (owner?.identity === identity) owner.until = Math.min(owner.until, at);
    }
    for (const key of gained) {
      const owner = owners.get(key);
      if (owner && owner.identity !== identity) {
        const stopped = stoppedAt.get(owner.identity) ?? Infinity;
        const stoodStill = owner.since <= stopped && stopped <= at;
        // Who stands still can't say so; who isn't known to have lost it owns it yet.
        const from = Math.min(owner.until, stoodStill ? stopped : Infinity);
        gaps.push({ key, before: owner.identity, after: identity, from, ms: at - from });
      }
      owners.set(key, { identity, since: at, until: Infinity });
    }
  }
  return gaps;
}

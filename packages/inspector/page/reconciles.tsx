import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ReconcileRow, WatcherRow } from '../src/protocol.ts';
import type { ViewProps } from './dependencies.tsx';
import { doing, Mark, Name } from './marks.tsx';
import type { State } from './state.ts';
import { causeText, duration, errorText, labelOf } from './text.ts';
import { VirtualList } from './virtual-list.tsx';

const spanMs = 60_000;
const [width, height] = [600, 56];

/** What waits for its turn, a time line of the last minute, and the last reconciles with why they ran. */
export function Reconciles(props: ViewProps): VNode {
  const { state, now, search, select } = props;
  const byId = useMemo(
    () => new Map(state.reconciles.map((row) => [String(row.id), row])),
    [state.reconciles],
  );
  const keys = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const isFound = ({ watcher, causes, error }: ReconcileRow): boolean => {
      const text = [
        labelOf(watcher).searched,
        ...causes.map(causeText),
        error ? errorText(error) : '',
      ];
      const searched = text.join(' ').toLowerCase();
      return words.every((word) => searched.includes(word));
    };
    const rows = words.length === 0 ? state.reconciles : state.reconciles.filter(isFound);
    return rows.map(({ id }) => String(id));
  }, [state.reconciles, search]);
  return (
    <div class="stack">
      <Queue {...props} />
      <TimeLine rows={state.reconciles} now={now} />
      <section aria-labelledby="reconciles" class="grows">
        <h2 id="reconciles">
          Reconciles <span class="count">the last {state.reconciles.length}</span>
        </h2>
        <VirtualList
          label="Reconciles"
          keys={keys}
          rowHeight={52}
          empty={state.isComplete ? 'None has ended yet.' : 'Loading…'}
          onSelect={(id) => select({ side: 'watchers', key: byId.get(id)!.watcher })}
          row={(id) => {
            const row = byId.get(id);
            return row && <Reconcile row={row} now={now} withName />;
          }}
        />
      </section>
    </div>
  );
}

/** One reconcile: what came of it, how long it took, and why it ran. */
export function Reconcile(props: {
  readonly row: ReconcileRow;
  readonly now: number;
  readonly withName?: boolean;
}): VNode {
  const { row, now, withName } = props;
  const causes = row.causes.map(causeText);
  return (
    <div class="reconcile">
      <span class="facts">
        <Mark of={row.result} />
        {withName && <Name label={labelOf(row.watcher)} />}
        {row.attempt > 1 && <span>try {row.attempt}</span>}
        {row.durationMs !== undefined && <span>took {duration(row.durationMs)}</span>}
        <span>{duration(now - row.at)} ago</span>
      </span>
      <span class="why" title={causes.join('\n')}>
        <bdi>{causes.slice(0, 3).join(', ')}</bdi>
        {causes.length > 3 && ` and ${causes.length - 3} more`}
        {row.error && (
          <>
            {' — '}
            <bdi class="message">{errorText(row.error)}</bdi>
          </>
        )}
      </span>
    </div>
  );
}

/** Those that run, then those whose turn comes, then those that wait, the first due first. */
export function turns({
  watchers,
}: State): readonly (WatcherRow & { turn: NonNullable<WatcherRow['turn']> })[] {
  const rank = ({ turn }: WatcherRow): number => (turn!.running ? 0 : turn!.queued ? 1 : 2);
  const due = ({ turn }: WatcherRow): number => turn!.dueAt ?? 0;
  return [...watchers.values()]
    .filter(
      (row): row is typeof row & { turn: NonNullable<WatcherRow['turn']> } =>
        row.turn !== undefined,
    )
    .sort((a, b) => rank(a) - rank(b) || due(a) - due(b));
}

function Queue({ state, now, select }: ViewProps): VNode {
  const all = useMemo(() => turns(state), [state.revision]);
  const running = all.filter(({ turn }) => turn.running).length;
  const queued = all.filter(({ turn }) => turn.queued).length;
  const waiting = all.filter(
    ({ turn }) => turn.dueAt !== undefined && !turn.queued && !turn.running,
  ).length;
  return (
    <section aria-labelledby="queue">
      <h2 id="queue">
        Queue{' '}
        <span class="count">
          {running} running, {queued} queued, {waiting} waiting
        </span>
      </h2>
      {all.length === 0 && <p class="muted">Nothing is to be done.</p>}
      <ul class="queue">
        {all.slice(0, 8).map((row) => (
          <li key={row.key}>
            <button
              type="button"
              class="plain"
              onClick={() => select({ side: 'watchers', key: row.key })}
            >
              <Mark of={doing(row)} /> <Name label={labelOf(row.key)} />
            </button>{' '}
            <span class="muted">
              try {row.turn.attempt}
              {row.turn.startedAt !== undefined && `, for ${duration(now - row.turn.startedAt)}`}
              {row.turn.dueAt !== undefined &&
                row.turn.dueAt > now &&
                `, in ${duration(row.turn.dueAt - now)}`}
              {row.turn.causes[0] && (
                <>
                  : <bdi>{causeText(row.turn.causes[0])}</bdi>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {all.length > 8 && <p class="muted">and {all.length - 8} more</p>}
    </section>
  );
}

/** Where a reconcile stands in the time line: from its start to its end, the longer the higher; undefined: not within it. */
export function barOf(
  { at, durationMs = 0 }: ReconcileRow,
  now: number,
):
  | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  | undefined {
  const perMs = width / spanMs;
  const end = width - (now - at) * perMs;
  if (end < 0) return undefined;
  const long = Math.max(durationMs * perMs, 2);
  // Ten times as long is a fifth of the height more.
  const high = Math.min(6 + (Math.log10(Math.max(durationMs, 1)) / 5) * (height - 6), height);
  return { x: Math.max(end - long, 0), y: height - high, width: Math.min(long, end), height: high };
}

function TimeLine({
  rows,
  now,
}: {
  readonly rows: readonly ReconcileRow[];
  readonly now: number;
}): VNode {
  const recent = rows.filter(({ at }) => now - at < spanMs);
  const failed = recent.filter(({ result }) => result === 'error').length;
  return (
    <section aria-labelledby="time-line">
      <h2 id="time-line">
        The last minute{' '}
        <span class="count">
          {recent.length === 1000 ? 'more than 1000' : recent.length} ended, {failed} failed
        </span>
      </h2>
      <svg
        class="time-line"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${recent.length} reconciles ended in the last minute, ${failed} of them failed`}
      >
        {recent.map((row) => {
          const bar = barOf(row, now);
          if (!bar) return null;
          // What failed begins higher, so that it is told from the others without its colour.
          const y = row.result === 'error' ? 0 : bar.y;
          return <rect key={row.id} class={row.result} {...bar} y={y} />;
        })}
      </svg>
      <p class="muted scale">
        <span>60 s ago</span>
        <span>a bar’s height is how long it took; from the top: it failed</span>
        <span>now</span>
      </p>
    </section>
  );
}

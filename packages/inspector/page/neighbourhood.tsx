import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { adviceFor } from './advice.ts';
import type { Selection, ViewProps } from './dependencies.tsx';
import { doing, Mark, Name, servedBy } from './marks.tsx';
import { Reconcile } from './reconciles.tsx';
import { SeenUpTo } from './seen-up-to.tsx';
import type { State } from './state.ts';
import { duration, errorText, labelOf } from './text.ts';

/** More are not drawn. */
const mostDrawn = 12;
const nodeHeight = 46;
const nodeGap = 6;

interface NeighbourhoodProps extends ViewProps {
  readonly selection: Selection;
}

/** One node, what it is joined to, what it does and why. */
export function Neighbourhood(props: NeighbourhoodProps): VNode {
  const { state, selection, select } = props;
  const { side, key } = selection;
  const label = state[side].get(key)?.label ?? labelOf(key);
  const shown = useRef<HTMLElement>(null);
  // On a phone it stands above what was touched.
  useEffect(() => shown.current?.scrollIntoView({ block: 'nearest' }), [side, key]);
  return (
    <section class="detail" aria-labelledby="detail" ref={shown}>
      <h2 id="detail">
        <Name label={label} />
        <button type="button" class="close" aria-label="Close" onClick={() => select(undefined)}>
          ✕
        </button>
      </h2>
      <p class="muted">
        <bdi>{label.groupVersion}</bdi>
      </p>
      {side === 'watchers' ? <WatcherFacts {...props} /> : <WatchedFacts {...props} />}
      <Edges {...props} />
      <Recent {...props} />
    </section>
  );
}

function WatcherFacts({ state, now, selection, act }: NeighbourhoodProps): VNode {
  const row = state.watchers.get(selection.key);
  if (!row) return <p>It is gone, or at rest.</p>;
  const { turn, failure } = row;
  const isLater = turn?.dueAt !== undefined && turn.dueAt > now;
  return (
    <>
      <p>
        <Mark of={doing(row)} />
        {isLater && ` again in ${duration(turn.dueAt! - now)}`}
      </p>
      {failure?.error && (
        <Trouble
          what={`Its last reconcile failed, try ${failure.attempt}: ${errorText(failure.error)}`}
          advice={adviceFor(failure.error)}
        />
      )}
      {state.greeting.actions && (
        <button type="button" onClick={() => act('enqueue', selection.key)}>
          Reconcile now
        </button>
      )}
    </>
  );
}

function WatchedFacts({ state, now, selection, act, look }: NeighbourhoodProps): VNode {
  const row = state.watched.get(selection.key);
  if (!row) return <p>Nobody depends on it any more.</p>;
  const { error } = row;
  const isUp = row.state === 'live' || row.state === 'polling';
  return (
    <>
      <p>
        <Mark of={row.state} /> for {duration(now - row.since)}, served by: {servedBy(row)}
        <SeenUpTo row={row} look={look} />
      </p>
      {error && (
        <Trouble
          what={`${isUp ? 'Before, it was: ' : ''}${errorText(error)}`}
          advice={isUp ? 'Nothing: it has passed.' : adviceFor(error)}
        />
      )}
      {state.greeting.actions && (
        <button type="button" onClick={() => act('relist', selection.key)}>
          List anew
        </button>
      )}
    </>
  );
}

export function Trouble({
  what,
  advice,
}: {
  readonly what: string | undefined;
  readonly advice: string;
}): VNode {
  return (
    <div class="trouble">
      {what && (
        <p class="message">
          <bdi>{what}</bdi>
        </p>
      )}
      <p>
        <b>What to do:</b> {advice}
      </p>
    </div>
  );
}

/** The nodes that a node is joined to. */
export function neighbours(
  { watchers, dependants }: State,
  { side, key }: Selection,
): readonly string[] {
  if (side === 'watchers') return watchers.get(key)?.watches ?? [];
  return [...(dependants.get(key) ?? [])];
}

/** Two columns, and a curve for each edge: who depends stands left, what is watched right. */
function Edges(props: NeighbourhoodProps): VNode {
  const { state, selection, select } = props;
  const all = neighbours(state, selection);
  const drawn = all.slice(0, mostDrawn);
  const isWatcher = selection.side === 'watchers';
  const other = isWatcher ? 'watched' : 'watchers';
  const height = Math.max(drawn.length, 1) * nodeHeight;
  const middle = height / 2;
  const end = (index: number): number => (index + 0.5) * nodeHeight;
  const one = (
    <div class="node self">
      <Name label={labelOf(selection.key)} />
    </div>
  );
  const many = (
    <div class="nodes">
      {drawn.map((key) => {
        const row = state[other].get(key);
        const mark = isWatcher ? state.watched.get(key)?.state : undefined;
        return (
          <button
            type="button"
            class="node"
            key={key}
            style={{ height: `${nodeHeight - nodeGap}px`, marginBlock: `${nodeGap / 2}px` }}
            onClick={() => select({ side: other, key })}
          >
            {mark && <Mark of={mark} />} <Name label={row?.label ?? labelOf(key)} />
          </button>
        );
      })}
      {drawn.length === 0 && <p class="muted">{isWatcher ? 'depends on nothing' : 'nobody'}</p>}
    </div>
  );
  return (
    <>
      <h3>{isWatcher ? `Depends on ${all.length}` : `Who depends on it: ${all.length}`}</h3>
      <div class="edges">
        {isWatcher ? one : many}
        <svg width="48" height={height} viewBox={`0 0 48 ${height}`} aria-hidden="true">
          {drawn.map((key, index) => {
            const [from, to] = isWatcher ? [middle, end(index)] : [end(index), middle];
            return <path key={key} d={`M0 ${from} C24 ${from} 24 ${to} 48 ${to}`} />;
          })}
        </svg>
        {isWatcher ? many : one}
      </div>
      {all.length > drawn.length && (
        <p class="muted">and {all.length - drawn.length} more; the search finds them</p>
      )}
    </>
  );
}

/** The last reconciles that have to do with a node. */
function Recent({ state, now, selection }: NeighbourhoodProps): VNode | null {
  const { side, key } = selection;
  const isOf =
    side === 'watchers'
      ? ({ watcher }: { watcher: string }) => watcher === key
      : ({ causes }: { causes: readonly { watched?: string }[] }) =>
          causes.some(({ watched }) => watched === key);
  const recent = state.reconciles.filter(isOf).slice(0, 8);
  if (recent.length === 0) return null;
  return (
    <>
      <h3>{side === 'watchers' ? 'Its last reconciles' : 'The last reconciles that it caused'}</h3>
      <ol class="recent">
        {recent.map((row) => (
          <li key={row.id}>
            <Reconcile row={row} now={now} withName={side === 'watched'} />
          </li>
        ))}
      </ol>
    </>
  );
}

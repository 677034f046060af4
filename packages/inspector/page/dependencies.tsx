import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { WatchedRow } from '../src/protocol.ts';
import { doing, Mark, Name, servedBy } from './marks.tsx';
import { Neighbourhood } from './neighbourhood.tsx';
import { found, order, type State } from './state.ts';
import { duration } from './text.ts';
import { VirtualList } from './virtual-list.tsx';

/** One node of the graph: who depends, or what is depended on. */
export interface Selection {
  readonly side: 'watchers' | 'watched';
  readonly key: string;
}

export interface ViewProps {
  readonly state: State;
  /** What the server's clock shows. */
  readonly now: number;
  readonly search: string;
  readonly selection: Selection | undefined;
  select(selection: Selection | undefined): void;
  act(action: 'enqueue' | 'relist', key: string): void;
  /** Asks what is known now of one thing that is watched; undefined where nothing is. */
  look(key: string): Promise<WatchedRow | undefined>;
}

const rowHeight = 52;

/** Watchers and what they watch, side by side, and the neighbourhood of one of them. */
export function Dependencies(props: ViewProps): VNode {
  const { state, search, selection } = props;
  // What a search by a state finds changes with the states.
  const revision = search && state.revision;
  const watchers = useMemo(
    () => found(order(state, 'watchers'), state.watchers, search, doing),
    [order(state, 'watchers'), search, revision],
  );
  const watched = useMemo(
    () => found(order(state, 'watched'), state.watched, search, (row) => row.state),
    [order(state, 'watched'), search, revision],
  );
  return (
    <div class={selection ? 'columns chosen' : 'columns'}>
      <Column
        {...props}
        side="watchers"
        title="Watchers"
        keys={watchers}
        empty="Nobody depends on anything yet."
        row={(key) => <WatcherLine {...props} of={key} />}
      />
      <Column
        {...props}
        side="watched"
        title="Watched"
        keys={watched}
        empty="Nothing is watched yet."
        row={(key) => <WatchedLine {...props} of={key} />}
      />
      {selection && <Neighbourhood {...props} selection={selection} />}
    </div>
  );
}

interface ColumnProps extends ViewProps, Pick<Selection, 'side'> {
  readonly title: string;
  /** Those that the search finds. */
  readonly keys: readonly string[];
  /** What is said where there are none, though nothing is searched for. */
  readonly empty: string;
  row(key: string): VNode;
}

/** All that stand on one side of the graph. */
function Column({ side, title, keys, empty, row, ...view }: ColumnProps): VNode {
  const { state, search, selection, select } = view;
  return (
    <section aria-labelledby={side}>
      <h2 id={side}>
        {title} <Count of={keys.length} all={state[side].size} />
      </h2>
      <VirtualList
        label={title}
        keys={keys}
        rowHeight={rowHeight}
        selected={selection?.side === side ? selection.key : undefined}
        empty={emptyText(state, search, empty)}
        onSelect={(key) => select({ side, key })}
        row={row}
      />
    </section>
  );
}

function Count({ of, all }: { readonly of: number; readonly all: number }): VNode {
  return <span class="count">{of === all ? all : `${of} of ${all}`}</span>;
}

function emptyText({ isComplete }: State, search: string, otherwise: string): string {
  if (!isComplete) return 'Loading…';
  return search ? 'Nothing is found.' : otherwise;
}

interface LineProps extends ViewProps {
  readonly of: string;
}

function WatcherLine({ state, now, of }: LineProps): VNode | null {
  const row = state.watchers.get(of);
  if (!row) return null;
  const { turn, failure, watches } = row;
  const due = turn?.dueAt !== undefined && turn.dueAt > now ? turn.dueAt - now : undefined;
  return (
    <>
      <Name label={row.label} />
      <span class="facts">
        <Mark of={doing(row)} />
        {failure && <span>{failure.attempt} in a row</span>}
        {due !== undefined && <span>again in {duration(due)}</span>}
        <span>{watches.length === 0 ? 'depends on nothing' : `depends on ${watches.length}`}</span>
      </span>
    </>
  );
}

function WatchedLine({ state, now, of }: LineProps): VNode | null {
  const row = state.watched.get(of);
  if (!row) return null;
  const dependants = state.dependants.get(of)?.size ?? 0;
  return (
    <>
      <Name label={row.label} />
      <span class="facts">
        <Mark of={row.state} />
        <span>for {duration(now - row.since)}</span>
        <span title="what serves it">{servedBy(row)}</span>
        <span>{dependants === 1 ? '1 watcher' : `${dependants} watchers`}</span>
      </span>
    </>
  );
}

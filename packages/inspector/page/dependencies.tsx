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
  const { state, search, selection, select } = props;
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
  const chosen = (side: Selection['side']): string | undefined =>
    selection?.side === side ? selection.key : undefined;
  return (
    <div class={selection ? 'columns chosen' : 'columns'}>
      <section aria-labelledby="watchers">
        <h2 id="watchers">
          Watchers <Count of={watchers.length} all={state.watchers.size} />
        </h2>
        <VirtualList
          label="Watchers"
          keys={watchers}
          rowHeight={rowHeight}
          selected={chosen('watchers')}
          empty={emptyText(state, search, 'Nobody depends on anything yet.')}
          onSelect={(key) => select({ side: 'watchers', key })}
          row={(key) => <WatcherLine {...props} of={key} />}
        />
      </section>
      <section aria-labelledby="watched">
        <h2 id="watched">
          Watched <Count of={watched.length} all={state.watched.size} />
        </h2>
        <VirtualList
          label="Watched"
          keys={watched}
          rowHeight={rowHeight}
          selected={chosen('watched')}
          empty={emptyText(state, search, 'Nothing is watched yet.')}
          onSelect={(key) => select({ side: 'watched', key })}
          row={(key) => <WatchedLine {...props} of={key} />}
        />
      </section>
      {selection && <Neighbourhood {...props} selection={selection} />}
    </div>
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

export function WatcherLine({ state, now, of }: LineProps): VNode | null {
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

export function WatchedLine({ state, now, of }: LineProps): VNode | null {
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

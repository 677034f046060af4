import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Dependencies, type Selection, type ViewProps } from './dependencies.tsx';
import { Mark } from './marks.tsx';
import { Plans } from './plans.tsx';
import { Reconciles } from './reconciles.tsx';
import type { State } from './state.ts';
import { visible } from './text.ts';
import { Troubles, useTroubles } from './troubles.tsx';

const views = { Dependencies, Reconciles, Troubles, Plan: Plans } as const;
type ViewName = keyof typeof views;

interface AppProps {
  readonly state: State;
  readonly now: number;
  /** What became of the last action. */
  readonly said: string;
  act(action: 'enqueue' | 'relist', key: string): void;
  /** As the views have it. */
  look: ViewProps['look'];
}

/** How many watches are in which state, and how many watchers fail. */
function summaryOf({ watched, watchers }: State): {
  readonly states: ReadonlyMap<string, number>;
  readonly failing: number;
} {
  const states = new Map<string, number>();
  let failing = 0;
  for (const { state } of watched.values()) states.set(state, (states.get(state) ?? 0) + 1);
  for (const { failure } of watchers.values()) if (failure) failing += 1;
  return { states, failing };
}

export function App({ state, now, said, act, look }: AppProps): VNode {
  const [view, setView] = useState<ViewName>('Dependencies');
  const [search, setSearch] = useState('');
  const [selection, setSelection] = useState<Selection>();
  const summary = useMemo(() => summaryOf(state), [state, state.revision]);
  const troubles = useTroubles(state, now);
  const select = (chosen: Selection | undefined): void => {
    setSelection(chosen);
    if (chosen) setView('Dependencies');
  };
  const View = views[view];
  return (
    <>
      <header>
        <h1>depwatch</h1>
        <Others {...state.greeting} />
        <p class="summary" aria-live="off">
          {[...summary.states].map(([name, count]) => (
            <span key={name}>
              <b>{count}</b> <Mark of={name} />
            </span>
          ))}
          {summary.failing > 0 && (
            <span>
              <b>{summary.failing}</b> <Mark of="failing" />
            </span>
          )}
        </p>
        <label class="search">
          <span>Search</span>
          <input
            type="search"
            value={search}
            placeholder="kind, name, or state"
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </label>
      </header>
      <Banner state={state} />
      <nav aria-label="Views">
        {(Object.keys(views) as ViewName[]).map((name) => (
          <button
            type="button"
            key={name}
            aria-current={name === view ? 'page' : undefined}
            onClick={() => setView(name)}
          >
            {name}
            {name === 'Troubles' && <span class="badge">{troubles.length}</span>}
          </button>
        ))}
      </nav>
      <main>
        <View {...{ state, now, search, selection, select, act, look }} />
      </main>
      <p class="said" role="status">
        {said}
      </p>
    </>
  );
}

/** The others that are inspected; each is a page of its own. */
function Others({ names, name }: State['greeting']): VNode | null {
  if (names.length < 2) return null;
  return (
    <p class="others">
      {names.map((other) => (
        <a
          key={other}
          href={`?${new URLSearchParams({ of: other })}`}
          aria-current={other === name ? 'page' : undefined}
        >
          <bdi>{visible(other)}</bdi>
        </a>
      ))}
    </p>
  );
}

/** What is wrong with the page itself. */
function Banner({ state }: { readonly state: State }): VNode | null {
  if (state.connection === 'lost')
    return (
      <p class="banner" role="status">
        ↻ The connection to the process is lost, and tried again; what is shown is what was known
        last.
      </p>
    );
  if (state.stopped)
    return (
      <p class="banner" role="status">
        ✕ It has stopped; what is shown is what was known last.
      </p>
    );
  return null;
}

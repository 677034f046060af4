import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ErrorText } from '../src/protocol.ts';
import { adviceFor, isTrouble, whenApart, whenStuck } from './advice.ts';
import type { Selection, ViewProps } from './dependencies.tsx';
import { Mark, Name } from './marks.tsx';
import { Trouble } from './neighbourhood.tsx';
import type { State } from './state.ts';
import { duration, errorText, labelOf } from './text.ts';

/** What has one cause, as far as can be told: the same state, with the same error. */
export interface TroubleGroup {
  readonly what: string;
  readonly error: ErrorText | undefined;
  /** What to do where there is no error that says it. */
  readonly advice?: string;
  readonly side: Selection['side'];
  /** Whom it concerns; nobody by name where it is all of this replica. */
  readonly keys: readonly string[];
  /** Since when the first of them is in it; undefined where that isn't known. */
  readonly since: number | undefined;
}

/** How long a reconcile may run before it is taken for stuck. */
const stuckMs = 120_000;

/** Everything that wants to be looked at; an outage of ten thousand watches is one. The largest first. */
export function troublesOf(
  { watched, watchers, replicas }: State,
  now: number,
): readonly TroubleGroup[] {
  const groups = new Map<string, TroubleGroup & { keys: string[]; since: number }>();
  const add = (key: string, one: Omit<TroubleGroup, 'keys'> & { since: number }): void => {
    const { side, what, error, since } = one;
    const id = JSON.stringify([side, what, error?.code, error?.reason, alike(error)]);
    const group = groups.get(id);
    if (!group) return void groups.set(id, { ...one, keys: [key] });
    group.keys.push(key);
    group.since = Math.min(group.since, since);
  };
  for (const row of watched.values())
    if (isTrouble(row))
      add(row.key, { side: 'watched', what: row.state, error: row.error, since: row.since });
  for (const { key, failure, turn } of watchers.values()) {
    const since = turn?.startedAt ?? now;
    if (now - since >= stuckMs)
      add(key, { side: 'watchers', what: 'running', error: undefined, advice: whenStuck, since });
    else if (failure)
      add(key, { side: 'watchers', what: 'failing', error: failure.error, since: failure.at });
  }
  const all = [...groups.values()].sort((a, b) => b.keys.length - a.keys.length);
  const advice = replicas && whenApart.get(replicas.state);
  if (!advice) return all;
  const { state: what } = replicas;
  return [{ what, error: undefined, advice, side: 'watchers', keys: [], since: undefined }, ...all];
}

/** The same, made anew when something was told, and each second: what is stuck tells nothing. */
export function useTroubles(state: State, now: number): readonly TroubleGroup[] {
  return useMemo(() => troublesOf(state, now), [state, state.revision, Math.floor(now / 1000)]);
}

/** What meets all requests alike has one cause, whatever was asked for. */
const ofAll: readonly (string | undefined)[] = ['unreachable', 'certificate', 'credentials'];

/** Names and numbers in a message differ where the trouble is one. */
function alike(error: ErrorText | undefined): string {
  if (!error || ofAll.includes(error.reason)) return '';
  return error.message.replace(/"[^"]*"|'[^']*'|\d+|(Namespace|Name|Selector)=[^,\s]*/g, '#');
}

export function Troubles({ state, now, select }: ViewProps): VNode {
  const groups = useTroubles(state, now);
  if (!state.isComplete) return <p class="empty">Loading…</p>;
  if (groups.length === 0)
    return <p class="empty">✓ Nothing: every watch is up to date, and no reconcile fails.</p>;
  return (
    <div class="troubles">
      {groups.slice(0, 100).map((group) => (
        <article key={group.keys[0] ?? group.what}>
          <h2>
            <Mark of={group.what} /> {group.keys.length === 0 && 'this replica '}
            {group.keys.length > 1
              ? `${group.keys.length} ${group.side === 'watched' ? 'watches' : 'watchers'} `
              : ''}
            {group.since !== undefined && <span class="count">{sinceText(group, now)}</span>}
          </h2>
          {group.error && <Trouble what={errorText(group.error)} advice={adviceFor(group.error)} />}
          {group.advice && <Trouble what={undefined} advice={group.advice} />}
          <ul class="names">
            {group.keys.slice(0, 5).map((key) => (
              <li key={key}>
                <button
                  type="button"
                  class="plain"
                  onClick={() => select({ side: group.side, key })}
                >
                  <Name label={labelOf(key)} />
                </button>
              </li>
            ))}
          </ul>
          {group.keys.length > 5 && <p class="muted">and {group.keys.length - 5} more</p>}
        </article>
      ))}
    </div>
  );
}

function sinceText({ what, since }: TroubleGroup, now: number): string {
  const passed = duration(now - since!);
  return what === 'failing' ? `last ${passed} ago` : `for ${passed}`;
}

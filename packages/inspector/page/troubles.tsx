import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ErrorText } from '../src/protocol.ts';
import { adviceFor, isTrouble } from './advice.ts';
import type { Selection, ViewProps } from './dependencies.tsx';
import { Mark, Name } from './marks.tsx';
import { Trouble } from './neighbourhood.tsx';
import type { State } from './state.ts';
import { duration, errorText, labelOf } from './text.ts';

/** What has one cause, as far as can be told: the same state, with the same error. */
export interface TroubleGroup {
  readonly what: string;
  readonly error: ErrorText | undefined;
  readonly side: Selection['side'];
  readonly keys: readonly string[];
  /** Since when the first of them is in it. */
  readonly since: number;
}

/** Everything that wants to be looked at; an outage of ten thousand watches is one. The largest first. */
export function troublesOf({ watched, watchers }: State): readonly TroubleGroup[] {
  const groups = new Map<string, TroubleGroup & { keys: string[]; since: number }>();
  const add = (
    side: Selection['side'],
    key: string,
    what: string,
    error: ErrorText | undefined,
    since: number,
  ): void => {
    const id = JSON.stringify([
      side,
      what,
      error?.code,
      error?.reason,
      alike(error?.message ?? ''),
    ]);
    const group = groups.get(id);
    if (!group) return void groups.set(id, { what, error, side, keys: [key], since });
    group.keys.push(key);
    group.since = Math.min(group.since, since);
  };
  for (const row of watched.values())
    if (isTrouble(row)) add('watched', row.key, row.state, row.error, row.since);
  for (const { key, failure } of watchers.values())
    if (failure) add('watchers', key, 'failing', failure.error, failure.at);
  return [...groups.values()].sort((a, b) => b.keys.length - a.keys.length);
}

/** Names and numbers in a message differ where the trouble is one. */
function alike(message: string): string {
  return message.replace(/"[^"]*"|'[^']*'|\d+|(Namespace|Name|Selector)=[^,\s]*/g, '#');
}

export function Troubles({ state, now, select }: ViewProps): VNode {
  const groups = useMemo(() => troublesOf(state), [state.revision]);
  if (!state.isComplete) return <p class="empty">Loading…</p>;
  if (groups.length === 0)
    return <p class="empty">✓ Nothing: every watch is up to date, and no reconcile fails.</p>;
  return (
    <div class="troubles">
      {groups.slice(0, 100).map((group) => (
        <article key={group.keys[0]}>
          <h2>
            <Mark of={group.what} />{' '}
            {group.keys.length === 1
              ? ''
              : group.side === 'watched'
                ? `${group.keys.length} watches`
                : `${group.keys.length} watchers`}{' '}
            <span class="count">
              {group.side === 'watched' ? 'for' : 'last'} {duration(now - group.since)}
              {group.side === 'watchers' && ' ago'}
            </span>
          </h2>
          {group.error && <Trouble what={errorText(group.error)} advice={adviceFor(group.error)} />}
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

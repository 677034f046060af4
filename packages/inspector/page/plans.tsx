import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ViewProps } from './dependencies.tsx';
import { Name } from './marks.tsx';
import type { State } from './state.ts';
import { duration, labelOf, visible } from './text.ts';

const ways = ['object', 'namespace', 'kind', 'poll', 'none'] as const;
const headings = ['own watch', 'by the namespace’s', 'by the kind’s', 'read', 'not at present'];

/** How many of a kind are served by what. */
export interface KindRow {
  readonly kind: string;
  readonly groupVersion: string;
  readonly by: Readonly<Record<(typeof ways)[number], number>>;
}

/** What serves what is watched, by kind. */
export function kindsOf({ watched }: State): readonly KindRow[] {
  const kinds = new Map<string, KindRow & { by: Record<(typeof ways)[number], number> }>();
  for (const { label, servedBy } of watched.values()) {
    const id = `${label.kind} ${label.groupVersion}`;
    const row = kinds.get(id) ?? {
      kind: label.kind,
      groupVersion: label.groupVersion,
      by: { object: 0, namespace: 0, kind: 0, poll: 0, none: 0 },
    };
    row.by[servedBy] += 1;
    kinds.set(id, row);
  }
  return [...kinds.values()];
}

export function Plans({ state, now }: ViewProps): VNode {
  const kinds = useMemo(() => kindsOf(state), [state.revision]);
  return (
    <div class="plans">
      <section>
        <h2>What serves what is watched</h2>
        <div class="scrolls" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">kind</th>
                {headings.map((heading) => (
                  <th scope="col" key={heading}>
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {kinds.map(({ kind, groupVersion, by }) => (
                <tr key={`${kind} ${groupVersion}`}>
                  <th scope="row">
                    <bdi>{kind}</bdi> <bdi class="muted">{groupVersion}</bdi>
                  </th>
                  {ways.map((way) => (
                    <td key={way}>{by[way] || '·'}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section>
        <h2>Changes of the plan</h2>
        {state.plans.length === 0 && <p class="muted">None that was seen from here.</p>}
        <ol class="recent">
          {state.plans.map(({ id, at, watched, change, reason, demanded, size }) => (
            <li key={id}>
              <Name label={planLabel(watched)} />:{' '}
              {change === 'share' ? 'one watch serves all' : 'its watch ends'}, since{' '}
              {visible(reason)} ({demanded} demanded
              {size !== undefined && ` of ${size}`}), {duration(now - at)} ago
            </li>
          ))}
        </ol>
      </section>
      {state.replicas && <Replicas {...state.replicas} now={now} />}
    </div>
  );
}

function planLabel(key: string): ReturnType<typeof labelOf> {
  const label = labelOf(key);
  const place = label.place === '(all)' ? 'the kind' : label.place.replace(/\/\(all\)$/, '');
  return { ...label, place };
}

function Replicas(props: NonNullable<State['replicas']> & { readonly now: number }): VNode {
  const { state, members } = props;
  return (
    <section>
      <h2>
        Replicas{' '}
        <span class="count">
          {members.length}; this one is: {state}
        </span>
      </h2>
      <table>
        <thead>
          <tr>
            <th scope="col">identity</th>
            <th scope="col">epoch</th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ identity, epoch }) => (
            <tr key={identity}>
              <th scope="row">
                <bdi>{visible(identity)}</bdi>
              </th>
              <td>{epoch}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

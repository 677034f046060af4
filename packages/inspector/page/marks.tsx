import type { VNode } from 'preact';
import type { WatchedRow, WatcherRow } from '../src/protocol.ts';
import type { Label } from './text.ts';

/** A sign and a word for each state; the colour comes on top of that. */
const signs: Readonly<Record<string, string>> = {
  live: '●',
  polling: '◔',
  starting: '◌',
  retrying: '↻',
  pending: '◇',
  ended: '✕',
  joining: '◌',
  lost: '✕',
  running: '▶',
  queued: '≡',
  waiting: '◷',
  failing: '✕',
  idle: '○',
  success: '✓',
  requeue: '↺',
  error: '✕',
};

export function Mark({ of, title }: { readonly of: string; readonly title?: string }): VNode {
  return (
    <span class={`mark ${of}`} title={title}>
      <span aria-hidden="true">{signs[of] ?? '·'}</span> {of}
    </span>
  );
}

/** A name, kept apart from the text around it whatever direction its letters have. */
export function Name({ label }: { readonly label: Label }): VNode {
  return (
    <span class="name" title={`${label.kind} ${label.place} (${label.groupVersion})`}>
      <bdi class="kind">{label.kind}</bdi> <bdi class="place">{label.place}</bdi>
    </span>
  );
}

/** What a watcher is doing, in a word. */
export function doing({ turn, failure }: WatcherRow): string {
  if (turn?.running) return 'running';
  if (turn?.queued) return 'queued';
  if (failure) return 'failing';
  return turn?.dueAt === undefined ? 'idle' : 'waiting';
}

/** What serves something, in a word or two. */
export function servedBy({ servedBy: by }: WatchedRow): string {
  return {
    object: 'own watch',
    namespace: 'shared watch (namespace)',
    kind: 'shared watch (kind)',
    poll: 'read at intervals',
    none: '—',
  }[by];
}

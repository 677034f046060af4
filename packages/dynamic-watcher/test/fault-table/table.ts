import type { ServerName } from './ground.ts';

/** What came of each fault on each server: `passed`, `FAILED`, or why it wasn't tried; absent: not run. */
export type Outcomes = Map<string, Partial<Record<ServerName, string>>>;

/** The outcomes as a Markdown table. */
export function formatTable(
  names: Readonly<Record<ServerName, string>>,
  outcomes: Outcomes,
): string {
  const servers = Object.keys(names) as ServerName[];
  const rows = [
    ['fault', ...servers.map((server) => names[server])],
    ['---', ...servers.map(() => '---')],
    ...[...outcomes].map(([fault, row]) => [fault, ...servers.map((s) => row[s] ?? 'not run')]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

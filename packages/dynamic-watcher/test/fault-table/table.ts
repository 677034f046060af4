/** What came of each fault on each server: `passed`, `FAILED`, or why it wasn't tried; absent: not run. */
export type Outcomes = Map<string, Record<string, string>>;

/** The outcomes as a Markdown table. */
export function formatTable(columns: readonly string[], outcomes: Outcomes): string {
  const rows = [
    ['fault', ...columns],
    ['---', ...columns.map(() => '---')],
    ...[...outcomes].map(([fault, row]) => [fault, ...columns.map((one) => row[one] ?? 'not run')]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

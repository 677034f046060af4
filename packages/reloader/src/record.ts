import type { Finding } from './content-hash.ts';

/** The annotation in a workload's own metadata that holds its record; pods don't see it, so writing it rolls nothing. */
export const recordAnnotation = 'depwatch.dev/hash';

/**
 * What a workload's pods run with, as far as is known: a hash for each {@link Finding.id}. Only what is in both the
 * record and the findings is ever compared; so a pod template that comes to use something else, which rolls by
 * itself, doesn't roll once more.
 */
export type ContentRecord = ReadonlyMap<string, string>;

/** Stands in a record for something optional that wasn't there: pods run without it, so its coming is a difference. */
const absent = '-';

/** What to do about a workload, and why. */
export interface Decision {
  /** `roll`: write the record and replace the pods; `record`: write the record; `nothing`: leave the workload alone. */
  readonly action: 'roll' | 'record' | 'nothing';
  /** What the record should be. */
  readonly record: ContentRecord;
  /** For people; names keys, never data. */
  readonly reason: string;
  /** The ids that differ from the record; empty unless the action is `roll`. */
  readonly differing: readonly string[];
  /** The ids that pods need and that aren't there. */
  readonly missing: readonly string[];
}

/** The text of a record: compact JSON with sorted keys, so that equal records are equal texts. */
export function formatRecord(record: ContentRecord): string {
  const members = [...record]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    // Not by way of an object: it could not have every key.
    .map(([id, hash]) => `${JSON.stringify(id)}:${JSON.stringify(hash)}`);
  return `{${members.join(',')}}`;
}

/** Reads a record; undefined when there is none or the text isn't one. */
export function parseRecord(text: string | undefined): ContentRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const entries = Object.entries(parsed);
    return entries.every(([, hash]) => typeof hash === 'string') ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Decides what to do about a workload.
 *
 * - What differs from the record rolls. Nothing else does.
 * - What isn't in the record is taken into it: it is seen for the first time.
 * - Something gone keeps its place in the record: it rolls if it comes back different, and only then.
 * - Something that pods need and that was never there is waited for and not recorded: the pods wait for it too, and
 *   the kubelet starts them as soon as it is there.
 * - Something optional that was never there is recorded as absent: the pods run without it, so its coming rolls.
 *
 * @param recordText the annotation {@link recordAnnotation}, if there is one
 * @param findings what the workload uses now
 */
export function decide(recordText: string | undefined, findings: readonly Finding[]): Decision {
  const old = parseRecord(recordText);
  const record = new Map<string, string>();
  const differing: string[] = [];
  const found: string[] = [];
  const missing: string[] = [];
  const gone: string[] = [];

  for (const { id, hash, optional } of findings) {
    const before = old?.get(id);
    if (hash === undefined) {
      const kept = before ?? (optional ? absent : undefined);
      if (kept !== undefined && (optional || kept !== absent)) record.set(id, kept);
      if (before === undefined && optional) found.push(id);
      if (before !== undefined && before !== absent) gone.push(id);
      if (!optional) missing.push(id);
      continue;
    }
    record.set(id, hash);
    // Recorded as absent when it was optional, and needed now: the pod template changed, which rolls by itself.
    if (before === undefined || (before === absent && !optional)) found.push(id);
    else if (before !== hash) differing.push(id);
  }

  const used = new Set(findings.map(({ id }) => id));
  const dropped = [...(old?.keys() ?? [])].filter((id) => !used.has(id));
  const waiting = missing.filter((id) => !gone.includes(id));
  const result = { record, differing, missing };
  if (differing.length > 0) {
    return { ...result, action: 'roll', reason: `other data in ${list(differing)}` };
  }
  const unwritten = old
    ? formatRecord(old) !== formatRecord(record)
    : record.size > 0 || recordText !== undefined;
  const wait = waiting.length > 0 ? [`waiting for ${list(waiting)}`] : [];
  if (unwritten) {
    const why =
      old === undefined
        ? [recordText === undefined ? 'first sight' : 'the record was unreadable']
        : [
            ...(found.length > 0 ? [`new: ${list(found)}`] : []),
            ...(dropped.length > 0 ? [`no longer used: ${list(dropped)}`] : []),
          ];
    return { ...result, action: 'record', reason: [...why, ...wait].join(', ') };
  }
  const reasons = [
    ...(gone.length > 0 ? [`gone: ${list(gone)}, rolls if it comes back different`] : []),
    ...wait,
  ];
  const reason = reasons.join(', ') || (findings.length > 0 ? 'same data' : 'uses nothing');
  return { ...result, action: 'nothing', reason };
}

/** A few names, and how many more. */
function list(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(', ');
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

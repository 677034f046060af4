import type { Finding } from './content-hash.ts';

/** The annotation in a workload's own metadata that holds its record; pods don't see it, so writing it rolls nothing. */
export const recordAnnotation = 'depwatch.dev/hash';

/**
 * What a workload's pods run with, as far as is known: a hash for each {@link Finding.id}, and one for the pod template
 * itself under `template`. Only what is in both the record and the findings is ever compared; so a pod template that
 * comes to use something else, which rolls by itself, doesn't roll once more.
 */
export type ContentRecord = ReadonlyMap<string, string>;

/** Stands in a record for something optional that wasn't there: pods run without it, so its coming is a difference. */
const absent = '-';

/** Where a record keeps the hash of the pod template; no finding is called so, for those have a slash. */
export const templateId = 'template';

/** What is remembered of the last decision about a workload. */
export interface Known {
  readonly record: ContentRecord;
  /** The text of the annotation that the last write replaced: whoever sets it back undoes that, and says nothing new. */
  readonly replaced: string | undefined;
}

/** A pod template, as far as decisions need it. */
export interface TemplateState {
  readonly hash: string;
  /** When it was changed last, and not before, in milliseconds since the Unix epoch; absent: unknown. */
  readonly changedMs?: number;
  /** When the record was written. */
  readonly recordedMs?: number;
}

/** What a decision is made of. */
export interface Evidence {
  /** The annotation {@link recordAnnotation}, if there is one. */
  readonly recordText: string | undefined;
  /** Undefined: nothing has been decided about it before. */
  readonly known?: Known | undefined;
  readonly template: TemplateState;
  /** What the workload uses now. */
  readonly findings: readonly Finding[];
}

/** What to do about a workload, and why. */
export interface Decision {
  /**
   * `roll`: write the record and replace the pods; `record`: write the record; `restore`: write it once more, since
   * somebody undid that; `nothing`: leave the workload alone.
   */
  readonly action: 'roll' | 'record' | 'restore' | 'nothing';
  /** What the record should be. */
  readonly record: ContentRecord;
  /** For people; names keys, never data. */
  readonly reason: string;
  /** The ids that differ from the record. */
  readonly differing: readonly string[];
  /** The ids that pods need and that aren't there. */
  readonly missing: readonly string[];
  /** Whether the pod template is another one than the record knows. */
  readonly isOtherTemplate: boolean;
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
 * - What differs from the record rolls, something optional that came or went too. Nothing else does.
 * - What isn't in the record is taken into it: it is seen for the first time.
 * - While something is missing that pods need, nothing rolls: the new pods could not start. It keeps its place in the record.
 * - What changed before the pod template did is in the pods, which were replaced for the template.
 * - What may not be read keeps its place in the record.
 * - What was decided last counts as much as the annotation does, so that who takes it away, or sets it back, makes nothing roll
 *   and nothing be missed.
 */
export function decide({ recordText, known, template, findings }: Evidence): Decision {
  const told = parseRecord(recordText);
  const isUndone = known !== undefined && recordText === known.replaced;
  const bases = [known?.record, isUndone ? undefined : told].filter((one) => one !== undefined);
  const before = (id: string): readonly string[] => bases.flatMap((base) => base.get(id) ?? []);
  const templates = before(templateId);
  const isOtherTemplate = templates.length > 0 && !templates.includes(template.hash);
  const record = new Map<string, string>();
  const differing: string[] = [];
  const found: string[] = [];
  const missing: string[] = [];
  const hidden: string[] = [];

  for (const finding of findings) {
    const { id, optional, isHidden = false } = finding;
    const values = before(id);
    const value = finding.hash ?? (optional && !isHidden ? absent : undefined);
    if (value === undefined) {
      const [kept] = values;
      if (kept !== undefined && (isHidden || kept !== absent)) record.set(id, kept);
      (isHidden ? hidden : missing).push(id);
      continue;
    }
    record.set(id, value);
    if (values.includes(value)) continue;
    // Recorded as absent when it was optional, and needed now: the pod template changed, which rolls by itself.
    const isNew = values.length === 0 || (values.includes(absent) && !optional);
    if (isNew || (isOtherTemplate && isOlder(finding, template))) found.push(id);
    else differing.push(id);
  }
  if (missing.length > 0) for (const id of differing) record.set(id, before(id)[0]!);
  const used = new Set([templateId, ...findings.map(({ id }) => id)]);
  const dropped = [...new Set(bases.flatMap((base) => [...base.keys()]))].filter(
    (id) => !used.has(id),
  );
  if (record.size > 0) record.set(templateId, template.hash);

  const waits = [
    ...(missing.length > 0 ? [`waiting for ${list(missing)}`] : []),
    ...(hidden.length > 0 ? [`${list(hidden)} may not be read`] : []),
  ];
  const result = { record, differing, missing, isOtherTemplate };
  if (differing.length > 0 && missing.length === 0) {
    const reason = [`other data in ${list(differing)}`, ...waits].join(', ');
    return { ...result, action: 'roll', reason };
  }
  const text = formatRecord(record);
  const present = told ? formatRecord(told) : (recordText ?? formatRecord(new Map()));
  if (text === present) {
    const reason = waits.join(', ') || (findings.length > 0 ? 'same data' : 'uses nothing');
    return { ...result, action: 'nothing', reason };
  }
  if (known && text === formatRecord(known.record)) {
    const what = recordText === undefined ? 'removed' : told ? 'changed' : 'broken';
    return { ...result, action: 'restore', reason: `somebody has ${what} the record` };
  }
  const why = [
    ...(bases.length === 0
      ? [recordText === undefined ? 'first sight' : 'the record was unreadable']
      : [
          ...(found.length > 0 ? [`new: ${list(found)}`] : []),
          ...(dropped.length > 0 ? [`no longer used: ${list(dropped)}`] : []),
        ]),
    ...waits,
  ];
  return { ...result, action: 'record', reason: why.join(', ') || 'another pod template' };
}

/**
 * Whether something was changed before the pod template was, as far as times tell: one from before the record was written
 * doesn't, for who only takes a key away leaves no time behind.
 */
function isOlder({ changedMs }: Finding, template: TemplateState): boolean {
  if (changedMs === undefined || template.changedMs === undefined) return false;
  return changedMs <= template.changedMs && changedMs >= (template.recordedMs ?? Infinity);
}

/** A few names, and how many more. */
function list(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(', ');
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

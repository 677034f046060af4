import { difference, type FieldSet, isEmptySet, sortedSet, union } from './field-set.ts';

/** An entry of `metadata.managedFields`: which fields somebody owns, and since when. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** Left out where somebody applied what was there already. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

/** Who writes, by what means, and when. */
export interface FieldWriter {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** The version in which it is written. */
  readonly apiVersion: string;
  /** `""` for the object itself. */
  readonly subresource: string;
  /** Seconds, in RFC 3339; undefined where that isn't noted. */
  readonly time: string | undefined;
}

/** More updaters than this aren't told apart: the oldest become one. */
const maxUpdaters = 10;
const longAgo = 'ancient-changes';

/** Whether an entry is a writer's. Whoever applies is the same in all versions. */
export function isEntryOf(entry: ManagedFieldsEntry, writer: Omit<FieldWriter, 'time'>): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    (entry.subresource ?? '') === writer.subresource &&
    (entry.operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

/** An entry of a writer. @param time undefined where the write changed nothing but who owns what */
export function entryOf(
  { manager, operation, apiVersion, subresource }: FieldWriter,
  fields: FieldSet,
  time: string | undefined,
): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sortedSet(fields),
    ...(subresource && { subresource }),
  };
}

/** The entries without some fields; those that are left with none go. */
export function withoutFields(
  entries: readonly ManagedFieldsEntry[],
  fields: FieldSet,
): ManagedFieldsEntry[] {
  if (isEmptySet(fields)) return [...entries];
  return entries
    .map((entry) => ({ ...entry, fieldsV1: difference(entry.fieldsV1, fields) }))
    .filter(({ fieldsV1 }) => !isEmptySet(fieldsV1));
}

/** The entries in the order in which they are stored: who applies first, then by time. */
export function sortEntries(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return entries.toSorted(
    (a, b) =>
      compareTexts(a.operation, b.operation) ||
      compareTexts(a.time ?? '', b.time ?? '') ||
      compareTexts(a.manager, b.manager) ||
      compareTexts(a.apiVersion, b.apiVersion) ||
      compareTexts(a.subresource ?? '', b.subresource ?? ''),
  );
}

/** The entries with the oldest updaters made one, where there are too many. */
export function capUpdaters(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updaters = sortEntries(entries.filter(({ operation }) => operation === 'Update'));
  const result = new Set(entries);
  /** For each version, what the next one is merged into. */
  const buckets = new Map<string, ManagedFieldsEntry>();
  for (const entry of updaters) {
    if (updaters.length - (entries.length - result.size) <= maxUpdaters) break;
    const oldest = buckets.get(entry.apiVersion);
    if (!oldest) {
      buckets.set(entry.apiVersion, entry);
      continue;
    }
    const { subresource: _any, ...rest } = entry;
    const fieldsV1 = sortedSet(union(oldest.fieldsV1, entry.fieldsV1));
    const bucket: ManagedFieldsEntry = { ...rest, manager: longAgo, fieldsV1 };
    result.delete(oldest);
    result.delete(entry);
    result.add(bucket);
    buckets.set(entry.apiVersion, bucket);
  }
  return [...result];
}

/** `"kubectl" with subresource "status" using apps/v1`: as a conflict names who owns a field. */
export function formatManager(entry: ManagedFieldsEntry): string {
  const { manager, subresource, operation, apiVersion } = entry;
  const part = subresource ? ` with subresource ${JSON.stringify(subresource)}` : '';
  const version = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(manager)}${part}${version}`;
}

/** Orders texts as bytes are. */
export function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

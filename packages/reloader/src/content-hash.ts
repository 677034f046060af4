import { createHash } from 'node:crypto';

import { formatReference, type Reference } from './references.ts';

/** The data of a ConfigMap or Secret, as it stands in JSON (binaryData, and all of a Secret, in base64). */
export interface Content {
  readonly data?: { readonly [key: string]: string };
  readonly binaryData?: { readonly [key: string]: string };
}

/** What was found of one thing that a workload uses: a whole object, or one key of it. */
export interface Finding {
  /** What the record calls it: `configmap/settings`, or `configmap/settings/LEVEL` where only that key is used. */
  readonly id: string;
  /** Of its data; undefined when it isn't there, or may not be read. */
  readonly hash: string | undefined;
  /** Pods start without it. */
  readonly optional: boolean;
  /** It may be there, but it may not be read. */
  readonly isHidden?: boolean;
  /** When the object was changed last, in milliseconds since the Unix epoch, where that is known. */
  readonly changedMs?: number;
}

/**
 * Hashes what a reference uses: one finding for the whole object, or one for each key used. A hash depends on kind, name,
 * keys and data alone; no namespace, label, annotation or version changes it.
 *
 * @param content the object's data; undefined when there is no such object
 */
export function hashReference(
  reference: Reference,
  content: Content | undefined,
): readonly Finding[] {
  const id = formatReference(reference);
  const entries = content ? sortedEntries(content) : [];
  // JSON keeps the parts apart: nothing that one of them holds makes it look like two.
  const hashOf = (used: readonly Entry[]): string =>
    sha256(JSON.stringify([reference.kind, reference.name, used]));

  if (reference.keys === 'all') {
    return [{ id, hash: content && hashOf(entries), optional: reference.optional }];
  }
  return reference.keys.map(({ key, optional }) => {
    const used = entries.filter(([entryKey]) => entryKey === key);
    return { id: `${id}/${key}`, hash: used.length > 0 ? hashOf(used) : undefined, optional };
  });
}

/** The findings for a reference whose object may not be read. */
export function hiddenFindings(reference: Reference): readonly Finding[] {
  return hashReference(reference, undefined).map((finding) => ({ ...finding, isHidden: true }));
}

/** SHA-256 in base64url: 43 characters. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

type Entry = readonly [key: string, field: 'data' | 'binaryData', value: string];

function sortedEntries({ data = {}, binaryData = {} }: Content): readonly Entry[] {
  const text = Object.entries(data).map(([key, value]): Entry => [key, 'data', value]);
  const binary = Object.entries(binaryData).map(([key, value]): Entry => [
    key,
    'binaryData',
    value,
  ]);
  return [...text, ...binary].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

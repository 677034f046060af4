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
  { kind, name, optional, keys }: Reference,
  content: Content | undefined,
): readonly Finding[] {
  const id = formatReference({ kind, name });
  const entries = (['data', 'binaryData'] as const)
    .flatMap((field) =>
      Object.entries(content?.[field] ?? {}).map(([key, value]) => [key, field, value] as const),
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  // JSON keeps the parts apart: nothing that one of them holds makes it look like two.
  const hashOf = (used: typeof entries): string => sha256(JSON.stringify([kind, name, used]));

  if (keys === 'all') return [{ id, hash: content && hashOf(entries), optional }];
  return keys.map((use) => {
    const used = entries.filter(([key]) => key === use.key);
    const hash = used.length > 0 ? hashOf(used) : undefined;
    return { id: `${id}/${use.key}`, hash, optional: use.optional };
  });
}

/** SHA-256 in base64url: 43 characters. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

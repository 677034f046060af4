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
  /** The object that it is, or is in: `configmap/settings`. */
  readonly reference: string;
  /** Of its data; undefined when it isn't there. */
  readonly hash: string | undefined;
  /** Pods start without it. */
  readonly optional: boolean;
}

/**
 * Hashes what a reference uses: one finding for the whole object, or one for each key used. A hash depends on kind,
 * namespace, name, keys and data alone; no label, annotation or version changes it.
 *
 * @param content the object's data; undefined when there is no such object
 */
export function hashReference(
  reference: Reference,
  namespace: string,
  content: Content | undefined,
): readonly Finding[] {
  const id = formatReference(reference);
  const entries = content ? sortedEntries(content) : [];
  const sha256 = (used: readonly Entry[]): string =>
    createHash('sha256')
      // JSON keeps the parts apart: nothing that one of them holds makes it look like two.
      .update(JSON.stringify([reference.kind, namespace, reference.name, used]))
      .digest('base64url');

  if (reference.keys === 'all') {
    const hash = content && sha256(entries);
    return [{ id, reference: id, hash, optional: reference.optional }];
  }
  return reference.keys.map(({ key, optional }) => {
    const used = entries.filter(([entryKey]) => entryKey === key);
    return {
      id: `${id}/${key}`,
      reference: id,
      hash: used.length > 0 ? sha256(used) : undefined,
      optional,
    };
  });
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

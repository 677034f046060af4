import type { KubernetesObject } from '@depwatch/controller';
import { recordAnnotation } from './record.ts';

/** As whom the reloader writes. */
export const fieldManager = 'depwatch-reloader';

/** Where managedFields have the record. */
export const recordPath = ['f:metadata', 'f:annotations', `f:${recordAnnotation}`];

interface Entry {
  readonly manager: string;
  readonly ms: number;
  readonly fields: unknown;
}

/**
 * Who wrote a field of an object, or something in it, the latest first; the reloader itself and writers of the status are
 * left out.
 *
 * @param object with its managedFields, as a read of one object gives it
 * @param path such as `['f:spec', 'f:template']`
 */
export function writersOf(object: KubernetesObject, path: readonly string[]): readonly string[] {
  const writers = entriesOf(object).filter(({ manager }) => manager !== fieldManager);
  return [...new Set(writers.filter((entry) => owns(entry, path)).map(({ manager }) => manager))];
}

/** When a field was written last, and not before, in milliseconds since the Unix epoch: by others than the reloader, or by it. */
export function writtenMs(
  object: KubernetesObject,
  path: readonly string[],
  by: 'others' | 'reloader' = 'others',
): number | undefined {
  const times = entriesOf(object)
    .filter(({ manager }) => (manager === fieldManager) === (by === 'reloader'))
    .filter((entry) => owns(entry, path))
    .map(({ ms }) => ms);
  return times.length > 0 && times.every(Number.isFinite) ? Math.max(...times) : undefined;
}

function entriesOf({ metadata }: KubernetesObject): readonly Entry[] {
  const { managedFields = [] } = (metadata ?? {}) as { managedFields?: readonly ManagedFields[] };
  return managedFields
    .filter(({ subresource }) => !subresource)
    .map(({ manager = 'somebody unnamed', time, fieldsV1 }) => ({
      manager,
      ms: Date.parse(time ?? ''),
      fields: fieldsV1,
    }))
    .toSorted((a, b) => b.ms - a.ms);
}

interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: unknown;
}

function owns({ fields }: Entry, path: readonly string[]): boolean {
  let at = fields;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as { readonly [step: string]: unknown })[step];
  }
  return true;
}

import type { KubernetesObject } from '@depwatch/controller';
import { recordAnnotation } from './record.ts';

/** As whom the reloader writes. */
export const fieldManager = 'depwatch-reloader';

/** Where managedFields have the record. */
export const recordPath = ['f:metadata', 'f:annotations', `f:${recordAnnotation}`];

interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: unknown;
}

/** Who wrote a field, and when last. */
interface Write {
  readonly manager: string;
  /** In milliseconds since the Unix epoch; not a number where that is not known. */
  readonly ms: number;
}

/**
 * Who wrote a field of an object, or something in it, the latest first; writers of the status are left out.
 *
 * @param object with its managedFields, as a read of one object gives it
 * @param path such as `['f:spec', 'f:template']`
 */
function writesTo({ metadata }: KubernetesObject, path: readonly string[]): readonly Write[] {
  const { managedFields = [] } = (metadata ?? {}) as { managedFields?: readonly ManagedFields[] };
  return managedFields
    .filter(({ subresource, fieldsV1 }) => !subresource && holds(fieldsV1, path))
    .map(({ manager = 'somebody unnamed', time = '' }) => ({ manager, ms: Date.parse(time) }))
    .toSorted((a, b) => b.ms - a.ms);
}

/** Who wrote a field, but for the reloader itself, the latest first; see {@link writesTo}. */
export function writersOf(object: KubernetesObject, path: readonly string[]): readonly string[] {
  const writers = new Set(writesTo(object, path).map(({ manager }) => manager));
  writers.delete(fieldManager);
  return [...writers];
}

/** When a field was written last, and not before, by others than the reloader, or by it; see {@link writesTo}. */
export function writtenMs(
  object: KubernetesObject,
  path: readonly string[],
  by: 'others' | 'reloader' = 'others',
): number | undefined {
  const writes = writesTo(object, path).filter(
    ({ manager }) => (manager === fieldManager) === (by === 'reloader'),
  );
  const times = writes.map(({ ms }) => ms);
  return times.length > 0 && times.every(Number.isFinite) ? Math.max(...times) : undefined;
}

function holds(fields: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, step)) return false;
  return holds((fields as { readonly [field: string]: unknown })[step], rest);
}

import type { KubernetesObject } from '@depwatch/controller';
import { recordPath, writersOf } from './managers.ts';
import { recordAnnotation } from './record.ts';
import { formatReference } from './references.ts';
import type { Used } from './used.ts';

/** Says of pods that are replaced again and again, whose doing that is. */
export function rollsCaused(used: readonly Used[], differing: readonly string[]): string {
  const causes = used
    .filter(({ findings }) => findings.some(({ id }) => differing.includes(id)))
    .map(({ reference, writtenBy = 'somebody' }) => {
      return `${formatReference(reference)} is changed by ${writtenBy}`;
    });
  return `its pods are replaced again and again, since ${causes.join(', ')}`;
}

/**
 * Says whose doing it is that the record doesn't stay as it was written.
 *
 * @param workload with its managedFields
 */
export function recordUndone(workload: KubernetesObject | undefined): string {
  const [setter] = workload ? writersOf(workload, recordPath) : [];
  // Of who takes a field away nothing is left but what else they wrote.
  const others = workload ? writersOf(workload, []).slice(0, 3).join(', ') : '';
  const who = setter ?? `somebody${others && `, such as who else writes it: ${others}`}`;
  return `${recordAnnotation} is undone again and again by ${who}`;
}

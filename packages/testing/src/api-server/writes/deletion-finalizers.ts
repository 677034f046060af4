import type { ResourceType } from '../kinds/resource-type.ts';
import type { DeleteOptions } from './write-options.ts';

/** Keeps an object that is deleted until its dependents have lost their references to it. */
export const orphanFinalizer = 'orphan';

/** Keeps an object that is deleted until the dependents that block that are gone. */
export const foregroundFinalizer = 'foregroundDeletion';

// Whose dependents stay unless a delete says otherwise: those that were there before there was a garbage collector.
const orphaning = new Set(['/replicationcontrollers', 'batch/jobs']);

/**
 * The finalizers of an object that is deleted: its own, without those of an earlier delete that has told the garbage
 * collector something else, and with the one that this delete tells it by.
 */
export function deletionFinalizers(
  { custom, group, resource }: ResourceType,
  finalizers: readonly string[],
  { propagationPolicy }: Pick<DeleteOptions, 'propagationPolicy'>,
): string[] {
  const isCollectors = (name: string): boolean =>
    name === orphanFinalizer || name === foregroundFinalizer;
  const others = finalizers.filter((name) => !isCollectors(name));
  if (!custom && resource === 'events') return others;
  switch (propagationPolicy) {
    case 'Background':
      return others;
    case 'Orphan':
      return [...others, orphanFinalizer];
    case 'Foreground':
      return [...others, foregroundFinalizer];
    default: {
      const kept = finalizers.find(isCollectors);
      if (kept) return [...others, kept];
      return orphaning.has(`${group}/${resource}`) ? [...others, orphanFinalizer] : others;
    }
  }
}

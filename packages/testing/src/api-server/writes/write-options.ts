import type { Admission } from '../auth/escalation.ts';
import type { Resource } from '../store/registry.ts';

/** Where a write goes: a resource in one of its versions, and the namespace of the URL. */
export interface WriteTarget {
  readonly resource: Resource;
  readonly version: string;
  /** `""` for a cluster-scoped resource. */
  readonly namespace: string;
  /** May refuse what is about to be stored, before it is validated. Default: nothing is refused. */
  readonly admit?: Admission | undefined;
}

/** What may go with any write. */
export interface WriteOptions {
  /** Checks and answers as usual, but stores nothing. Default false. */
  readonly dryRun?: boolean;
}

/** What may go with a delete. */
export interface DeleteOptions extends WriteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  /** What becomes of the objects that it owns. Default: what the object's finalizers say, else what its kind has. */
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
}

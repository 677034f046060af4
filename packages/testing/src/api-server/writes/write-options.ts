import type { Admission } from '../auth/escalation.ts';
import type { ManagedFieldsEntry } from '../apply/managed-fields.ts';
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
  /** What becomes of fields that the kind doesn't have, or the body has twice. Default `Warn`. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** The paths of fields that the body has twice. */
  readonly duplicateFields?: readonly string[];
  /** Whether it is what a patch has made of an object. Default false. */
  readonly patched?: boolean;
  /** Hears what the client is to be warned of, in order. */
  readonly warn?: (text: string) => void;
  /** Who writes, for managedFields; `""` for nobody that is known. Default `kube-apiserver`. */
  readonly fieldManager?: string;
  /** By way of which subresource it is written, for managedFields. Default: the one that is written. */
  readonly by?: 'scale';
  /** Who owns what afterwards, where an apply has decided that. Default: whoever changed it. */
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** What may go with a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  /** Takes over fields that others own. Default false. */
  readonly force?: boolean;
}

/** What may go with a delete. */
export interface DeleteOptions extends WriteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  /** What becomes of the objects that it owns. Default: what the object's finalizers say, else what its kind has. */
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
}

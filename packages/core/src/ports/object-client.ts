import type { KubernetesObject } from '../kubernetes-object.ts';
import type { ObjectIdentifier } from '../object-identifier.ts';

/** What every write takes. */
export interface WriteOptions {
  /**
   * Ends the call, which rejects with ERR_ABORTED, the signal's reason as its cause, or with the reason itself where that
   * is a DepwatchError. A write that was sent may have happened all the same.
   */
  signal?: AbortSignal;
  /** Has the server do all but store it. */
  dryRun?: boolean;
  /** Who writes, for `managedFields`, in 128 characters at most; default what the server makes of the user agent. */
  fieldManager?: string;
}

/** A part of an object with an address of its own: `status`, `scale`, and, to create only, `eviction`, `binding` or `token`. */
export interface SubresourceOptions {
  subresource?: string;
}

/** What a write whose body is an object takes; `of` goes with a `subresource`. */
export interface ObjectWriteOptions extends WriteOptions, SubresourceOptions {
  /**
   * Whose subresource it is, where the body is of another kind: the Deployment of a Scale, the Pod of an Eviction, the
   * ServiceAccount of a TokenRequest. Default: the object itself.
   */
  of?: ObjectIdentifier;
}

/** One step of a JSON patch (RFC 6902). `path` and `from` are JSON pointers. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string };

/** What a server-side apply takes. */
export interface ApplyOptions extends ObjectWriteOptions {
  /** Whose fields these are from then on; required. */
  fieldManager: string;
  /** Takes over the fields that others own, where they differ; default false: ERR_CONFLICT that names the owners. */
  force?: boolean;
}

/** What a delete takes. */
export interface DeleteOptions {
  /** Ends the call as {@link WriteOptions.signal} does. */
  signal?: AbortSignal;
  /** Delete only the object that is meant: ERR_CONFLICT where its uid or version is another. */
  preconditions?: { uid?: string; resourceVersion?: string };
  /** What becomes of the objects that it owns; the default is the kind's, `Background` mostly. */
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** How long it may take to end by itself; for pods. */
  gracePeriodSeconds?: number;
  dryRun?: boolean;
}

/**
 * Fresh reads, and writes, of single objects. Objects are plain JSON; those that come back are the caller's own, and
 * whole, `managedFields` and all: of the type given, and with the metadata that every object has. A field that the server doesn't know is ERR_REJECTED, not dropped in silence. Failures
 * are DepwatchErrors: ERR_CONFLICT, ERR_NOT_FOUND, ERR_ALREADY_EXISTS, ERR_REJECTED, ERR_FORBIDDEN, ERR_UNAUTHORIZED,
 * ERR_NO_VERSIONED_RESOURCE for a kind that the server doesn't serve, ERR_INVALID_INPUT, which names the field, for what
 * can't be asked, ERR_ABORTED for a call that its signal ended, and ERR_TRANSPORT. A write that got no answer is sent again only where that is safe to repeat.
 */
export interface ObjectClient {
  /** The object as the server has it now; undefined when there is none. */
  get<T extends KubernetesObject = KubernetesObject>(
    id: ObjectIdentifier,
    options?: { signal?: AbortSignal } & SubresourceOptions,
  ): Promise<(T & KubernetesObject) | undefined>;
  /**
   * Stores a new object, under its `name`, or one that the server makes from its `generateName`. What comes back is what
   * the server answers: of an `eviction` and a `binding` that is a Status.
   */
  create<T extends KubernetesObject>(
    object: T,
    options?: ObjectWriteOptions,
  ): Promise<T & KubernetesObject>;
  /** Replaces an object; ERR_CONFLICT when its `resourceVersion` isn't the newest any more. */
  update<T extends KubernetesObject>(
    object: T,
    options?: ObjectWriteOptions,
  ): Promise<T & KubernetesObject>;
  /**
   * Changes an object by a JSON patch where `patch` is an array, else by a merge patch (RFC 7386). A JSON patch of which a
   * `test` does not hold, or a path is not there, is ERR_REJECTED as a whole.
   */
  patch<T extends KubernetesObject = KubernetesObject>(
    id: ObjectIdentifier,
    patch: object | readonly JsonPatchOperation[],
    options?: WriteOptions & SubresourceOptions,
  ): Promise<T & KubernetesObject>;
  /** Server-side apply: the fields given are the manager's, the others are left alone. */
  apply<T extends KubernetesObject>(
    object: T,
    options: ApplyOptions,
  ): Promise<T & KubernetesObject>;
  /** Deletes an object; resolves too when it is gone already. */
  delete(id: ObjectIdentifier, options?: DeleteOptions): Promise<void>;
}

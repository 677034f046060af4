/** An owner of an object, as in `metadata.ownerReferences`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The part of `metadata` that every Kubernetes object has in common. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** A string in JSON from the server; a Date in the classes of `@kubernetes/client-node`. */
  creationTimestamp?: string | Date;
  deletionTimestamp?: string | Date;
  deletionGracePeriodSeconds?: number;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/**
 * Any Kubernetes object. There is no index signature, so that typed objects (such as the `V1…` classes of
 * `@kubernetes/client-node`) are assignable to it.
 */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/**
 * `T` as the cache hands it out: deeply readonly, and with strings where `T` has a Date, since that is what
 * JSON from an API server holds.
 */
export type Cached<T> = T extends Date
  ? string
  : T extends readonly (infer Element)[]
    ? readonly Cached<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]: Cached<T[Key]> }
      : T;

/** The `Status` that an API server answers with when a request fails; only the fields that depwatch reads. */
export interface KubernetesStatus {
  kind?: string;
  apiVersion?: string;
  /** `Success` or `Failure`. */
  status?: string;
  /** For people. */
  message?: string;
  /** For machines, one CamelCase word: `NotFound`, `Expired`, `Forbidden`… */
  reason?: string;
  /** The HTTP status code. */
  code?: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    retryAfterSeconds?: number;
    causes?: readonly { reason?: string; message?: string; field?: string }[];
  };
}

import {
  checkRecord,
  checkText,
  wrongType,
  DepwatchError,
  ObjectStore,
  describeObjectIdentifier,
  invalidInput,
  validateQuery,
  type Cached,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';

import { decodedCopy, withoutBulk } from './decoded-copy.ts';
import { deepFreeze } from './deep-freeze.ts';
import { createGvrCache, type GvrCache } from './gvr-cache.ts';
import type { ObjectCacheOptions } from './options.ts';
import { QueryMap } from './query-map.ts';

/**
 * The read handle. Reads are synchronous; what they return is deeply frozen and shared, and an array stays as it is
 * while later events are applied. Each throws DepwatchError ERR_INVALID_INPUT for a bad query and ERR_NO_CACHE_ENTRY
 * when nothing is cached for exactly that query.
 */
export interface ObjectCacheReader {
  /** The object with the query's name; undefined: it is cached that there is none. */
  get<T = KubernetesObject>(query: ObjectIdentifier): Cached<T> | undefined;
  /** The objects that the query selects, in the order of the list; with no selector all. */
  list<T = KubernetesObject>(query: ObjectIdentifier): readonly Cached<T>[];
  /** `get` or `list`, whichever the query asks for; of a name no object or one. */
  fromObjectIdentifier<T = KubernetesObject>(query: ObjectIdentifier): readonly Cached<T>[];
}

/**
 * Cached Kubernetes objects by query. Objects that you give are copied, never changed. Equal queries (selectors in any
 * spelling, a namespace on a cluster-scoped kind) share one entry. Writes throw DepwatchError ERR_INVALID_INPUT for a
 * bad query, as reads do.
 */
export interface ObjectCache extends ObjectCacheReader {
  /** Caches an object under a query with a name; undefined caches that there is none. */
  cacheObject(query: ObjectIdentifier, object: KubernetesObject | undefined): void;
  /**
   * Caches a list under a query without a name. Of two objects with one namespace and name the later one counts.
   *
   * @throws DepwatchError ERR_INVALID_INPUT when an object has no metadata.name, too
   */
  cacheList(query: ObjectIdentifier, objects: readonly KubernetesObject[]): void;
  /** `cacheObject` or `cacheList`, whichever the query asks for; a name takes no object or one. */
  cacheFromObjectIdentifier(query: ObjectIdentifier, objects: readonly KubernetesObject[]): void;
  /** Drops what is cached under a query with a name. */
  uncacheObject(query: ObjectIdentifier): void;
  /** Drops what is cached under a query without a name. */
  uncacheList(query: ObjectIdentifier): void;
  /** Drops what is cached under the query, an attached store included. */
  uncacheFromObjectIdentifier(query: ObjectIdentifier): void;
  /** The resource of a kind, see {@link GvrCache.resolve}. */
  gvkToGvr(gvk: GroupVersionKind, options?: { signal?: AbortSignal }): Promise<ScopedGVR>;
  /** Drops everything: objects, attached stores and resources of kinds. */
  clear(): void;

  /**
   * The write handle for whoever keeps an entry up to date, a watch say: a store whose objects readers see once it is
   * attached. It freezes the objects that it is given instead of copying them, so give it objects of your own, freshly
   * decoded. An event costs one Map.set, whatever the length of the list.
   */
  createStore(): ObjectStore;
  /**
   * Makes what `store` holds, now and later, the entry of a query. What was there is so again once this is detached: a kind
   * may come to be served in another scope, in which two queries mean the same.
   *
   * @returns detaches it; does nothing when another entry was cached in its place by then
   */
  attach(query: ObjectIdentifier, store: ObjectStore): () => void;
  /** The GVK→GVR cache behind `gvkToGvr`. */
  readonly gvrs: GvrCache;
}

/**
 * An empty {@link ObjectCache}.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for a bad TTL or `max`
 */
export function createObjectCache(options: ObjectCacheOptions): ObjectCache {
  checkRecord('options', options, 'an object with transport');
  const { unsafeDisableDeepCopy = false } = options;
  const gvrs = options.gvrs ? options.gvrs : createGvrCache(options);
  const entries = new QueryMap<ObjectStore>(gvrs);
  const keep = unsafeDisableDeepCopy ? (object: KubernetesObject) => object : deepFreeze;
  const own = unsafeDisableDeepCopy ? withoutBulk : decodedCopy;

  const read = (query: ObjectIdentifier): readonly KubernetesObject[] => {
    const store = entries.get(query);
    if (store) return store.values();
    throw new DepwatchError(
      'ERR_NO_CACHE_ENTRY',
      `nothing is cached for exactly this query: ${describeObjectIdentifier(query)}`,
    );
  };
  const write = (query: ObjectIdentifier, objects: readonly KubernetesObject[]): void => {
    const store = new ObjectStore(keep);
    store.stage(objects.map(own));
    store.commit();
    entries.set(query, store);
  };

  const cache: ObjectCache = {
    get: <T>(query: ObjectIdentifier) => {
      checkNamed(query);
      return read(query)[0] as Cached<T> | undefined;
    },
    list: <T>(query: ObjectIdentifier) => {
      checkUnnamed(query);
      return read(query) as readonly Cached<T>[];
    },
    fromObjectIdentifier: <T>(query: ObjectIdentifier) => {
      checkEither(query);
      return read(query) as readonly Cached<T>[];
    },
    cacheObject: (query, object) => {
      checkNamed(query);
      if (object !== undefined) checkObject(object);
      write(query, object ? [object] : []);
    },
    cacheList: (query, objects) => {
      checkUnnamed(query);
      checkArray(objects);
      objects.forEach(checkObject);
      const nameless = objects.findIndex((object) => !object.metadata?.name);
      if (nameless >= 0)
        throw invalidInput(`metadata.name: object ${nameless} of the list has none`);
      write(query, objects);
    },
    cacheFromObjectIdentifier: (query, objects) => {
      const named = checkEither(query);
      checkArray(objects);
      if (!named) cache.cacheList(query, objects);
      else if (objects.length <= 1) cache.cacheObject(query, objects[0]);
      else throw invalidInput(`name: takes one object at most, got ${objects.length}`);
    },
    uncacheObject: (query) => {
      checkNamed(query);
      entries.delete(query);
    },
    uncacheList: (query) => {
      checkUnnamed(query);
      entries.delete(query);
    },
    uncacheFromObjectIdentifier: (query) => {
      checkEither(query);
      entries.delete(query);
    },
    gvkToGvr: (gvk, callOptions) => gvrs.resolve(gvk, callOptions),
    clear: () => {
      entries.clear();
      gvrs.clear();
    },
    createStore: () => new ObjectStore(keep),
    attach: (query, store) => {
      checkEither(query);
      const attached = entries.add(query, store);
      return () => entries.deleteEntry(attached);
    },
    gvrs,
  };
  return cache;
}

function checkObject(object: KubernetesObject): void {
  checkRecord('object', object, 'an object with metadata');
  const { metadata = {} } = object;
  checkRecord('metadata', metadata);
  for (const field of ['name', 'namespace'] as const)
    checkText(`metadata.${field}`, metadata[field]);
}

function checkArray(objects: readonly KubernetesObject[]): void {
  if (!Array.isArray(objects)) throw wrongType('objects', 'an array', objects);
}

/** Checks that a query names one object. */
function checkNamed(query: ObjectIdentifier): void {
  validateQuery(query);
  if (!query.name) throw invalidInput('name: must be set to get one object; use list for several');
  if (query.selector) throw invalidInput('selector: must not be set to get an object by name');
}

/** Checks that a query is one for a list. */
function checkUnnamed(query: ObjectIdentifier): void {
  validateQuery(query);
  if (query.name) throw invalidInput('name: must not be set to list; use get for one object');
}

/** Checks a query of either kind. @returns whether it names one object */
function checkEither(query: ObjectIdentifier): boolean {
  validateQuery(query);
  if (query.name && query.selector) {
    throw invalidInput('name, selector: set one of them, or neither to list everything');
  }
  return Boolean(query.name);
}

import {
  objectIdentifierKey,
  objectKey,
  validateQuery,
  type Cached,
  type KubernetesObject,
  type ObjectIdentifier,
  type ObjectStore,
} from '@depwatch/core';
import type { ShownObjects } from './public-interface.ts';

/** An identifier as the graph knows it. */
interface Normalizer {
  normalize(id: ObjectIdentifier): ObjectIdentifier;
}

/** What one store shows. */
export class ShownStore<T> implements ShownObjects<T> {
  readonly #store: ObjectStore<KubernetesObject>;
  readonly #normalizer: Normalizer;

  constructor(store: ObjectStore<KubernetesObject>, normalizer: Normalizer) {
    this.#store = store;
    this.#normalizer = normalizer;
  }

  get(object: ObjectIdentifier): Cached<T> | undefined {
    // A namespace means nothing where the kind has none.
    const found = this.#find(object) ?? this.#find(this.#normalizer.normalize(object));
    return found as Cached<T> | undefined;
  }

  all(): readonly Cached<T>[] {
    return this.#store.values() as readonly Cached<T>[];
  }

  #find(metadata: ObjectIdentifier): KubernetesObject | undefined {
    return this.#store.get(objectKey({ metadata }));
  }
}

/** The keys of queries: of one that is frozen it is made once, since a controller asks for its lists at each reconcile. */
export class QueryKeys {
  readonly #frozen = new WeakMap<ObjectIdentifier, string>();

  /** @throws DepwatchError ERR_INVALID_INPUT */
  of(query: ObjectIdentifier, normalizer: Normalizer): string {
    let key = this.#frozen.get(query);
    if (key === undefined) {
      validateQuery(query);
      key = objectIdentifierKey(query);
      if (Object.isFrozen(query)) this.#frozen.set(query, key);
    }
    const normal = normalizer.normalize(query);
    return normal === query ? key : objectIdentifierKey(normal);
  }
}

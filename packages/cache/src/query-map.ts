import {
  copyObjectIdentifier,
  invalidInput,
  objectIdentifierKey,
  type ObjectIdentifier,
} from '@depwatch/core';

import type { GvrCache } from './gvr-cache.ts';

/** One value under one query. */
export interface QueryEntry<Value> {
  readonly query: ObjectIdentifier;
  readonly value: Value;
  key: string;
}

/**
 * A map whose keys are queries: those that mean the same are one key. Which namespaces count depends on the kind's scope,
 * and that may become known after an entry was made; the map then moves the entry.
 */
export class QueryMap<Value> {
  readonly #scopes: Pick<GvrCache, 'scopeOf' | 'scopeRevision'>;
  readonly #entries = new Map<string, QueryEntry<Value>>();
  #scopeRevision: number;

  constructor(scopes: Pick<GvrCache, 'scopeOf' | 'scopeRevision'>) {
    this.#scopes = scopes;
    this.#scopeRevision = scopes.scopeRevision;
  }

  get(query: ObjectIdentifier): Value | undefined {
    return this.#entries.get(this.#keyOf(query))?.value;
  }

  /** @returns the new entry, to delete it by */
  set(query: ObjectIdentifier, value: Value): QueryEntry<Value> {
    const key = this.#keyOf(query);
    const entry = { query: copyObjectIdentifier(query), value, key };
    this.#entries.set(key, entry);
    return entry;
  }

  delete(query: ObjectIdentifier): void {
    this.#entries.delete(this.#keyOf(query));
  }

  /** Deletes this very entry; does nothing when another has taken its place. */
  deleteEntry(entry: QueryEntry<Value>): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** @throws DepwatchError ERR_INVALID_INPUT for a namespaced kind named without a namespace */
  #keyOf(query: ObjectIdentifier): string {
    if (this.#scopeRevision !== this.#scopes.scopeRevision) this.#moveEntries();
    const namespaced = this.#scopes.scopeOf(query);
    if (namespaced && query.name && !query.namespace) {
      throw invalidInput(`namespace: must be set, since ${query.kind} lives in namespaces`);
    }
    return keyOf(query, namespaced);
  }

  #moveEntries(): void {
    this.#scopeRevision = this.#scopes.scopeRevision;
    // An entry that was moved comes by once more, and stays.
    for (const entry of this.#entries.values()) {
      // Without a namespace the key is the same in either scope.
      if (!entry.query.namespace) continue;
      const key = keyOf(entry.query, this.#scopes.scopeOf(entry.query));
      if (key === entry.key) continue;
      this.deleteEntry(entry);
      entry.key = key;
      this.#entries.set(key, entry);
    }
  }
}

function keyOf(query: ObjectIdentifier, namespaced: boolean | undefined): string {
  return objectIdentifierKey(namespaced === false ? { ...query, namespace: '' } : query);
}

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
 * and that may become known, or another, after an entry was made; the map then moves the entry. Where entries come to share
 * a key, or are added to one, the last one counts, and the one before it again once that is deleted.
 */
export class QueryMap<Value> {
  readonly #scopes: Pick<GvrCache, 'scopeOf' | 'scopeRevision'>;
  readonly #entries = new Map<string, QueryEntry<Value>>();
  /** Entries beneath those that count, by key; seldom any. */
  readonly #beneath = new Map<string, QueryEntry<Value>[]>();
  #scopeRevision: number;

  constructor(scopes: Pick<GvrCache, 'scopeOf' | 'scopeRevision'>) {
    this.#scopes = scopes;
    this.#scopeRevision = scopes.scopeRevision;
  }

  get(query: ObjectIdentifier): Value | undefined {
    return this.#entries.get(this.#keyOf(query))?.value;
  }

  /** In place of what there is. */
  set(query: ObjectIdentifier, value: Value): void {
    const key = this.#keyOf(query);
    this.#beneath.delete(key);
    this.#entries.set(key, { query: copyObjectIdentifier(query), value, key });
  }

  /** On top of what there is. @returns the new entry, to delete it by */
  add(query: ObjectIdentifier, value: Value): QueryEntry<Value> {
    const entry = { query: copyObjectIdentifier(query), value, key: this.#keyOf(query) };
    this.#put(entry);
    return entry;
  }

  delete(query: ObjectIdentifier): void {
    const key = this.#keyOf(query);
    this.#beneath.delete(key);
    this.#entries.delete(key);
  }

  /** Deletes this very entry; does nothing when another was set in its place. */
  deleteEntry(entry: QueryEntry<Value>): void {
    const { key } = entry;
    const beneath = this.#beneath.get(key) ?? [];
    if (this.#entries.get(key) === entry) {
      const next = beneath.pop();
      if (next) this.#entries.set(key, next);
      else this.#entries.delete(key);
    } else if (beneath.includes(entry)) {
      beneath.splice(beneath.indexOf(entry), 1);
    }
    if (beneath.length === 0) this.#beneath.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#beneath.clear();
  }

  #put(entry: QueryEntry<Value>): void {
    const { key } = entry;
    const known = this.#entries.get(key);
    if (known) {
      const beneath = this.#beneath.get(key);
      if (beneath) beneath.push(known);
      else this.#beneath.set(key, [known]);
    }
    this.#entries.set(key, entry);
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
    for (const entry of [...this.#beneath.values()].flat()) this.#move(entry);
    // An entry that was moved comes by once more, and stays.
    for (const entry of this.#entries.values()) this.#move(entry);
  }

  #move(entry: QueryEntry<Value>): void {
    // Without a namespace the key is the same in either scope.
    if (!entry.query.namespace) return;
    const key = keyOf(entry.query, this.#scopes.scopeOf(entry.query));
    if (key === entry.key) return;
    this.deleteEntry(entry);
    entry.key = key;
    this.#put(entry);
  }
}

function keyOf(query: ObjectIdentifier, namespaced: boolean | undefined): string {
  return objectIdentifierKey(namespaced === false ? { ...query, namespace: '' } : query);
}

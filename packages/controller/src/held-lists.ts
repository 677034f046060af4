import {
  copyObjectIdentifier,
  groupVersionKindKey,
  matchesLabelSelector,
  objectIdentifierKey,
  objectKey,
  parseLabelSelector,
  type Cached,
  type KubernetesObject,
  type LabelSelector,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { DynamicWatcher, MappedChange, ShownObjects } from '@depwatch/dynamic-watcher';

/** Who reads, with its key. */
export interface Reader {
  readonly key: string;
  readonly id: ObjectIdentifier;
}

/** What somebody has read of a list: one object, or those of a selector. */
interface Read {
  readonly reader: Reader;
  readonly namespace: string | undefined;
  readonly selector: LabelSelector | undefined;
}

/**
 * A list that the controller watches in any case. Reads of what it shows need no watch of their own; who has read what is
 * kept here, by object for names, so that a change finds its readers at once.
 */
export class HeldList {
  /** What is watched: all of a kind, or of a namespace, or what a selector selects. */
  readonly query: ObjectIdentifier;
  /** Of the query. */
  readonly key: string;
  readonly #kind: string;
  readonly #watcher: DynamicWatcher;
  readonly #byName = new Map<string, Map<string, Reader>>();
  readonly #bySelector = new Map<string, Read>();

  constructor(query: ObjectIdentifier, watcher: DynamicWatcher) {
    // Of what can't change, the watcher knows the key.
    this.query = copyObjectIdentifier(query);
    this.key = objectIdentifierKey(query);
    this.#kind = groupVersionKindKey(query);
    this.#watcher = watcher;
  }

  /** What is there; undefined while that can't be seen. */
  get shown(): ShownObjects | undefined {
    return this.#watcher.shownBy(this.query);
  }

  /** Whether all that a query asks for is among what is shown, and can be seen. */
  covers(query: ObjectIdentifier): boolean {
    if (groupVersionKindKey(query) !== this.#kind) return false;
    if (this.query.namespace && query.namespace !== this.query.namespace) return false;
    const { shown } = this;
    if (!shown) return false;
    // Of what isn't shown, it may be that the selector leaves it out, or that it lacks its namespace.
    if (query.name && (this.query.selector || !query.namespace)) {
      return shown.get(query) !== undefined;
    }
    if (!this.query.selector) return true;
    return canonical(query.selector) === canonical(this.query.selector);
  }

  /** What a query asks for that is covered and has no name. */
  select({ namespace, selector }: ObjectIdentifier): readonly Cached<KubernetesObject>[] {
    const parsed = selector ? parseLabelSelector(selector) : undefined;
    const all = this.shown?.all() ?? [];
    if (!parsed && (!namespace || namespace === this.query.namespace)) return all;
    return all.filter((object) => isSelected(object, namespace, parsed));
  }

  /** Has a reader woken by changes of what the query asks for. @returns what ends that */
  read(query: ObjectIdentifier, reader: Reader): () => void {
    if (!query.name) {
      const { namespace, selector } = query;
      const key = `${objectIdentifierKey(query)} ${reader.key}`;
      const parsed = selector ? parseLabelSelector(selector) : undefined;
      this.#bySelector.set(key, { reader, namespace, selector: parsed });
      return () => this.#bySelector.delete(key);
    }
    const keys = keysOf(query);
    for (const key of keys) {
      let readers = this.#byName.get(key);
      if (!readers) this.#byName.set(key, (readers = new Map()));
      readers.set(reader.key, reader);
    }
    return () => {
      for (const key of keys) {
        const readers = this.#byName.get(key);
        readers?.delete(reader.key);
        if (readers?.size === 0) this.#byName.delete(key);
      }
    };
  }

  /** Who has read what a change is about. */
  readersOf({ before, after }: MappedChange): readonly ObjectIdentifier[] {
    if (this.#byName.size + this.#bySelector.size === 0) return nobody;
    const key = objectKey({ metadata: (after ?? before)!.metadata as { name: string } });
    const named = [...(this.#byName.get(key)?.values() ?? [])];
    const selecting = [...this.#bySelector.values()].filter(({ namespace, selector }) =>
      [before, after].some((object) => object && isSelected(object, namespace, selector)),
    );
    return [...named, ...selecting.map(({ reader }) => reader)].map(({ id }) => id);
  }
}

const nobody: readonly ObjectIdentifier[] = [];

/** Who reads what of the held lists: what a reconcile has read stays until the next one that succeeds has read something else. */
export class HeldReads {
  /** What ends each read, by reader and by query. */
  readonly #reads = new Map<string, Map<string, () => void>>();

  add(list: HeldList, query: ObjectIdentifier, reader: Reader): void {
    let reads = this.#reads.get(reader.key);
    if (!reads) this.#reads.set(reader.key, (reads = new Map()));
    const key = objectIdentifierKey(query);
    if (!reads.has(key)) reads.set(key, list.read(query, reader));
  }

  /** Drops what the reader has read, but for queries with these keys. */
  retain(readerKey: string, queryKeys: ReadonlySet<string>): void {
    const reads = this.#reads.get(readerKey);
    if (!reads) return;
    for (const [key, end] of reads) {
      if (queryKeys.has(key)) continue;
      end();
      reads.delete(key);
    }
    if (reads.size === 0) this.#reads.delete(readerKey);
  }
}

function isSelected(
  { metadata }: Cached<KubernetesObject>,
  namespace: string | undefined,
  selector: LabelSelector | undefined,
): boolean {
  // An object without a namespace is of a kind that has none, and ignores it.
  if (namespace && metadata?.namespace && metadata.namespace !== namespace) return false;
  return !selector || matchesLabelSelector(selector, metadata?.labels);
}

/** Under what keys an object may be stored: where its kind has no namespaces, the one that was asked for means nothing. */
function keysOf({ namespace, name }: ObjectIdentifier): readonly string[] {
  return namespace ? [`${namespace}/${name}`, name!] : [name!];
}

function canonical(selector = ''): string {
  return parseLabelSelector(selector).canonical;
}

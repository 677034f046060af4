/**
 * A Map that most often has one entry, or none: it has no table then. There are several for each dependency, and tens of
 * thousands of dependencies; a Map's own table takes more room than all that is known of one.
 */
export class SmallMap<K extends string, V> {
  /** The one entry there is; no key is undefined. */
  #key: K | undefined;
  #value: V | undefined;
  /** All entries, once there were two. */
  #all: Map<K, V> | undefined;

  /** How many entries there are. */
  get size(): number {
    if (this.#all) return this.#all.size;
    return this.#key === undefined ? 0 : 1;
  }

  /** Whether there is an entry of this key. */
  has(key: K): boolean {
    return this.#all ? this.#all.has(key) : this.#key === key;
  }

  /** The value of a key; undefined where there is none. */
  get(key: K): V | undefined {
    if (this.#all) return this.#all.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  /** Sets the value of a key; a new key comes last. */
  set(key: K, value: V): this {
    if (this.#all) {
      this.#all.set(key, value);
    } else if (this.#key === undefined || this.#key === key) {
      this.#key = key;
      this.#value = value;
    } else {
      this.#all = new Map<K, V>([[this.#key, this.#value as V]]).set(key, value);
      this.#key = undefined;
      this.#value = undefined;
    }
    return this;
  }

  /** @returns whether there was one */
  delete(key: K): boolean {
    if (this.#all) return this.#all.delete(key);
    if (this.#key !== key) return false;
    this.#key = undefined;
    this.#value = undefined;
    return true;
  }

  /** Calls `visit` with each entry, in the order in which their keys came. */
  forEach(visit: (value: V, key: K) => void): void {
    if (this.#all) this.#all.forEach((value, key) => visit(value, key));
    else if (this.#key !== undefined) visit(this.#value!, this.#key);
  }

  /** The values, in that order, in an array as long as it has to be. */
  values(): V[] {
    if (this.#all) return [...this.#all.values()];
    return this.#key === undefined ? [] : [this.#value!];
  }

  /** The keys, in that order, in an array as long as it has to be. */
  keys(): K[] {
    if (this.#all) return [...this.#all.keys()];
    return this.#key === undefined ? [] : [this.#key];
  }
}

/** First in, first out, with removal from the middle, each in O(1). */
export class Fifo<T> implements Iterable<T> {
  readonly #members = new Set<T>();
  /** Stays where it is between calls: a new one would pass over all that were deleted before. */
  #front: Iterator<T> | undefined;

  get size(): number {
    return this.#members.size;
  }

  /** Adds a member to the end; one that is there stays where it is. */
  push(member: T): void {
    this.#members.add(member);
  }

  /** Takes the first one out; undefined when there is none. */
  shift(): T | undefined {
    if (this.#members.size === 0) return undefined;
    this.#front ??= this.#members.values();
    const { value, done } = this.#front.next();
    if (done) {
      // It had come to its end before the present members were added.
      this.#front = undefined;
      return this.shift();
    }
    this.#members.delete(value);
    return value;
  }

  /** Takes a member out, if it is one. */
  delete(member: T): void {
    this.#members.delete(member);
  }

  /** Takes all out. */
  clear(): void {
    this.#members.clear();
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }
}

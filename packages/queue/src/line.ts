/** Something that can stand in one {@link Line}. */
export interface Linked<Node> {
  previous: Node | undefined;
  next: Node | undefined;
}

/**
 * First in, first out, with removal from the middle, each in O(1): a doubly linked list through its members. (A Map in
 * insertion order is none: looking for its first entry passes over all that were deleted before.)
 */
export class Line<Node extends Linked<Node>> {
  #first: Node | undefined;
  #last: Node | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(node: Node): void {
    node.previous = this.#last;
    node.next = undefined;
    if (this.#last) this.#last.next = node;
    else this.#first = node;
    this.#last = node;
    this.#length += 1;
  }

  shift(): Node | undefined {
    const first = this.#first;
    if (first) this.remove(first);
    return first;
  }

  /** @param node a member of this line */
  remove(node: Node): void {
    const { previous, next } = node;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    node.previous = undefined;
    node.next = undefined;
    this.#length -= 1;
  }
}

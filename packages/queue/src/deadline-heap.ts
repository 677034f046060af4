/** What a {@link DeadlineHeap} needs of its members. */
export interface Deadline {
  deadlineMs: number;
  /** Breaks ties: the lower one comes first. */
  order: number;
  /** Kept by the heap; -1 outside. */
  heapIndex: number;
}

/** Members by deadline: a binary heap whose members know their place, so that any of them is removed in O(log n). */
export class DeadlineHeap<Member extends Deadline> {
  #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** The member with the earliest deadline. */
  first(): Member | undefined {
    return this.#members[0];
  }

  add(member: Member): void {
    this.#members.push(member);
    this.#rise(member, this.#members.length - 1);
  }

  /** A member's deadline has become earlier. */
  moved(member: Member): void {
    this.#rise(member, member.heapIndex);
  }

  remove(member: Member): void {
    const index = member.heapIndex;
    const last = this.#members.pop()!;
    member.heapIndex = -1;
    if (last === member) return;
    this.#rise(last, index);
    if (last.heapIndex === index) this.#sink(last, index);
  }

  /** Empties the heap. @returns the members, in no particular order */
  clear(): readonly Member[] {
    const members = this.#members;
    this.#members = [];
    for (const member of members) member.heapIndex = -1;
    return members;
  }

  #put(member: Member, index: number): void {
    this.#members[index] = member;
    member.heapIndex = index;
  }

  #rise(member: Member, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#members[parent]!;
      if (!isBefore(member, above)) break;
      this.#put(above, index);
      index = parent;
    }
    this.#put(member, index);
  }

  #sink(member: Member, from: number): void {
    const members = this.#members;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= members.length) break;
      if (child + 1 < members.length && isBefore(members[child + 1]!, members[child]!)) child += 1;
      if (!isBefore(members[child]!, member)) break;
      this.#put(members[child]!, index);
      index = child;
    }
    this.#put(member, index);
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order);
}

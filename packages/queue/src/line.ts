/** Something that can stand in a {@link Line}. */
export interface Queued {
  /** Kept by the line: whether it stands there. */
  queued: boolean;
}

/** Below so many places nothing is tidied up. */
const fewPlaces = 64;

/**
 * First in, first out, with removal from the middle, each in O(1): an array with a head index. What is removed keeps its
 * place, as one who has left, until half of the places are such. Once removed, a member must not be added again.
 */
export class Line<Member extends Queued> {
  #places: (Member | undefined)[] = [];
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(member: Member): void {
    member.queued = true;
    this.#length += 1;
    if (this.#places.length >= 2 * this.#length + fewPlaces) this.#tidy();
    this.#places.push(member);
  }

  shift(): Member | undefined {
    if (this.#length === 0) return undefined;
    for (;;) {
      const member = this.#places[this.#head]!;
      this.#places[this.#head] = undefined;
      this.#head += 1;
      if (!member.queued) continue;
      this.remove(member);
      return member;
    }
  }

  /** @param member a member of this line */
  remove(member: Member): void {
    member.queued = false;
    this.#length -= 1;
    if (this.#length > 0) return;
    this.#places = [];
    this.#head = 0;
  }

  #tidy(): void {
    this.#places = this.#places.filter((member) => member?.queued);
    this.#head = 0;
  }
}

import type { ObjectIdentifier } from '@depwatch/core';

/** Who has to do with the reconciles of one watcher; somebody has, or it isn't known. */
interface Work<Member> {
  readonly watcher: ObjectIdentifier;
  /** For whom it is queued, delayed, or to run once more. */
  waiting: Set<Member>;
  /** For whom it runs. */
  running: Set<Member>;
}

/** What it means that somebody has no more to do with a watcher. */
export interface Leave {
  /** It runs, and for them, too. */
  readonly ran: boolean;
  /** Nobody else has to do with it: it is to be dropped. */
  readonly isLast: boolean;
}

/**
 * For whom of a group the watchers are queued, delayed or running. It decides; dropping and aborting are the caller's. What
 * is at rest is not remembered.
 */
export class Attribution<Member> {
  readonly #works = new Map<string, Work<Member>>();

  /** How many watchers are queued, delayed or running for somebody. */
  get size(): number {
    return this.#works.size;
  }

  /** For whom a watcher runs, or is queued or delayed. */
  members(key: string, as: 'running' | 'waiting'): Iterable<Member> {
    return this.#works.get(key)?.[as] ?? [];
  }

  /** Somebody asked for a reconcile. */
  asked(key: string, watcher: ObjectIdentifier, member: Member): void {
    const work = this.#works.get(key);
    if (work) work.waiting.add(member);
    else this.#works.set(key, { watcher, waiting: new Set([member]), running: new Set() });
  }

  /** For whom a watcher is queued, or to run once more. */
  waiting(key: string): readonly Member[] {
    return [...(this.#works.get(key)?.waiting ?? [])];
  }

  /** What was asked for of a watcher that doesn't run may not begin, and is dropped. */
  refused(key: string): void {
    this.#works.delete(key);
  }

  /** A reconcile starts, for all who asked. @param isDelayed whether it is due later as well, for whomever of them */
  started(key: string, isDelayed: boolean): void {
    const work = this.#works.get(key);
    if (!work) return;
    work.running = work.waiting;
    work.waiting = new Set(isDelayed ? work.waiting : []);
  }

  /** It has settled. @param asksAgain whether it is due again by its own wish, for those for whom it was */
  settled(key: string, asksAgain: boolean): void {
    const work = this.#works.get(key);
    if (!work) return;
    if (asksAgain) for (const member of work.running) work.waiting.add(member);
    work.running = new Set();
    if (work.waiting.size === 0) this.#works.delete(key);
  }

  /**
   * Somebody has no more to do with a watcher. What they asked for goes on as long as it is anybody else's, who then has it.
   *
   * @param dependants others who have to do with the watcher, though they may not have asked for anything
   */
  leave(key: string, member: Member, dependants: readonly Member[]): Leave {
    const work = this.#works.get(key);
    if (!work) return { ran: false, isLast: dependants.length === 0 };
    const waited = work.waiting.delete(member);
    const ran = work.running.delete(member);
    const others = [...new Set([...dependants, ...work.waiting, ...work.running])];
    const isLast = others.length === 0;
    if (isLast) this.#works.delete(key);
    if (waited) work.waiting = new Set(others);
    if (ran) work.running = new Set(others);
    return { ran, isLast };
  }

  /** What is queued, delayed or running for somebody, apart from what may become of it meanwhile. */
  of(member: Member): readonly (readonly [key: string, watcher: ObjectIdentifier])[] {
    return [...this.#works]
      .filter(([, { waiting, running }]) => waiting.has(member) || running.has(member))
      .map(([key, { watcher }]) => [key, watcher]);
  }

  /** Nothing is queued or delayed any more; what runs is left to settle. */
  stop(): void {
    for (const [key, work] of this.#works) {
      work.waiting = new Set();
      if (work.running.size === 0) this.#works.delete(key);
    }
  }
}

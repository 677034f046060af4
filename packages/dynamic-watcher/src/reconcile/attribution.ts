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
export interface Leave<Member> {
  /** It runs, and for them, too. */
  readonly ran: boolean;
  /** Nobody else has to do with it: it is to be dropped. */
  readonly isLast: boolean;
  /** Others who have it now, and for whom it neither waited nor ran, respectively, before. */
  readonly heirs: { readonly waiting: readonly Member[]; readonly running: readonly Member[] };
}

const nobody: ReadonlySet<never> = new Set();
const noHeirs = { waiting: [], running: [] } as const;

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
  members(key: string, as: 'running' | 'waiting'): ReadonlySet<Member> {
    return this.#works.get(key)?.[as] ?? nobody;
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

  /** What runs is to be due again by its own wish, for those for whom it is. */
  asksAgain(key: string): void {
    const work = this.#works.get(key);
    if (work) for (const member of work.running) work.waiting.add(member);
  }

  /** It has settled. */
  settled(key: string): void {
    const work = this.#works.get(key);
    if (!work) return;
    work.running = new Set();
    if (work.waiting.size === 0) this.#works.delete(key);
  }

  /**
   * Somebody has no more to do with a watcher. What they asked for goes on as long as it is anybody else's, who then has it.
   *
   * @param dependants others who have to do with the watcher, though they may not have asked for anything
   */
  leave(key: string, member: Member, dependants: readonly Member[]): Leave<Member> {
    const work = this.#works.get(key);
    if (!work) return { ran: false, isLast: dependants.length === 0, heirs: noHeirs };
    const waited = work.waiting.delete(member);
    const ran = work.running.delete(member);
    const others = [...new Set([...dependants, ...work.waiting, ...work.running])];
    const isLast = others.length === 0;
    if (isLast) this.#works.delete(key);
    const heirs = {
      waiting: waited ? others.filter((other) => !work.waiting.has(other)) : [],
      running: ran ? others.filter((other) => !work.running.has(other)) : [],
    };
    for (const heir of heirs.waiting) work.waiting.add(heir);
    for (const heir of heirs.running) work.running.add(heir);
    return { ran, isLast, heirs };
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

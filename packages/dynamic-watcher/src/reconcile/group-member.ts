import type { Cause, DependencyGraph, DepwatchError, ObjectIdentifier } from '@depwatch/core';
import type { Audience } from '../observe/observers.ts';
import type { ReconcileStatus } from '../public-interface.ts';
import type { Attribution } from './attribution.ts';
import type { Causes } from './causes.ts';
import type { ReconcileLoop } from './reconcile-loop.ts';
import type { ReconcileRun } from './reconcile-run.ts';
import type { LoopListener, Reconciles } from './reconciles.ts';

/** What a dynamic watcher brings that joins a group. */
export interface JoiningMember {
  /** Who depends on what in it. */
  readonly graph: DependencyGraph;
  /** Who looks on. */
  readonly audience: Audience;
  readonly listener: LoopListener;
}

/** What a {@link GroupMember} works on. */
export interface GroupMemberOptions extends JoiningMember {
  readonly loop: ReconcileLoop;
  /** All members, this one included once it is made. */
  readonly members: Set<GroupMember>;
  readonly attribution: Attribution<GroupMember>;
}

/** One dynamic watcher's part in the loop of a group. A watcher may be known to several of them. */
export class GroupMember implements Reconciles {
  readonly #options: GroupMemberOptions;
  /** The reconciles under way that were for it, too, until it removed their watchers. */
  readonly #left = new Set<ReconcileRun>();
  readonly #ended = Promise.withResolvers<void>();
  #stopped = false;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    options.members.add(this);
  }

  enqueue(key: string, watcher: ObjectIdentifier, cause: Cause, afterMs?: number): void {
    const { loop, attribution } = this.#options;
    if (this.#stopped || loop.isStopped) return;
    attribution.asked(key, watcher, this);
    loop.enqueue(key, watcher, cause, afterMs);
  }

  enqueueAll<Note>(
    graph: DependencyGraph<Note>,
    watchedKey: string,
    causes: Causes | undefined,
    noted?: (note: Note) => Causes | undefined,
  ): void {
    const { loop, attribution } = this.#options;
    if (this.#stopped || loop.isStopped) return;
    loop.enqueueAll(graph, watchedKey, causes, noted, (key, watcher) =>
      attribution.asked(key, watcher, this),
    );
  }

  drop(key: string, watcher: ObjectIdentifier): void {
    if (this.#stopped) return;
    const { loop, attribution } = this.#options;
    const { ran, isLast } = attribution.leave(key, this, this.#dependants(watcher));
    if (ran) this.#left.add(loop.running(key)!);
    if (isLast) loop.drop(key, watcher);
    this.dropped(watcher);
  }

  /** For those who look on: what was queued for it is not to come. */
  dropped(watcher: ObjectIdentifier): void {
    const { audience } = this.#options;
    if (audience.listensTo('reconcile-dropped'))
      audience.tell({ type: 'reconcile-dropped', at: audience.now(), watcher });
  }

  /** Drops and aborts what no other member has to do with; what others have is theirs, and goes on. */
  stop(reason: DepwatchError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { loop, members, attribution } = this.#options;
    members.delete(this);
    const ending = [...this.#left].filter(({ dropped }) => dropped);
    for (const [key, watcher] of attribution.of(this)) {
      const { ran, isLast } = attribution.leave(key, this, this.#dependants(watcher));
      if (!isLast) continue;
      if (ran) ending.push(loop.running(key)!);
      loop.drop(key, watcher);
    }
    if (members.size === 0) loop.clear();
    // Last, since who is told may call anything.
    for (const run of ending) run.abort(reason);
    void Promise.all(ending.map((run) => run.whenSettled())).then(() => this.#ended.resolve());
  }

  settled(): Promise<void> {
    return this.#ended.promise;
  }

  get runs(): Iterable<ReconcileRun> {
    return this.#options.loop.runs;
  }

  /** Whether a reconcile may begin that it has asked for. */
  mayBegin(key: string, watcher: ObjectIdentifier): boolean {
    return this.#options.listener.mayBegin?.(key, watcher) ?? true;
  }

  status(): readonly ReconcileStatus[] {
    const { loop, attribution } = this.#options;
    const own = new Set(attribution.of(this).map(([key]) => key));
    return loop.status((key) => own.has(key));
  }

  /** Whom to tell what becomes of its reconciles. */
  get audience(): Audience {
    return this.#options.audience;
  }

  /** A reconcile of the group has settled, whoever it was for. */
  runSettled(run: ReconcileRun, asksAgain: boolean): void {
    this.#left.delete(run);
    this.#options.listener.settled(run, asksAgain);
  }

  /** The other members in which the watcher depends on something. */
  #dependants(watcher: ObjectIdentifier): readonly GroupMember[] {
    return [...this.#options.members].filter(
      (member) => member !== this && member.#options.graph.watchedBy(watcher).length > 0,
    );
  }
}

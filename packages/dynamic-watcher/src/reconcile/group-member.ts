import {
  objectIdentifierKey,
  type Cause,
  type DependencyGraph,
  type DepwatchError,
  type ObjectIdentifier,
} from '@depwatch/core';
import { tellQueued, tellStarted } from '../observe/inherited-reconciles.ts';
import type { Audience } from '../observe/observers.ts';
import type { ReconcileStatus } from '../public-interface.ts';
import type { Attribution, Leave } from './attribution.ts';
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
  readonly #left = new Map<string, ReconcileRun>();
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
    const { ran, isLast, heirs } = attribution.leave(key, this, this.#dependants(watcher));
    if (ran) this.#left.set(key, loop.running(key)!);
    if (isLast) loop.drop(key, watcher);
    this.dropped(watcher);
    this.#tellHeirs(key, watcher, heirs);
  }

  /** For those who look on: what was queued for it is not to come. */
  dropped(watcher: ObjectIdentifier): void {
    const { audience } = this.#options;
    if (audience.listensTo('reconcile-dropped'))
      audience.tell({ type: 'reconcile-dropped', at: audience.now(), watcher });
  }

  /** Whether a reconcile runs that is for it, too, or was until it removed the watcher. */
  isRunFor(key: string): boolean {
    return this.#left.has(key) || this.#options.attribution.members(key, 'running').has(this);
  }

  /** Drops and aborts what no other member has to do with; what others have is theirs, and goes on. */
  stop(reason: DepwatchError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { loop, members, attribution } = this.#options;
    members.delete(this);
    const ending = [...this.#left.values()].filter(({ dropped }) => dropped);
    for (const [key, watcher] of attribution.of(this)) {
      const { ran, isLast, heirs } = attribution.leave(key, this, this.#dependants(watcher));
      this.#tellHeirs(key, watcher, heirs);
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
    const isFor = (key: string, as: 'running' | 'waiting'): boolean =>
      attribution.members(key, as).has(this);
    return loop
      .status((key) => isFor(key, 'waiting') || this.isRunFor(key))
      .map((status) => {
        const key = objectIdentifierKey(status.watcher);
        return partOf(status, this.isRunFor(key), isFor(key, 'waiting'), loop);
      });
  }

  /** Whom to tell what becomes of its reconciles. */
  get audience(): Audience {
    return this.#options.audience;
  }

  /** A reconcile of the group has settled, whoever it was for. */
  runSettled(run: ReconcileRun): void {
    this.#left.delete(run.key);
    this.#options.listener.settled(run);
  }

  /** What others have from now on is news to those who look on at them. */
  #tellHeirs(
    key: string,
    watcher: ObjectIdentifier,
    { waiting, running }: Leave<GroupMember>['heirs'],
  ): void {
    const { loop } = this.#options;
    const [status] = waiting.length + running.length > 0 ? loop.status((one) => one === key) : [];
    if (!status) return;
    const audiences = (heirs: readonly GroupMember[]) => heirs.map(({ audience }) => audience);
    tellStarted(audiences(running), status, loop.causesOf(key, watcher));
    tellQueued(audiences(waiting), status);
  }

  /** The other members in which the watcher depends on something. */
  #dependants(watcher: ObjectIdentifier): readonly GroupMember[] {
    return [...this.#options.members].filter(
      (member) => member !== this && member.#options.graph.watchedBy(watcher).length > 0,
    );
  }
}

/** What of a watcher's place in the loop is one member's: others may have asked for what runs, or for what comes after it. */
function partOf(
  status: ReconcileStatus,
  runs: boolean,
  waits: boolean,
  loop: ReconcileLoop,
): ReconcileStatus {
  if (!status.running || (runs && waits)) return status;
  if (!runs) return { ...status, running: false };
  const { dueAt: _, watcher, ...rest } = status;
  const causes = loop.causesOf(objectIdentifierKey(watcher), watcher);
  return { ...rest, watcher, queued: false, causes };
}

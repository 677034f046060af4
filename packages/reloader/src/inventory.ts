import type { Change } from './events.ts';
import { formatReference } from './references.ts';
import type { ObjectIdentifier } from '@depwatch/dynamic-watcher';
import { interestOf, recordTextOf } from './workload.ts';
import type { Interest, WorkloadKind, WorkloadLike, WorkloadName } from './workload.ts';

/** A workload that takes part, or did until just now. */
export interface Tracked {
  readonly name: WorkloadName;
  readonly id: ObjectIdentifier;
  /** As the cache showed it last; frozen. */
  latest: WorkloadLike;
  /** What it depends on; undefined: it takes no part any more and is to be released. */
  interest: Interest | undefined;
  /** What is watched for it, in the form of {@link watchedBy}. */
  watching: string;
  /** What happened since the last decision. */
  readonly changes: Map<string, Change>;
  /** When the first of them did. */
  since: number;
  /** The record of the last decision; undefined while one is due. Another record in the cluster makes one due. */
  settledOn: { readonly recordText: string | undefined } | undefined;
  /** The last write met a newer version than `latest`: a decision is due as soon as the cache shows it. */
  conflicted: boolean;
  /** In a dry run: what the record would be, and which record that was decided on. */
  pretended: { readonly on: string | undefined; readonly recordText: string } | undefined;
  /** The last failure that was told of. */
  failure: string | undefined;
  readonly toldProblems: Set<string>;
}

/** What the inventory needs and tells of. */
export interface InventoryOptions {
  /** Whether workloads without the annotation take part. */
  readonly all: boolean;
  /** Milliseconds. */
  now(): number;
  /** A decision about this workload is due. */
  wake(tracked: Tracked): void;
  /** This workload says something that can't be meant. */
  problem(tracked: Tracked, message: string): void;
}

/** The workloads of the cluster: finds out from lists of them which take part, and when a decision is due. */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #seen = new Map<string, ReadonlyMap<string, WorkloadLike>>();
  readonly #tracked = new Map<string, Tracked>();

  constructor(options: InventoryOptions) {
    this.#options = options;
  }

  /** How many workloads there are. */
  get size(): number {
    return [...this.#seen.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** How many of them take part. */
  get optedIn(): number {
    return [...this.#tracked.values()].filter(({ interest }) => interest).length;
  }

  /**
   * Takes note of all workloads of one source (a kind, in one namespace or in all). Costs little for an object that is
   * the same one as last time.
   */
  update(source: string, kind: WorkloadKind, workloads: readonly WorkloadLike[]): void {
    const before = this.#seen.get(source);
    const now = new Map<string, WorkloadLike>();
    for (const workload of workloads) {
      const { namespace = '', name = '' } = workload.metadata ?? {};
      const key = keyOf({ kind, namespace, name });
      now.set(key, workload);
      if (before?.get(key) !== workload) this.#consider(key, { kind, namespace, name }, workload);
    }
    for (const key of before?.keys() ?? []) if (!now.has(key)) this.#leave(key);
    this.#seen.set(source, now);
  }

  get(id: ObjectIdentifier): Tracked | undefined {
    return this.#tracked.get(keyOf(id));
  }

  /** Forgets a workload that was released. */
  forget({ id }: Tracked): void {
    this.#tracked.delete(keyOf(id));
  }

  #consider(key: string, name: WorkloadName, workload: WorkloadLike): void {
    const interest = interestOf(workload, this.#options.all);
    if (!interest) return this.#leave(key);

    const tracked = this.#tracked.get(key) ?? this.#track(key, name, workload);
    const seen = tracked.interest !== undefined;
    const usesOther =
      JSON.stringify(tracked.interest?.references) !== JSON.stringify(interest.references);
    tracked.latest = workload;
    tracked.interest = interest;
    for (const message of interest.problems) {
      if (tracked.toldProblems.has(message)) continue;
      tracked.toldProblems.add(message);
      this.#options.problem(tracked, message);
    }

    if (!seen || usesOther) this.#wake(tracked, seen ? 'changed' : 'seen');
    else if (tracked.conflicted || tracked.settledOn?.recordText !== recordTextOf(workload)) {
      // Silently: most often the cache is just behind what was written. While a failure is retried nothing is settled,
      // and changes of the workload's status must not make that more frequent.
      if (tracked.conflicted || tracked.settledOn) this.#options.wake(tracked);
    }
  }

  #leave(key: string): void {
    const tracked = this.#tracked.get(key);
    if (!tracked?.interest) return;
    tracked.interest = undefined;
    this.#wake(tracked, 'left');
  }

  #track(key: string, name: WorkloadName, latest: WorkloadLike): Tracked {
    const tracked: Tracked = {
      name,
      id: { group: 'apps', version: 'v1', ...name },
      latest,
      interest: undefined,
      watching: '',
      changes: new Map(),
      since: 0,
      settledOn: undefined,
      conflicted: false,
      pretended: undefined,
      failure: undefined,
      toldProblems: new Set(),
    };
    this.#tracked.set(key, tracked);
    return tracked;
  }

  #wake(tracked: Tracked, type: Change['type']): void {
    noteChange(tracked, { type, ...tracked.name }, this.#options.now());
    this.#options.wake(tracked);
  }
}

/** Notes a change that the next decision is about. */
export function noteChange(tracked: Tracked, change: Change, now: number): void {
  if (tracked.changes.size === 0) tracked.since = now;
  // Of a burst the last one of a kind counts; the place in the line is the first one's.
  tracked.changes.set(`${change.kind} ${change.name}`, change);
}

/** What has to be watched, as one text that is equal for equal sets; what is used of an object is not part of it. */
export function watchedBy(interest: Interest | undefined): string {
  return (interest?.references ?? []).map(formatReference).join();
}

/** The parts of the names of objects have no spaces. */
function keyOf({
  kind,
  namespace,
  name,
}: Pick<ObjectIdentifier, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace} ${name}`;
}

import type {
  DynamicWatcher,
  ObjectIdentifier,
  ReconcileContext,
  Result,
} from '@depwatch/dynamic-watcher';

import type { ClusterClient } from './cluster-client.ts';
import { hashReference, type Finding } from './content-hash.ts';
import type { Change, DecisionEvent, Outcome } from './events.ts';
import { noteChange, watchedBy, type Inventory, type Tracked } from './inventory.ts';
import { decide, formatRecord, type Decision } from './record.ts';
import type { Reference, ReferenceKind } from './references.ts';
import { recordPatch, recordTextOf, rolledValue } from './workload.ts';
import type { Interest, WorkloadLike } from './workload.ts';

/** How long to wait for the cache to show what a write ran into. It also wakes the workload when it does. */
const conflictDelayMs = 200;

/** What a decision maker works with. */
export interface DecisionMakerOptions {
  readonly inventory: Inventory;
  readonly client: ClusterClient;
  /** Watches ConfigMaps and Secrets on behalf of workloads. */
  readonly references: Pick<DynamicWatcher, 'addOrUpdateWatcher' | 'removeWatcher' | 'enqueue'>;
  readonly dryRun: boolean;
  /** Bounds how many workloads are decided about at once. */
  limit<R>(task: () => Promise<R>): Promise<R>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  decided(event: DecisionEvent): void;
}

/** Brings one workload to its wanted state: its watches to what it uses, its pods to what that holds. */
export class DecisionMaker {
  readonly #options: DecisionMakerOptions;

  constructor(options: DecisionMakerOptions) {
    this.#options = options;
  }

  /** Reconciles the workload `id`; throws what is to be tried again. */
  async reconcile(
    id: ObjectIdentifier,
    { causes, signal }: ReconcileContext,
  ): Promise<Result | void> {
    const { inventory, now } = this.#options;
    const tracked = inventory.get(id);
    if (!tracked) return;

    const arrived = now();
    if (tracked.changes.size === 0) tracked.since = arrived;
    for (const { type, watched } of causes) {
      const change = watched && changeOf(type, watched);
      if (change) noteChange(tracked, change, arrived);
      // The watches are gone, and what is taken for watched isn't.
      if (type === 'ended') tracked.watching = '';
    }

    const { interest } = tracked;
    if (!interest) return this.#release(tracked);
    const isWatched = await this.#follow(tracked, interest);
    return isWatched ? this.#options.limit(() => this.#decide(tracked, signal)) : undefined;
  }

  /** @returns whether the watches are as they should be; if not, the workload is reconciled again */
  async #follow(tracked: Tracked, interest: Interest): Promise<boolean> {
    const wanted = watchedBy(interest);
    if (tracked.watching === wanted) return true;
    const { references } = this.#options;
    if (interest.references.length === 0) {
      await references.removeWatcher(tracked.id);
      tracked.watching = wanted;
      // A run in which the watcher was removed isn't retried when it fails: go on in another one.
      references.enqueue(tracked.id);
      return false;
    }
    await references.addOrUpdateWatcher(
      tracked.id,
      interest.references.map(({ kind, name }) => ({
        version: 'v1',
        kind,
        namespace: tracked.name.namespace,
        name,
      })),
    );
    tracked.watching = wanted;
    // If it uses something else by now, it has been woken for that.
    return watchedBy(tracked.interest) === wanted && tracked.interest !== undefined;
  }

  async #release(tracked: Tracked): Promise<void> {
    const { inventory, references } = this.#options;
    await references.removeWatcher(tracked.id);
    tracked.watching = '';
    tracked.settledOn = undefined;
    if (tracked.interest) {
      // It came back meanwhile, and its wake-up may have been dropped with the watcher.
      references.enqueue(tracked.id);
      return;
    }
    inventory.forget(tracked);
    this.#tell(tracked, 'released', 'takes no part any more', []);
  }

  async #decide(tracked: Tracked, signal: AbortSignal): Promise<Result | void> {
    signal.throwIfAborted();
    const { latest, interest } = tracked;
    if (!interest) return;
    const inCluster = recordTextOf(latest);
    const { pretended } = tracked;
    const recordText = pretended && pretended.on === inCluster ? pretended.recordText : inCluster;
    const findings = await this.#find(tracked, interest.references, signal);
    signal.throwIfAborted();

    const decision = decide(recordText, findings);
    const outcome = await this.#act(tracked, latest, decision, signal);
    if (outcome === 'again') return { requeueAfterMs: conflictDelayMs };
    if (outcome === 'gone') return undefined;

    // What was woken by the cache while nothing was settled compared with nothing; so compare once more.
    if (
      tracked.latest !== latest &&
      recordTextOf(tracked.latest) !== tracked.settledOn?.recordText
    ) {
      this.#options.references.enqueue(tracked.id);
    }
    if (tracked.changes.size > 0 || decision.action !== 'nothing') {
      this.#tell(tracked, outcome, decision.reason, decision.differing);
    }
    return undefined;
  }

  /** Reads what the workload uses and keeps nothing of it but hashes. */
  async #find(
    { name: { namespace } }: Tracked,
    references: readonly Reference[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    const { client } = this.#options;
    const findings = await Promise.all(
      references.map(async (reference) => {
        const content = await client.readContent(reference.kind, namespace, reference.name, signal);
        return hashReference(reference, namespace, content);
      }),
    );
    return findings.flat();
  }

  async #act(
    tracked: Tracked,
    workload: WorkloadLike,
    { action, record, missing, differing }: Decision,
    signal: AbortSignal,
  ): Promise<Outcome | 'again' | 'gone'> {
    const { client, dryRun, now } = this.#options;
    const inCluster = recordTextOf(workload);
    tracked.conflicted = false;
    if (action === 'nothing') {
      tracked.settledOn = { recordText: inCluster };
      return missing.length > 0 ? 'waiting' : 'unchanged';
    }
    const recordText = formatRecord(record);
    if (dryRun) {
      tracked.pretended = { on: inCluster, recordText };
      tracked.settledOn = { recordText: inCluster };
      return action === 'roll' ? 'would-roll' : 'would-record';
    }
    const rolled = action === 'roll' ? rolledValue(workload, now(), differing) : undefined;
    const patch = recordPatch(workload, recordText, rolled);
    // Before the answer, since the cache may show the write first, and that is nothing to decide about.
    tracked.settledOn = { recordText };
    let result: Awaited<ReturnType<ClusterClient['patchWorkload']>> | 'failed' = 'failed';
    try {
      result = await client.patchWorkload(tracked.name, patch, signal);
    } finally {
      if (result !== 'patched') tracked.settledOn = undefined;
    }
    if (result === 'conflict') {
      tracked.conflicted = true;
      return 'again';
    }
    if (result === 'gone') return 'gone';
    return action === 'roll' ? 'rolled' : 'recorded';
  }

  #tell(tracked: Tracked, outcome: Outcome, reason: string, differing: readonly string[]): void {
    const { decided, now } = this.#options;
    const changes: readonly Change[] =
      tracked.changes.size > 0
        ? [...tracked.changes.values()]
        : [{ type: 'changed', ...tracked.name }];
    const durationMs = Math.max(0, now() - tracked.since);
    tracked.changes.clear();
    decided({
      type: 'decision',
      changes,
      workload: tracked.name,
      outcome,
      reason,
      differing,
      durationMs,
    });
  }
}

function changeOf(
  cause: string,
  { kind, namespace = '', name = '' }: ObjectIdentifier,
): Change | undefined {
  const type = changeTypes.get(cause);
  return type && { type, kind: kind as ReferenceKind, namespace, name };
}

const changeTypes: ReadonlyMap<string, Change['type']> = new Map([
  ['added', 'added'],
  ['modified', 'modified'],
  ['deleted', 'deleted'],
  ['ended', 'unwatchable'],
]);

import {
  isDepwatchError,
  type Cached,
  type ControllerContext,
  type ObjectIdentifier,
  type ReconcileContext,
  type Result,
} from '@depwatch/controller';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';
import { decideOn } from './decide-on.ts';
import type { Outcome, ReloaderEvent } from './events.ts';
import { recordUndone, rollsCaused } from './loops.ts';
import { isLoop, nextPace, steadyPace, waitMs } from './pace.ts';
import { formatRecord, templateId, type Decision } from './record.ts';
import { formatReference, type Reference } from './references.ts';
import {
  changeOf,
  decisionOf,
  lookAtChanges,
  newTracked,
  noteChange,
  type Tracked,
} from './tracked.ts';
import { readUsed, readWhole, type Used } from './used.ts';
import {
  interestOf,
  recordPatch,
  recordTextOf,
  rolledValue,
  rolledWorkload,
  templateHashOf,
  type Interest,
  type Workload,
  type WorkloadKind,
  type WorkloadName,
} from './workload.ts';

/** How soon a write that met a newer version is tried again. */
const conflictDelayMs = 200;
/** How soon something that may not be read is asked for again; nothing tells when it may. */
const hiddenDelayMs = 30_000;

/** What a {@link WorkloadReconciler} works with. */
export interface WorkloadReconcilerOptions {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly settleMs: number;
  readonly minIntervalMs: number;
  /** Watches ConfigMaps and Secrets on behalf of workloads, for their metadata alone. */
  readonly references: Pick<DynamicWatcher, 'addOrUpdateWatcher' | 'removeWatcher'>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  tell(event: ReloaderEvent): void;
}

type Context = Pick<ControllerContext<Workload>, 'client' | 'signal' | 'event'>;

/** Brings one workload after another to its wanted state: its watches to what it uses, its pods to what that holds. */
export class WorkloadReconciler {
  readonly #options: WorkloadReconcilerOptions;
  readonly #tracked = new Map<string, Tracked>();
  /** Those that take no part. */
  readonly #others = new Set<string>();

  constructor(options: WorkloadReconcilerOptions) {
    this.#options = options;
  }

  /** How many workloads there are, and how many of them take part. */
  get counts(): { workloads: number; optedIn: number } {
    return { workloads: this.#others.size + this.#tracked.size, optedIn: this.#tracked.size };
  }

  /** Something that a workload uses has changed. */
  noteCauses(id: ObjectIdentifier, { causes }: ReconcileContext): void {
    const tracked = this.#tracked.get(keyOf(nameOf(id)));
    for (const { type, watched } of causes) {
      const change = watched && changeOf(type, watched);
      if (tracked && change) noteChange(tracked, change, this.#options.now());
    }
  }

  /** Reconciles a workload; throws what is to be tried again. */
  async reconcile(
    kind: WorkloadKind,
    workload: Cached<Workload>,
    context: Context,
  ): Promise<Result | void> {
    const { namespace = '', name = '' } = workload.metadata ?? {};
    const id = { kind, namespace, name };
    const interest = interestOf(workload, this.#options.all);
    if (!interest) {
      await this.removed(id);
      this.#others.add(keyOf(id));
      return undefined;
    }
    this.#others.delete(keyOf(id));
    const tracked = this.#track(id, workload.metadata?.uid);
    try {
      const result = await this.#reconcile(tracked, interest, workload, context);
      tracked.failure = undefined;
      return result;
    } catch (error) {
      const { message } = error as Error;
      // That the API server is away is told once, and not of each workload.
      const isOutage = isDepwatchError(error) && error.reason === 'unreachable';
      if (!context.signal.aborted && !isOutage && tracked.failure !== message) {
        tracked.failure = message;
        this.#options.tell({ type: 'failed', workload: id, message });
      }
      throw error;
    }
  }

  /** A workload is gone, or takes no part any more. */
  async removed(name: WorkloadName): Promise<void> {
    this.#others.delete(keyOf(name));
    const tracked = this.#tracked.get(keyOf(name));
    if (!tracked) return;
    await this.#options.references.removeWatcher(idOf(name));
    this.#tracked.delete(keyOf(name));
    noteChange(tracked, { type: 'left', ...name }, this.#options.now());
    lookAtChanges(tracked);
    this.#decided(tracked, 'released', 'takes no part any more', []);
  }

  #track(name: WorkloadName, uid: string | undefined): Tracked {
    const known = this.#tracked.get(keyOf(name));
    if (known && known.uid === uid) return known;
    const tracked = newTracked(name, uid);
    noteChange(tracked, { type: 'seen', ...name }, this.#options.now());
    this.#tracked.set(keyOf(name), tracked);
    return tracked;
  }

  async #reconcile(
    tracked: Tracked,
    interest: Interest,
    workload: Cached<Workload>,
    context: Context,
  ): Promise<Result | void> {
    const { now, settleMs } = this.#options;
    for (const message of interest.problems) this.#tellOnce(tracked, 'problem', message);
    const uses = JSON.stringify(interest.references);
    if (tracked.settled !== undefined && !tracked.settled.startsWith(uses))
      noteChange(tracked, { type: 'changed', ...tracked.name }, now());
    await this.#follow(tracked, interest.references);

    const recordText = recordTextOf(workload);
    const state = stateOf(uses, recordText, templateHashOf(workload));
    // What woke it was its own write, or nothing that matters.
    if (tracked.changes.size === 0 && tracked.settled === state) return undefined;
    tracked.settled = undefined;

    lookAtChanges(tracked);
    const used = await readUsed(interest.references, tracked.name.namespace, context);
    for (const { refused } of used) if (refused) this.#tellOnce(tracked, 'failed', refused);
    const findings = used.flatMap((one) => one.findings);
    const decision = await decideOn(workload, tracked.known, findings, context);
    const isHidden = findings.some((finding) => finding.isHidden);
    const later = isHidden ? { requeueAfterMs: hiddenDelayMs } : undefined;
    const isIdle = decision.action === 'restore' && this.#options.dryRun;
    if (decision.action === 'nothing' || isIdle) {
      tracked.known = { record: decision.record, replaced: tracked.known?.replaced };
      // What may not be read is asked for again, though nothing has changed.
      if (!isHidden) tracked.settled = state;
      const outcome = decision.missing.length > 0 ? 'waiting' : 'unchanged';
      if (tracked.about.size > 0) this.#decided(tracked, outcome, decision.reason, []);
      return later;
    }
    const held = waitMs(tracked.pace, now());
    if (held > 0) {
      await this.#hold(tracked, decision, used, held, context);
      // It settles once more, then.
      return { requeueAfterMs: Math.max(0, held - settleMs) };
    }
    const written = await this.#write(tracked, workload, decision, context);
    if (written === 'conflict') return { requeueAfterMs: conflictDelayMs };
    if (written !== 'gone' && !isHidden)
      tracked.settled = stateOf(uses, written.text, written.templateHash);
    return later;
  }

  /** Watches what a workload uses. */
  async #follow(tracked: Tracked, used: readonly Reference[]): Promise<void> {
    const wanted = used.map(formatReference).join();
    if (tracked.watching === wanted) return;
    const { references } = this.#options;
    const id = idOf(tracked.name);
    const { namespace } = tracked.name;
    if (used.length === 0) await references.removeWatcher(id);
    else
      await references.addOrUpdateWatcher(
        id,
        used.map(({ kind, name }) => ({ version: 'v1', kind, namespace, name })),
      );
    tracked.watching = wanted;
  }

  async #write(
    tracked: Tracked,
    workload: Cached<Workload>,
    { action, record, reason, differing }: Decision,
    { client, signal }: Context,
  ): Promise<{ text: string; templateHash: string } | 'conflict' | 'gone'> {
    const { now, dryRun, minIntervalMs } = this.#options;
    const isRoll = action === 'roll';
    const rolled = isRoll ? rolledValue(workload, now(), differing) : undefined;
    const after = rolled && !dryRun ? rolledWorkload(workload, rolled) : workload;
    const templateHash = templateHashOf(after);
    const wanted = record.size > 0 ? new Map([...record, [templateId, templateHash]]) : record;
    const text = formatRecord(wanted);
    const replaced = recordTextOf(workload);
    if (!dryRun) {
      try {
        await client.patch(idOf(tracked.name), recordPatch(workload, text, rolled), { signal });
      } catch (error) {
        if (isDepwatchError(error, 'ERR_CONFLICT')) return 'conflict';
        if (isDepwatchError(error, 'ERR_NOT_FOUND')) return 'gone';
        throw error;
      }
    }
    // Who has just come may be rolled at once.
    if (action !== 'record') tracked.pace = nextPace(tracked.pace, now(), minIntervalMs);
    else if (tracked.known) tracked.pace = steadyPace(tracked.pace, now(), minIntervalMs);
    tracked.known = { record: wanted, replaced };
    tracked.told.delete(hold);
    if (tracked.pace?.streak === 1) tracked.told.delete(loop);
    this.#decided(tracked, outcomeOf(action, dryRun), reason, isRoll ? differing : []);
    return { text: dryRun ? (replaced ?? '') : text, templateHash };
  }

  /** It was written a moment ago. Where that goes on, somebody causes it, and is named. */
  async #hold(
    tracked: Tracked,
    decision: Decision,
    used: readonly Used[],
    ms: number,
    context: Context,
  ): Promise<void> {
    const { action, reason, differing } = decision;
    const tellOnce = isLoop(tracked.pace!) ? loop : hold;
    if (action === 'record' || tracked.told.has(tellOnce)) return;
    const seconds = Math.ceil(ms / 1000);
    if (tellOnce === hold) {
      tracked.told.add(hold);
      const why = `${reason}; in ${seconds} s, since it was written a moment ago`;
      const { now, tell } = this.#options;
      return tell(decisionOf(tracked, { outcome: 'held', reason: why, differing }, now()));
    }
    const isRoll = action === 'roll';
    const whole = isRoll ? undefined : await readWhole(idOf(tracked.name), context);
    const what = isRoll ? rollsCaused(used, differing) : recordUndone(whole);
    tracked.told.add(tellOnce);
    const message = `${what}; it is left alone for ever longer, at most 10 minutes`;
    context.event('Warning', isRoll ? 'RollsCaused' : 'RecordUndone', message);
    this.#options.tell({ type: 'problem', workload: tracked.name, message });
  }

  #tellOnce(tracked: Tracked, type: 'failed' | 'problem', message: string): void {
    if (tracked.told.has(message)) return;
    tracked.told.add(message);
    this.#options.tell({ type, workload: tracked.name, message });
  }

  #decided(tracked: Tracked, outcome: Outcome, reason: string, differing: readonly string[]): void {
    const { now, tell } = this.#options;
    const event = decisionOf(tracked, { outcome, reason, differing }, now());
    tracked.about.clear();
    tell(event);
  }
}

/** What is told once as long as it goes on. */
const hold = 'held back';
const loop = 'a loop';
const apps = { group: 'apps', version: 'v1' };

function outcomeOf(action: Decision['action'], dryRun: boolean): Outcome {
  if (action === 'roll') return dryRun ? 'would-roll' : 'rolled';
  if (action === 'restore') return 'restored';
  return dryRun ? 'would-record' : 'recorded';
}

function stateOf(uses: string, recordText = '', templateHash: string): string {
  return `${uses} ${templateHash} ${recordText}`;
}

function idOf(name: WorkloadName): ObjectIdentifier {
  return { ...apps, ...name };
}

function nameOf({ kind, namespace = '', name = '' }: ObjectIdentifier): WorkloadName {
  return { kind: kind as WorkloadKind, namespace, name };
}

/** The parts of the names of objects have no spaces. */
function keyOf({ kind, namespace, name }: WorkloadName): string {
  return `${kind} ${namespace} ${name}`;
}

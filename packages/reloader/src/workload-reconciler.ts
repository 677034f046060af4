import {
  isDepwatchError,
  type Cached,
  type ControllerContext,
  type Logger,
  type ReconcileContext,
  type Result,
} from '@depwatch/controller';
import { decideOn } from './decide-on.ts';
import { recordUndone, rollsCaused } from './loops.ts';
import { isLoop, nextPace, steadyPace, waitMs, type Pace } from './pace.ts';
import { formatRecord, templateId, type Decision, type Known } from './record.ts';
import { formatReference, type ReferenceKind } from './references.ts';
import { readUsed, readWhole, type Used } from './used.ts';
import {
  interestOf,
  recordPatch,
  recordTextOf,
  rolledValue,
  rolledWorkload,
  templateHashOf,
  type Workload,
  type WorkloadKind,
  type WorkloadName,
} from './workload.ts';

/** How soon a write that met a newer version is tried again. */
const conflictDelayMs = 200;
/** How soon something that may not be read is asked for again; nothing tells when it may. */
const hiddenDelayMs = 30_000;

/**
 * What was done about a workload. `rolled`: the pods are being replaced, and the record was written; `recorded`: the record alone
 * was; both with `would-` in a dry run. `restored`: somebody took the record away, or changed it, and it was written again.
 * Nothing was written: `held`, it was a moment ago; `waiting`, something that the pods need isn't there; `unchanged`, the data is
 * what the record says; `released`, it is gone, or takes no part any more.
 */
export type Outcome =
  | 'rolled'
  | 'would-roll'
  | 'recorded'
  | 'would-record'
  | 'restored'
  | 'held'
  | 'waiting'
  | 'unchanged'
  | 'released';

/** What the line of a decision says beside its message; names objects and keys, never data. */
export interface DecisionFields {
  readonly workload: WorkloadName;
  readonly outcome: Outcome;
  /** For people. */
  readonly reason: string;
  /** What differs, as `configmap/name` or `configmap/name/key`; empty unless it rolls. */
  readonly differing: readonly string[];
  /** What has become of what it uses since the last decision, such as `configmap/name modified`. */
  readonly causes: readonly string[];
}

/** What a {@link WorkloadReconciler} works with. */
export interface WorkloadReconcilerOptions {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly settleMs: number;
  readonly minIntervalMs: number;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Writes a line of the log; never throws. */
  say(level: keyof Logger, fields: object, message: string): void;
}

type Context = Pick<ControllerContext<Workload>, 'get' | 'client' | 'event'> &
  Pick<ReconcileContext, 'causes'>;

/** What is remembered of a workload that takes part. */
interface Tracked {
  readonly name: WorkloadName;
  /** Another one of the same name is another workload. */
  readonly uid: string | undefined;
  /** What has become of what it uses since the last decision. */
  readonly causes: Set<string>;
  /** What was told of it and need not be told again. */
  readonly told: Set<string>;
  used: readonly Used[];
  /** The state that the last decision was about, as one text; undefined while one is due. */
  settled?: string | undefined;
  known?: Known;
  pace?: Pace;
}

/** Brings one workload after another to its wanted state: its pods to what the data is that they use. */
export class WorkloadReconciler {
  readonly #options: WorkloadReconcilerOptions;
  /** By key; undefined: it takes no part. */
  readonly #workloads = new Map<string, Tracked | undefined>();

  constructor(options: WorkloadReconcilerOptions) {
    this.#options = options;
  }

  /** How many workloads there are, and how many of them take part. */
  get counts(): { readonly workloads: number; readonly takingPart: number } {
    const takingPart = [...this.#workloads.values()].filter((one) => one !== undefined).length;
    return { workloads: this.#workloads.size, takingPart };
  }

  /** Reconciles a workload; throws what is to be tried again. */
  async reconcile(
    kind: WorkloadKind,
    workload: Cached<Workload>,
    context: Context,
  ): Promise<Result | void> {
    const { namespace = '', name = '', uid } = workload.metadata ?? {};
    const id = { kind, namespace, name };
    const interest = interestOf(workload, this.#options.all);
    if (!interest) {
      this.removed(id);
      this.#workloads.set(keyOf(id), undefined);
      return undefined;
    }
    // What was decided before another replica had it says nothing of what its pods run with now.
    if (context.causes.some(({ type }) => type === 'acquired')) this.#workloads.delete(keyOf(id));
    const tracked = this.#track(id, uid);
    for (const cause of causesOf(context)) tracked.causes.add(cause);
    for (const problem of interest.problems) this.#warnOnce(tracked, problem);
    tracked.used = await readUsed(interest.references, namespace, tracked.used, context);
    const refused = tracked.used.flatMap((one) => one.refused ?? []);
    for (const why of refused) this.#warnOnce(tracked, why);
    const result = await this.#decide(tracked, workload, context);
    // What may not be read is asked for again, though nothing has changed.
    return result ?? (refused.length > 0 ? { requeueAfterMs: hiddenDelayMs } : undefined);
  }

  /** A workload is gone, or takes no part any more. */
  removed(name: WorkloadName): void {
    const tracked = this.#workloads.get(keyOf(name));
    this.#workloads.delete(keyOf(name));
    if (tracked) this.#tell(tracked, 'released', 'takes no part any more');
  }

  #track(name: WorkloadName, uid: string | undefined): Tracked {
    const known = this.#workloads.get(keyOf(name));
    if (known && known.uid === uid) return known;
    const tracked = { name, uid, causes: new Set<string>(), told: new Set<string>(), used: [] };
    this.#workloads.set(keyOf(name), tracked);
    return tracked;
  }

  async #decide(
    tracked: Tracked,
    workload: Cached<Workload>,
    context: Context,
  ): Promise<Result | void> {
    const { now, settleMs, dryRun } = this.#options;
    const { used } = tracked;
    const findings = used.flatMap((one) => one.findings);
    const state = stateOf(used, recordTextOf(workload), templateHashOf(workload));
    // What woke it was its own write.
    if (tracked.settled === state) return tracked.causes.clear();
    tracked.settled = undefined;
    const decision = await decideOn(workload, tracked.known, findings, context);
    const { action, record, reason, missing } = decision;
    if (action === 'nothing' || (action === 'restore' && dryRun)) {
      tracked.known = { record, replaced: tracked.known?.replaced };
      tracked.settled = state;
      return this.#tell(tracked, missing.length > 0 ? 'waiting' : 'unchanged', reason);
    }
    const held = waitMs(tracked.pace, now());
    if (held > 0) {
      await this.#hold(tracked, decision, held, context);
      // It settles once more, then.
      return { requeueAfterMs: Math.max(0, held - settleMs) };
    }
    return this.#write(tracked, workload, decision, context);
  }

  async #write(
    tracked: Tracked,
    workload: Cached<Workload>,
    { action, record, reason, differing }: Decision,
    { client }: Context,
  ): Promise<Result | void> {
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
        await client.patch(idOf(tracked.name), recordPatch(workload, text, rolled));
      } catch (error) {
        if (isDepwatchError(error, 'ERR_CONFLICT')) return { requeueAfterMs: conflictDelayMs };
        if (isDepwatchError(error, 'ERR_NOT_FOUND')) return undefined;
        throw error;
      }
    }
    // Who has just come may be rolled at once.
    if (action !== 'record') tracked.pace = nextPace(tracked.pace, now(), minIntervalMs);
    else if (tracked.known) tracked.pace = steadyPace(tracked.pace, now(), minIntervalMs);
    tracked.known = { record: wanted, replaced };
    tracked.settled = stateOf(tracked.used, dryRun ? replaced : text, templateHash);
    tracked.told.delete(hold);
    if (tracked.pace?.streak === 1) tracked.told.delete(loop);
    return this.#tell(tracked, outcomeOf(action, dryRun), reason, isRoll ? differing : []);
  }

  /** It was written a moment ago. Where that goes on, somebody causes it, and is named. */
  async #hold(tracked: Tracked, decision: Decision, ms: number, context: Context): Promise<void> {
    const { action, reason, differing } = decision;
    const tellOnce = isLoop(tracked.pace!) ? loop : hold;
    if (action === 'record' || tracked.told.has(tellOnce)) return;
    if (tellOnce === hold) {
      const why = `${reason}; in ${Math.ceil(ms / 1000)} s, since it was written a moment ago`;
      this.#tell(tracked, 'held', why, differing);
    } else {
      const isRoll = action === 'roll';
      const what = isRoll
        ? rollsCaused(tracked.used, differing)
        : recordUndone(await readWhole(idOf(tracked.name), context));
      const message = `${what}; it is left alone for ever longer, at most 10 minutes`;
      context.event('Warning', isRoll ? 'RollsCaused' : 'RecordUndone', message);
      this.#warn(tracked, message);
    }
    tracked.told.add(tellOnce);
  }

  #warnOnce(tracked: Tracked, message: string): void {
    if (!tracked.told.has(message)) this.#warn(tracked, message);
    tracked.told.add(message);
  }

  #warn({ name }: Tracked, message: string): void {
    this.#options.say('warn', { workload: name }, `${describe(name)}: ${message}`);
  }

  #tell(
    { name: workload, causes }: Tracked,
    outcome: Outcome,
    reason: string,
    differing: readonly string[] = [],
  ): void {
    const fields: DecisionFields = { workload, outcome, reason, differing, causes: [...causes] };
    // What is held is told of once more, with what had it looked at.
    if (outcome !== 'held') causes.clear();
    const level = outcome === 'unchanged' ? 'debug' : 'info';
    this.#options.say(level, fields, `${describe(workload)} ${outcome}: ${reason}`);
  }
}

/** What is told once as long as it goes on. */
const hold = 'held back';
const loop = 'a loop';

function outcomeOf(action: Decision['action'], dryRun: boolean): Outcome {
  if (action === 'roll') return dryRun ? 'would-roll' : 'rolled';
  if (action === 'restore') return 'restored';
  return dryRun ? 'would-record' : 'recorded';
}

/** What has become of what it uses; what of itself has changed, the reason says. */
function causesOf({ causes }: Pick<ReconcileContext, 'causes'>): readonly string[] {
  return causes.flatMap(({ type, watched: { kind, name, metadataOnly } = {} as never }) =>
    metadataOnly && name ? `${formatReference({ kind: kind as ReferenceKind, name })} ${type}` : [],
  );
}

function stateOf(used: readonly Used[], recordText = '', templateHash: string): string {
  const versions = used.map(({ reference, version, refused }) => [reference, version ?? !refused]);
  return JSON.stringify([versions, recordText, templateHash]);
}

function idOf(name: WorkloadName) {
  return { group: 'apps', version: 'v1', ...name };
}

function describe({ kind, namespace, name }: WorkloadName): string {
  return `${kind.toLowerCase()} ${namespace}/${name}`;
}

/** The parts of the names of objects have no spaces. */
function keyOf({ kind, namespace, name }: WorkloadName): string {
  return `${kind} ${namespace} ${name}`;
}

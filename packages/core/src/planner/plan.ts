import { contraryTo, demandOf, isFitting, isWorthwhile } from './evidence.ts';
import { patienceAfter, wholePatience } from './patience.ts';
import {
  wholeKind,
  type Avoided,
  type AvoidReason,
  type BranchState,
  type PlanBranch,
  type PlanEffect,
  type PlanFacts,
  type PlanInput,
  type PlanReason,
  type PlanState,
} from './types.ts';

/** How often what is shared is looked at, and how long a size is believed. */
const lookMs = 60_000;

/** So much longer than all else it is remembered that a collection is busy: to find out again costs minutes of its events. */
const busyFactor = 12;

/** The plan that has each identifier watched by itself. */
export const initialPlanState: PlanState = { branches: new Map() };

/**
 * Decides which watches serve what is demanded of one group: a watch for each object, one for a namespace, or one for the
 * kind. A watch of a single object is dear to the server by its being there, one of a collection by each event that nobody
 * asked for; so many share one, where it isn't too large or too busy, and part after minutes of contrary evidence.
 *
 * Pure: it returns the next state and what to do. Nothing is copied where nothing changes, since thousands may come to be
 * demanded in one burst.
 */
export function plan(
  state: PlanState,
  input: PlanInput,
  facts: PlanFacts,
): readonly [PlanState, readonly PlanEffect[]] {
  const next = new Planning(state, facts);
  next.take(input);
  // It may have gone off early, and has to be set anew then.
  return next.result(input.type === 'elapsed');
}

/** One step under way: the branches as they become, and the effects so far. */
class Planning {
  readonly #before: PlanState;
  readonly #facts: PlanFacts;
  readonly #effects: PlanEffect[] = [];
  #changed: Map<PlanBranch, BranchState> | undefined;

  constructor(state: PlanState, facts: PlanFacts) {
    this.#before = state;
    this.#facts = facts;
  }

  /** @param isTimerOver whether the timer that was set is no more */
  result(isTimerOver: boolean): readonly [PlanState, readonly PlanEffect[]] {
    const state = this.#state;
    if (state === this.#before && !isTimerOver) return [state, this.#effects];
    const at = dueAt(state);
    if (isTimerOver || at !== dueAt(this.#before)) this.#effects.push({ type: 'timer', at });
    return [state, this.#effects];
  }

  take(input: PlanInput): void {
    switch (input.type) {
      case 'demanded':
        return this.#demanded(input.namespace);
      case 'elapsed':
        for (const [branch, { lookAt }] of [...this.#branches])
          if (lookAt <= this.#facts.now) this.#look(branch);
        return;
      case 'sized':
        if (this.#branches.get(input.branch)?.name !== 'sizing') return;
        return this.#sized(input.branch, input.size);
      case 'failed':
        if (this.#branches.get(input.branch)?.name !== 'sizing') return;
        return this.#avoid(
          input.branch,
          'unknown',
          undefined,
          input.retryable ? lookMs : undefined,
        );
      case 'unfit':
        return this.#avoid(input.branch, input.why, undefined);
      case 'live':
        if (this.#branches.get(input.branch)?.name !== 'opening') return;
        return this.#live(input.branch);
      case 'emptied':
        return this.#emptied(input.branch);
    }
  }

  get #branches(): ReadonlyMap<PlanBranch, BranchState> {
    return this.#changed ?? this.#before.branches;
  }

  get #state(): PlanState {
    return this.#changed ? { branches: this.#changed } : this.#before;
  }

  #set(branch: PlanBranch, state: BranchState | undefined): void {
    this.#changed ??= new Map(this.#before.branches);
    if (state) this.#changed.set(branch, state);
    else this.#changed.delete(branch);
  }

  #do(type: 'size' | 'open' | 'close' | 'arrange', branch: PlanBranch): void {
    this.#effects.push({ type, branch });
  }

  #tell(change: 'share' | 'unshare', branch: PlanBranch, reason: PlanReason): void {
    this.#effects.push({ type: 'changed', change, branch, reason });
  }

  #demanded(namespace: string): void {
    for (const branch of namespace === wholeKind ? [wholeKind] : [namespace, wholeKind]) {
      if (demandOf(branch, this.#facts) > 0) continue;
      const name = this.#branches.get(branch)?.name;
      // What is avoided is remembered: whoever comes next must not pay for it again.
      if (name && name !== 'avoided') this.#drop(branch);
    }
    this.#consider(wholeKind);
    if (namespace !== wholeKind) this.#consider(namespace);
  }

  #drop(branch: PlanBranch): void {
    const state = this.#branches.get(branch);
    this.#set(branch, state?.name === 'parting' ? state.next : undefined);
    this.#do('close', branch);
    if (state?.name === 'shared') this.#tell('unshare', branch, 'few');
  }

  /** Begins to share a branch that is apart, where that pays. */
  #consider(branch: PlanBranch): void {
    const { now, policy } = this.#facts;
    const known = this.#branches.get(branch);
    if (known && known.name !== 'avoided') return;
    if (branch !== wholeKind && isServing(this.#branches.get(wholeKind))) return;
    if (!isWorthwhile(this.#state, branch, this.#facts)) return;
    if (known && now < known.lookAt) {
      const fitsNow = known.size !== undefined && isFitting(known.size, branch, this.#facts);
      if (known.why !== 'large' || !fitsNow) return;
      // It is as large as it was a moment ago, and more is demanded.
      if (now - known.since < lookMs) return this.#open(branch);
    }
    if (policy === 'shared') return this.#open(branch);
    this.#set(branch, { name: 'sizing', ...wholePatience(this.#facts) });
    this.#do('size', branch);
    if (branch === wholeKind) this.#calm('sizing');
  }

  #open(branch: PlanBranch): void {
    const before = this.#branches.get(branch);
    // Who has waited for the size waits no longer in all.
    const { lookAt, looksLeft } = before?.name === 'sizing' ? before : wholePatience(this.#facts);
    this.#set(branch, { name: 'opening', patient: true, lookAt, looksLeft });
    this.#do('open', branch);
    if (branch === wholeKind) this.#calm('sizing');
  }

  /** Namespaces in this state are not needed, since the kind may come to serve them. */
  #calm(name: 'sizing' | 'opening'): void {
    for (const [branch, state] of [...this.#branches])
      if (branch !== wholeKind && state.name === name) this.#drop(branch);
  }

  #sized(branch: PlanBranch, size: number | undefined): void {
    if (!isWorthwhile(this.#state, branch, this.#facts)) return this.#apart(branch);
    if (size === undefined) return this.#avoid(branch, 'unknown', undefined);
    if (!isFitting(size, branch, this.#facts)) return this.#avoid(branch, 'large', size);
    this.#open(branch);
  }

  #live(branch: PlanBranch): void {
    const { now, bounds } = this.#facts;
    const { received, wanted } = this.#facts.observed(branch);
    this.#set(branch, {
      name: 'shared',
      lookAt: now + lookEveryMs(bounds.unshareAfterMs),
      seenAt: now,
      received,
      wanted,
      contrarySince: undefined,
    });
    this.#tell('share', branch, 'demand');
    if (branch === wholeKind) {
      this.#calm('sizing');
      this.#calm('opening');
      for (const [namespace, { name }] of [...this.#branches]) {
        if (namespace !== wholeKind && name === 'shared') this.#part(namespace, 'kind', undefined);
      }
    }
    this.#do('arrange', branch);
  }

  #look(branch: PlanBranch): void {
    const state = this.#branches.get(branch);
    switch (state?.name) {
      case 'sizing':
      case 'opening':
        return this.#hurry(branch, state);
      case 'avoided':
        this.#set(branch, undefined);
        return this.#consider(branch);
      case 'shared':
        return this.#weigh(branch, state);
      case 'parting':
        return this.#urge(branch, state);
      default:
    }
  }

  /**
   * Nobody waits any longer, once all patience is gone. What has not been answered by then is given up, since it may hold up all
   * requests for the kind; what is on its way may still be joined, for as long as a shared watch may fail.
   */
  #hurry(branch: PlanBranch, state: Extract<BranchState, { name: 'sizing' | 'opening' }>): void {
    const { now, bounds, isServerUp } = this.#facts;
    const isPatient = state.name === 'sizing' || state.patient;
    const lookAt = now + bounds.unshareAfterMs;
    if (!isPatient) {
      if (isServerUp) return this.#avoid(branch, 'failing', undefined);
      return this.#set(branch, { ...state, lookAt });
    }
    const patience = patienceAfter(state, this.#facts);
    if (patience) return this.#set(branch, { ...state, ...patience });
    const isArriving = state.name === 'opening' && this.#facts.observed(branch).isArriving;
    if (!isArriving) return this.#avoid(branch, 'slow', undefined, lookMs);
    this.#set(branch, { ...state, patient: false, lookAt });
    this.#do('arrange', branch);
  }

  /** Looks at what speaks for and against a branch that is shared. */
  #weigh(branch: PlanBranch, state: Extract<BranchState, { name: 'shared' }>): void {
    const { now, bounds } = this.#facts;
    const seen = this.#facts.observed(branch);
    const reason = contraryTo(branch, state, seen, this.#facts);
    const contrarySince = reason && (state.contrarySince ?? now);
    const isLong = contrarySince !== undefined && now - contrarySince >= bounds.unshareAfterMs;
    // There is no version to go on from in peace, and who is new waits in vain.
    if (reason === 'failing' && isLong) return this.#avoid(branch, reason, undefined);
    if (reason && isLong && !seen.isComingUp) {
      const avoids = reason === 'few' ? undefined : this.#avoided(reason, seen.size);
      return this.#part(branch, reason, avoids);
    }
    this.#set(branch, {
      ...state,
      lookAt: now + lookEveryMs(bounds.unshareAfterMs),
      seenAt: now,
      received: seen.received,
      wanted: seen.wanted,
      contrarySince,
    });
  }

  #avoided(why: AvoidReason, size: number | undefined, forMs?: number): Avoided {
    const { now, bounds } = this.#facts;
    const usualMs = why === 'busy' ? busyFactor * bounds.avoidMs : bounds.avoidMs;
    return { name: 'avoided', why, since: now, lookAt: now + (forMs ?? usualMs), size };
  }

  /** Whom it serves go elsewhere, one after the other. */
  #part(branch: PlanBranch, reason: PlanReason, next: Avoided | undefined): void {
    const lookAt = this.#facts.now + lookEveryMs(this.#facts.bounds.unshareAfterMs);
    this.#set(branch, { name: 'parting', next, lookAt, failingSince: undefined });
    this.#tell('unshare', branch, reason);
    // First, so that who may be served by another branch waits for that, where they are.
    this.#considerOthers(branch);
    this.#do('arrange', branch);
  }

  /** What fails for long while those that share it leave has no version for them to go on from in peace. */
  #urge(branch: PlanBranch, state: Extract<BranchState, { name: 'parting' }>): void {
    const { now, bounds, isServerUp } = this.#facts;
    const isFailing = isServerUp && !this.#facts.observed(branch).isLive;
    const failingSince = isFailing ? (state.failingSince ?? now) : undefined;
    if (failingSince !== undefined && now - failingSince >= bounds.unshareAfterMs)
      return this.#avoid(branch, 'failing', undefined);
    this.#set(branch, { ...state, failingSince, lookAt: now + lookEveryMs(bounds.unshareAfterMs) });
  }

  #emptied(branch: PlanBranch): void {
    const state = this.#branches.get(branch);
    if (state?.name !== 'parting') return;
    this.#set(branch, state.next);
    this.#do('close', branch);
    this.#consider(branch);
  }

  /** It can't be shared: whoever waits for it, or is served by it, goes on alone. */
  #avoid(branch: PlanBranch, why: AvoidReason, size: number | undefined, forMs?: number): void {
    const state = this.#branches.get(branch);
    if (!state || state.name === 'avoided') return;
    this.#set(branch, this.#avoided(why, size, forMs));
    if (state.name === 'shared') this.#tell('unshare', branch, why);
    this.#considerOthers(branch);
    this.#do('arrange', branch);
    this.#do('close', branch);
  }

  /** It turned out not to be worth it. */
  #apart(branch: PlanBranch): void {
    this.#set(branch, undefined);
    this.#considerOthers(branch);
    this.#do('arrange', branch);
    this.#do('close', branch);
  }

  /** What the branch does not serve any more may make it worthwhile to share another one. */
  #considerOthers(branch: PlanBranch): void {
    if (branch !== wholeKind) return this.#consider(wholeKind);
    for (const namespace of this.#facts.demand.byNamespace.keys())
      if (namespace !== wholeKind) this.#consider(namespace);
  }
}

/** Whether the kind serves namespaces, or may be about to. */
function isServing(kind: BranchState | undefined): boolean {
  return kind?.name === 'sizing' || kind?.name === 'opening' || kind?.name === 'shared';
}

function dueAt({ branches }: PlanState): number {
  let due = Infinity;
  for (const { lookAt } of branches.values()) due = Math.min(due, lookAt);
  return due;
}

function lookEveryMs(unshareAfterMs: number): number {
  return Math.max(1, Math.min(lookMs, unshareAfterMs));
}

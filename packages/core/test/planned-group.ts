import {
  initialPlanState,
  placeOf,
  plan,
  wholeKind,
  type BranchObserved,
  type PlanBranch,
  type PlanEffect,
  type PlanFacts,
  type PlanInput,
  type PlanState,
} from '../src/index.ts';

/** A group and the world around it: what is demanded, what was seen, and the time, which sets off the timer. */
export class PlannedGroup {
  state: PlanState = initialPlanState;
  readonly #effects: PlanEffect[] = [];
  readonly facts: { -readonly [Fact in keyof PlanFacts]: PlanFacts[Fact] };
  readonly #byNamespace = new Map<string, { size: number }>();
  readonly #observed = new Map<PlanBranch, BranchObserved>();
  #timerAt = Infinity;

  constructor(facts: Partial<PlanFacts> & Pick<PlanFacts, 'bounds'>) {
    this.facts = {
      now: 0,
      policy: 'auto',
      mayShare: true,
      namespaced: true,
      demand: { byNamespace: this.#byNamespace, total: 0 },
      isServerUp: true,
      patienceMs: 5_000,
      observed: (branch) => this.observed(branch),
      ...facts,
    };
  }

  get byNamespace(): ReadonlyMap<string, { size: number }> {
    return this.#byNamespace;
  }

  observed(branch: PlanBranch): BranchObserved {
    const nothing = {
      size: 0,
      received: 0,
      wanted: 0,
      isComingUp: false,
      isArriving: false,
      isLive: true,
    };
    return this.#observed.get(branch) ?? nothing;
  }

  /** Events are added to those before. */
  observe(
    branch: PlanBranch,
    { received = 0, wanted = 0, ...seen }: Partial<BranchObserved>,
  ): void {
    const before = this.observed(branch);
    this.#observed.set(branch, {
      ...before,
      ...seen,
      received: before.received + received,
      wanted: before.wanted + wanted,
    });
  }

  /** So many identifiers of a namespace are demanded from now on; they come, or go, one by one. */
  demand(namespace: string, count: number): void {
    for (;;) {
      const now = this.#byNamespace.get(namespace)?.size ?? 0;
      if (now === count) return;
      const next = now < count ? now + 1 : now - 1;
      if (next > 0) this.#byNamespace.set(namespace, { size: next });
      else this.#byNamespace.delete(namespace);
      const total = this.facts.demand.total + next - now;
      this.facts.demand = { byNamespace: this.#byNamespace, total };
      this.feed({ type: 'demanded', namespace });
    }
  }

  feed(input: PlanInput): void {
    const [state, effects] = plan(this.state, input, this.facts);
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'timer') this.#timerAt = effect.at;
      else this.#effects.push(effect);
    }
  }

  /** In words: `own`, `wait for` a branch, or `at` one. */
  place(namespace: string): string {
    const place = placeOf(this.state, namespace);
    if (place === 'own') return place;
    return `${place.isUp ? 'at' : 'wait for'} ${place.branch === wholeKind ? '*' : place.branch}`;
  }

  /** Lets so many milliseconds pass, and the timer go off whenever it is due. */
  pass(ms: number): void {
    const end = this.facts.now + ms;
    while (this.#timerAt <= end) {
      this.facts.now = Math.max(this.facts.now, this.#timerAt);
      this.#timerAt = Infinity;
      this.feed({ type: 'elapsed' });
    }
    this.facts.now = end;
  }

  /** Nothing is looked at for so long, also what is due. */
  stall(ms: number): void {
    this.facts.now += ms;
    this.pass(0);
  }

  each(ms: number, run: () => void, times: number): void {
    for (let time = 0; time < times; time += 1) {
      run();
      this.pass(ms);
    }
  }

  /** The effects since the last look, in words; the whole kind is `*`. */
  done(): readonly string[] {
    return this.#effects.splice(0).map((effect) => {
      if (effect.type === 'timer') return 'timer';
      const branch = effect.branch === wholeKind ? '*' : effect.branch;
      if (effect.type !== 'changed') return `${effect.type} ${branch}`;
      return `${effect.change} ${branch} ${effect.reason}`;
    });
  }
}

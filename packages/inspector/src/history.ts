import {
  planReasons,
  type Observation,
  type PlanObservation,
  type ReconcileEndedObservation,
} from '@depwatch/dynamic-watcher';
import { kept, keyOf, type ErrorText, type PlanRow, type ReconcileRow } from './protocol.ts';
import { causeRow, textOf } from './texts.ts';

interface Told<T> {
  readonly id: number;
  readonly told: T;
}
/** With its error as it is shown: what was thrown may hold anything, a whole answer of a server or what is secret. */
type Ended = Told<Omit<ReconcileEndedObservation, 'error'> & { readonly error?: ErrorText }>;
type Planned = Told<PlanObservation>;

/** How many watchers are remembered whose last reconcile failed. */
const mostFailing = 1000;

/**
 * What is kept while nobody looks: the last 1,000 reconciles, the last 100 changes of plans, and the last failure of at most
 * 1,000 watchers that fail at present. Rows are made when somebody looks.
 */
export class History {
  readonly #reconciles = new Ring<Ended>(kept.reconciles);
  readonly #plans = new Ring<Planned>(kept.plans);
  readonly #failing = new Map<string, Ended>();
  #last = 0;

  /** What it is to be told of. */
  static readonly types = ['reconcile-ended', 'reconcile-dropped', 'plan'] as const;

  hear(observation: Extract<Observation, { type: (typeof History.types)[number] }>): void {
    if (observation.type === 'reconcile-ended') {
      const { error, ...told } = observation;
      const shown = told.result === 'error' ? { ...told, error: textOf(error) } : told;
      this.#ended({ id: ++this.#last, told: shown });
    } else if (observation.type === 'plan')
      this.#plans.add({ id: ++this.#last, told: observation });
    else if (this.#failing.size > 0) this.#failing.delete(keyOf(observation.watcher));
  }

  /** Forgets everything. */
  clear(): void {
    this.#reconciles.clear();
    this.#plans.clear();
    this.#failing.clear();
  }

  /** The id of the newest row. */
  get last(): number {
    return this.#last;
  }

  /** Those that came after a row, the newest last. */
  reconciles(after: number): readonly ReconcileRow[] {
    return this.#reconciles.since(({ id }) => id > after).map(reconcileRow);
  }

  /** The same of the plans. */
  plans(after: number): readonly PlanRow[] {
    return this.#plans.since(({ id }) => id > after).map(planRow);
  }

  /** The last reconcile of a watcher, where that failed. */
  failure(key: string): ReconcileRow | undefined {
    const failed = this.#failing.get(key);
    return failed && reconcileRow(failed);
  }

  #ended(ended: Ended): void {
    this.#reconciles.add(ended);
    const { result, watcher } = ended.told;
    if (result !== 'error' && this.#failing.size === 0) return;
    const key = keyOf(watcher);
    this.#failing.delete(key);
    if (result !== 'error') return;
    this.#failing.set(key, ended);
    for (const oldest of this.#failing.keys()) {
      if (this.#failing.size <= mostFailing) break;
      this.#failing.delete(oldest);
    }
  }
}

/** The last so many of what was added. */
class Ring<T> {
  readonly #size: number;
  readonly #items: T[] = [];
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#size;
  }

  clear(): void {
    this.#items.length = 0;
    this.#next = 0;
  }

  /** From the first on that is new. */
  since(isNew: (item: T) => boolean): readonly T[] {
    const inOrder = [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
    const first = inOrder.findIndex(isNew);
    return first < 0 ? [] : inOrder.slice(first);
  }
}

function reconcileRow({ id, told }: Ended): ReconcileRow {
  const { at, watcher, causes, durationMs, attempt, result, error } = told;
  return {
    id,
    at,
    attempt,
    result,
    watcher: keyOf(watcher),
    causes: causes.map(causeRow),
    ...(durationMs !== undefined && { durationMs }),
    ...(error && { error }),
  };
}

function planRow({ id, told }: Planned): PlanRow {
  const { at, watched, change, reason, demanded, size } = told;
  return {
    id,
    at,
    watched: keyOf(watched),
    change,
    // A watcher of another version may have others.
    reason: planReasons[reason] ?? reason,
    demanded,
    ...(size !== undefined && { size }),
  };
}

import type { ObjectIdentifier, ReconcileContext, ReconcileItem, Result } from '@depwatch/core';
import type { Subscriber } from 'rxjs';

/** The right to say what becomes of an item, and the duty: the reconcile waits for every claim on it. */
export type Claim = Pick<ReconcileItem, 'done' | 'fail'>;

/** By the `done` of their items, so that an operator may replace an item by another one with its functions. */
const deliveries = new WeakMap<ReconcileItem['done'], Delivery>();

/** Claims an item; one of another adapter, which knows no claims, is its own. */
export function claim(item: ReconcileItem): Claim {
  return deliveries.get(item.done)?.claim() ?? item;
}

/** One reconcile on its way through the subscribers. */
export class Delivery {
  /** What the reconcile comes to. */
  readonly settled: Promise<Result | void>;
  readonly #item: ReconcileItem;
  #claims = 0;
  #result: Result | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(watcher: ObjectIdentifier, { causes, signal, attempt }: ReconcileContext) {
    const { promise, resolve, reject } = Promise.withResolvers<Result | void>();
    this.settled = promise;
    this.#item = {
      watcher,
      causes,
      signal,
      attempt,
      done: (result) => resolve(result),
      fail: reject,
    };
    deliveries.set(this.#item.done, this);
  }

  /** Emits the item; then, if `acknowledge` is set and nobody has claimed it, it is done. */
  emit(subscribers: readonly Subscriber<ReconcileItem>[], acknowledge: boolean): void {
    // A claim of its own: what happens while some have not seen the item yet does not end it.
    this.#claims += 1;
    for (const subscriber of subscribers) subscriber.next(this.#item);
    this.#claims -= 1;
    if (acknowledge) this.#conclude();
  }

  claim(): Claim {
    this.#claims += 1;
    let open = true;
    const release = (note: () => void): void => {
      if (!open) return;
      open = false;
      note();
      this.#claims -= 1;
      this.#conclude();
    };
    return {
      done: (result) => release(() => (this.#result = earlier(this.#result, result))),
      fail: (error) => release(() => (this.#failure ??= { error })),
    };
  }

  /** Fails the item unless somebody has claimed it, who then answers for it. */
  abandon(error: unknown): void {
    if (this.#claims === 0) this.#item.fail(error);
  }

  /** Only with the last claim: a retry must not meet work that is still under way. */
  #conclude(): void {
    if (this.#claims > 0) return;
    if (this.#failure) this.#item.fail(this.#failure.error);
    else this.#item.done(this.#result);
  }
}

/** Of two results the one that asks to come again first. */
function earlier(a: Result | undefined, b: Result | undefined): Result | undefined {
  return (b?.requeueAfterMs ?? Infinity) < (a?.requeueAfterMs ?? Infinity) ? b : a;
}

import type { Result } from '@depwatch/core';

import type { ReconcileEvent, ReconcileEvents } from './reconcile-events.ts';

type Listener = ReconcileEvents[keyof ReconcileEvents];
type Wrapper = (this: unknown, event: ReconcileEvent) => unknown;

/**
 * What is registered with eventemitter3 in place of each listener. Its emit drops what listeners return and ends with the
 * first that throws, and its list of them tells neither `once` nor their `this`; so emit calls wrappers that take note.
 */
export class Listeners {
  readonly #wrappers = new WeakMap<Listener, Wrapper>();
  readonly #wrapped = new WeakMap<Wrapper, Listener>();
  /** What the listeners returned to whom an event is being emitted. */
  readonly #returned = new WeakMap<ReconcileEvent, Promise<Result | void>[]>();

  /** A listener's one wrapper, which calls it with the same `this`. */
  wrap(listener: Listener): Wrapper {
    // As eventemitter3 says it, which would find a function in the wrapper.
    if (typeof listener !== 'function') throw new TypeError('The listener must be a function');
    const known = this.#wrappers.get(listener);
    if (known) return known;
    const returned = this.#returned;
    const wrapper: Wrapper = function (event) {
      const results = returned.get(event);
      // Emitted by somebody else, or another event.
      if (!results) return listener.call(this, event);
      // What is thrown in here rejects.
      return results.push(new Promise((resolve) => resolve(listener.call(this, event))));
    };
    this.#wrappers.set(listener, wrapper);
    this.#wrapped.set(wrapper, listener);
    return wrapper;
  }

  /** What stands for a listener; itself if nothing does, as when eventemitter3 removes a wrapper that was for once. */
  wrapperOf(listener: Listener): Wrapper {
    return this.#wrappers.get(listener) ?? listener;
  }

  /** The listener that a wrapper stands for. */
  wrapped(wrapper: Wrapper): Listener {
    return this.#wrapped.get(wrapper)!;
  }

  /** What all listeners return to whom `emit` emits the event. */
  collect(event: ReconcileEvent, emit: () => void): readonly Promise<Result | void>[] {
    const returned: Promise<Result | void>[] = [];
    this.#returned.set(event, returned);
    emit();
    return returned;
  }
}

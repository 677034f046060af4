import {
  sameJson,
  type Cached,
  type KubernetesObject,
  type Logger,
  type ObjectChange,
} from '@depwatch/core';
import { projectionText, UncomparableError } from './projection.ts';

/** What of an object a watcher wants to be woken for. */
export type Select = (object: Cached<KubernetesObject>) => unknown;

/** Tells which changes a watcher is woken for that has said what of an object it depends on. */
export class Selections {
  readonly #logger: Logger;
  /** What each select has made of each object, as JSON: objects are frozen, and shared by all who watch them. */
  readonly #made = new WeakMap<Select, WeakMap<KubernetesObject, string>>();

  /** Those whose failure was logged. */
  readonly #failed = new WeakSet<Select>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The changes in which what is selected comes, goes or becomes another. */
  of(select: Select, changes: readonly ObjectChange[]): readonly ObjectChange[] {
    return changes.filter(({ before, after }) => {
      // An object that another one of its name has replaced has gone, and the other has come.
      if (!before || !after || before.metadata?.uid !== after.metadata?.uid) return true;
      const one = this.#project(select, before);
      const other = this.#project(select, after);
      if (one === undefined || other === undefined) return true;
      // Text that differs may differ in the order of its keys alone.
      return one !== other && !sameJson(JSON.parse(one), JSON.parse(other));
    });
  }

  /** @returns undefined where the select fails: then every change counts */
  #project(select: Select, object: KubernetesObject): string | undefined {
    let made = this.#made.get(select);
    if (!made) this.#made.set(select, (made = new WeakMap()));
    const known = made.get(object);
    if (known !== undefined) return known;
    try {
      const text = projectionText(select(object as Cached<KubernetesObject>));
      made.set(object, text);
      return text;
    } catch (error) {
      this.#log(select, error);
      return undefined;
    }
  }

  /** Once for each select, and nothing of the message but our own: it may quote the object, which may be a Secret. */
  #log(select: Select, error: unknown): void {
    if (this.#failed.has(select)) return;
    this.#failed.add(select);
    const failure = error instanceof UncomparableError ? error.message : nameOf(error);
    this.#logger.error(
      { select: select.name, failure },
      'a select failed; the watcher is woken by every change as if it had none',
    );
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

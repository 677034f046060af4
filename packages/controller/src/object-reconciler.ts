import {
  fencedClient,
  matchesLabelSelector,
  objectIdentifierKey,
  parseLabelSelector,
  type Cached,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
  type Ownership,
  type ReconcileContext,
  type Result,
} from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';
import { changeFinalizer, dueStep } from './finalizers.ts';
import type { HeldList, Reader } from './held-lists.ts';
import type { ControllerTask } from './options.ts';
import { controllerContext, readContext, type ContextParts } from './reconcile-context.ts';
import { Turn } from './turn.ts';
import type { Writes } from './writes.ts';

/** What {@link ObjectReconciler} works on. */
export interface ObjectReconcilerOptions<T extends KubernetesObject> extends ContextParts {
  readonly task: ControllerTask<T>;
  readonly watcher: DynamicWatcher;
  readonly writes: Writes;
  readonly client: ObjectClient;
  /** Of the controller's replica; undefined where there is but one. */
  readonly ownership: Ownership | undefined;
  /** The lists of the own kind. */
  readonly own: readonly HeldList[];
}

/** An object that was reconciled and isn't known to be gone. */
interface Seen {
  readonly id: ObjectIdentifier;
  readonly uid: string | undefined;
  /** What is done before it goes has been done. */
  isFinalized: boolean;
}

/** Does what is due for one object after another: the life of an object from its finalizer to its end. */
export class ObjectReconciler<T extends KubernetesObject> {
  readonly #options: ObjectReconcilerOptions<T>;
  readonly #seen = new Map<string, Seen>();
  /** Who may depend on what has a watch of its own, by key. */
  readonly #reading = new Set<string>();

  constructor(options: ObjectReconcilerOptions<T>) {
    this.#options = options;
  }

  /** The objects that were reconciled and aren't shown any more. */
  *missing(): Iterable<ObjectIdentifier> {
    for (const { id } of this.#seen.values()) if (!this.#listOf(id)?.shown?.get(id)) yield id;
  }

  /** There was such an object, which somebody may have reconciled. */
  known(id: ObjectIdentifier, object: Cached<KubernetesObject>): void {
    this.#see({ key: objectIdentifierKey(id), id }, object);
  }

  /** Others have the rest from now on. @param isOurs asked by key */
  retain(isOurs: (key: string) => boolean): void {
    for (const key of [...this.#seen.keys()]) if (!isOurs(key)) this.forget(key);
  }

  /** Another one has it, who reads for it. */
  forget(key: string): void {
    this.#seen.delete(key);
    this.#options.reads.retain(key, new Set());
  }

  /** There is no such object: nothing wakes it, and nothing is known of it. */
  remove(id: ObjectIdentifier): void {
    const key = objectIdentifierKey(id);
    this.forget(key);
    this.#reading.delete(key);
    this.#options.writes.forget(key);
    void this.#options.watcher.removeWatcher(id, { abortBatch: true });
  }

  /** Does what is due for the object of this name. */
  async reconcile(reader: Reader, context: ReconcileContext): Promise<Result | void> {
    const { task, writes } = this.#options;
    const { key, id } = reader;
    // Nothing is waited for that need not be: a start reconciles all there are.
    if (writes.has(key)) await writes.caughtUp(key, context.signal);
    const list = this.#listOf(id);
    const shown = list?.shown;
    // All come again when they can be seen.
    if (!shown) return undefined;
    let object = shown.get(id) as Cached<T> | undefined;
    const before = this.#seen.get(key);
    if (before && before.uid !== object?.metadata?.uid) {
      const left = await this.#left(reader, context, before);
      // It has its labels back: what the cache shows next is a change that it comes for.
      if (left && this.#isSelected(left)) return undefined;
      const notYet = await this.#leave(reader, context, before, left);
      if (notYet) return notYet;
      object = list.shown?.get(id) as Cached<T> | undefined;
    }
    // What comes from now on is a change that it comes for.
    if (!object) return this.remove(id);
    const seen = this.#see(reader, object as Cached<KubernetesObject>);
    // Ours again since, it may have made again what was done away with.
    if (!object.metadata?.deletionTimestamp) seen.isFinalized = false;
    const { finalizer } = task;
    if (!finalizer) {
      // What it owns goes with it; brought back, it would hold up a deletion in the foreground for ever.
      if (object.metadata?.deletionTimestamp) return this.#drop(reader);
      // Awaited, which costs less than to return a promise.
      return await this.#run(reader, context, object, task.reconcile);
    }
    switch (dueStep(object as Cached<KubernetesObject>, finalizer.name)) {
      case 'reconcile':
        return this.#run(reader, context, object, task.reconcile);
      case 'add': {
        const client = this.#client(reader, context);
        const added = await changeFinalizer(client, object, finalizer.name, 'add');
        // Its end is a change that it comes for.
        return added && this.#run(reader, context, added as Cached<T>, task.reconcile);
      }
      case 'finalize':
        return this.#finalize(reader, context, object, seen);
      case 'nothing':
        return this.#drop(reader);
    }
  }

  async #finalize(
    reader: Reader,
    context: ReconcileContext,
    object: Cached<T>,
    seen: Seen,
  ): Promise<Result | void> {
    const { name, run } = this.#options.task.finalizer!;
    // Done once, it isn't done again because the server could not be told of it.
    if (!seen.isFinalized) {
      const result = await this.#run(reader, context, object, run);
      if (result?.requeueAfterMs !== undefined) return result;
      seen.isFinalized = true;
    }
    await changeFinalizer(this.#client(reader, context), object, name, 'remove');
    return this.#drop(reader);
  }

  /** An object that is there, with our finalizer, though it isn't shown: one that has lost the labels that made it ours. */
  async #left(
    { id }: Reader,
    { signal }: ReconcileContext,
    { uid }: Seen,
  ): Promise<Cached<T> | undefined> {
    const { task, client } = this.#options;
    if (!task.finalizer || !task.selector) return undefined;
    const left = await client.get<T>(id, { signal });
    if (left?.metadata?.uid !== uid) return undefined;
    return left?.metadata?.finalizers?.includes(task.finalizer.name)
      ? (left as Cached<T>)
      : undefined;
  }

  #isSelected({ metadata }: Cached<T>): boolean {
    return matchesLabelSelector(parseLabelSelector(this.#options.task.selector!), metadata?.labels);
  }

  /**
   * An object is gone, or has lost the labels that made it ours.
   *
   * @param left what there is of it
   * @returns when to come again, where that isn't through
   */
  async #leave(
    reader: Reader,
    context: ReconcileContext,
    seen: Seen,
    left: Cached<T> | undefined,
  ): Promise<Result | void> {
    const { task } = this.#options;
    // It will not be ours any more when it is deleted.
    const notYet = left && (await this.#finalize(reader, context, left, seen));
    if (notYet) return notYet;
    if (task.removed) {
      await this.#batch(reader, context, (turn) =>
        task.removed!(reader.id, readContext(this.#options, turn)),
      );
    }
    this.#seen.delete(reader.key);
    return undefined;
  }

  #run(
    reader: Reader,
    context: ReconcileContext,
    object: Cached<T>,
    run: ControllerTask<T>['reconcile'],
  ): Promise<Result | void> {
    return this.#batch(reader, context, (turn) =>
      run(object, controllerContext(this.#options, turn, object)),
    );
  }

  /** Runs something whose reads are what wakes the object from then on; when it fails, what woke it before does, too. */
  async #batch<R>(
    reader: Reader,
    context: ReconcileContext,
    run: (turn: Turn) => Promise<R> | R,
  ): Promise<R> {
    const { watcher, reads } = this.#options;
    const turn = new Turn(watcher, reader, context, (over) => this.#client(reader, context, over));
    const { batch } = turn;
    let result: R;
    try {
      result = await run(turn);
    } finally {
      turn.end();
      if (batch.isUsed) this.#reading.add(reader.key);
    }
    if (batch.isUsed) await batch.end();
    else if (this.#reading.has(reader.key)) await this.#forgetReads(reader);
    reads.retain(reader.key, turn.asked);
    return result;
  }

  /** Nothing wakes it any more but its own changes. */
  async #drop(reader: Reader): Promise<void> {
    await this.#forgetReads(reader);
    this.#options.reads.retain(reader.key, new Set());
  }

  /** It depends on nothing any more that it has a watch of its own for. */
  async #forgetReads(reader: Reader): Promise<void> {
    if (!this.#reading.has(reader.key)) return;
    await (await this.#options.watcher.startQueryBatch(reader.id)).end();
    this.#reading.delete(reader.key);
  }

  #see(reader: Reader, { metadata }: Cached<KubernetesObject>): Seen {
    let seen = this.#seen.get(reader.key);
    if (!seen) {
      seen = { id: reader.id, uid: metadata?.uid, isFinalized: false };
      this.#seen.set(reader.key, seen);
    }
    return seen;
  }

  /** @param over ends its writes; what has been sent goes on until the reconcile's signal is aborted */
  #client({ key }: Reader, { signal }: ReconcileContext, over = signal): ObjectClient {
    const { writes, client, fieldManager, ownership = everything } = this.#options;
    const either = AbortSignal.any([signal, over]);
    const fenced = fencedClient(client, { ownership, signal: either });
    return writes.through(fenced, key, { fieldManager, signal });
  }

  #listOf({ namespace }: ObjectIdentifier): HeldList | undefined {
    return this.#options.own.find(
      // Each of them lists all of a kind that has no namespaces.
      ({ query }) => !query.namespace || !namespace || query.namespace === namespace,
    );
  }
}

/** The ownership of a controller that is alone. */
const everything = { owns: () => true };

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
import { Reading, Reconciling, type ContextParts } from './turn/reconcile-context.ts';
import type { Seen } from './seen.ts';
import { Turn } from './turn/turn.ts';
import type { Writes } from './writes.ts';

/** What {@link ObjectReconciler} works on. */
export interface ObjectReconcilerOptions<T extends KubernetesObject> extends ContextParts {
  readonly task: ControllerTask<T>;
  /** Told when a reconcile is over, whatever came of it. */
  readonly settled: (reader: Reader) => void;
  readonly watcher: DynamicWatcher;
  readonly writes: Writes;
  readonly client: ObjectClient;
  /** Of the controller's replica; undefined where there is but one. */
  readonly ownership: Ownership | undefined;
  /** The lists of the own kind. */
  readonly own: readonly HeldList[];
}

/** Does what is due for one object after another: the life of an object from its finalizer to its end. */
export class ObjectReconciler<T extends KubernetesObject> {
  readonly #options: ObjectReconcilerOptions<T>;
  readonly #seen = new Map<string, Seen>();
  /** Those of a name of which one has gone, by key, until `removed` has been told of it. */
  readonly #gone = new Map<string, ObjectIdentifier>();
  /** Who may depend on what has a watch of its own, by key. */
  readonly #reading = new Set<string>();

  constructor(options: ObjectReconcilerOptions<T>) {
    this.#options = options;
  }

  /** The objects that were reconciled and aren't shown any more. */
  *missing(): Iterable<ObjectIdentifier> {
    for (const { id } of this.#seen.values()) if (!this.#listOf(id)?.shown?.get(id)) yield id;
    yield* this.#gone.values();
  }

  /** There was such an object, which somebody may have reconciled. */
  known(id: ObjectIdentifier, object: Cached<KubernetesObject>): void {
    this.#see({ key: objectIdentifierKey(id), id }, object);
  }

  /** Others have the rest from now on. @param isOurs asked by key */
  retain(isOurs: (key: string) => boolean): void {
    for (const key of [...this.#seen.keys(), ...this.#gone.keys()])
      if (!isOurs(key)) this.forget(key);
  }

  /** Another one has it, who reads for it. */
  forget(key: string): void {
    this.#seen.delete(key);
    this.#gone.delete(key);
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
    const { writes, settled } = this.#options;
    const { key, id } = reader;
    try {
      // Nothing is waited for that need not be: a start reconciles all there are.
      if (writes.has(key)) await writes.caughtUp(key, context.signal);
      const shown = this.#listOf(id)?.shown;
      // All come again when they can be seen.
      if (!shown) return undefined;
      const object = shown.get(id) as Cached<T> | undefined;
      const before = this.#seen.get(key);
      const hasGone = before && before.uid !== object?.metadata?.uid;
      if (hasGone || this.#gone.has(key)) {
        return await this.#afterAnother(reader, context, hasGone ? before : undefined);
      }
      // What comes from now on is a change that it comes for.
      if (!object) return this.remove(id);
      return await this.#present(reader, context, object);
    } finally {
      settled(reader);
    }
  }

  /** An object is gone of which `removed` is to be told; another one may have its name by now, and isn't held up by that. */
  async #afterAnother(
    reader: Reader,
    context: ReconcileContext,
    before: Seen | undefined,
  ): Promise<Result | void> {
    const { key, id } = reader;
    if (before) {
      const left = await this.#left(reader, context, before);
      // It has its labels back: what the cache shows next is a change that it comes for.
      if (left && this.#isSelected(left)) return undefined;
      // It will not be ours any more when it is deleted.
      const notYet = left && (await this.#finalize(reader, context, left, before));
      if (notYet) return notYet;
      this.#seen.delete(key);
      if (this.#options.task.removed) this.#gone.set(key, id);
    }
    const failure = this.#gone.has(key) ? await this.#tellRemoved(reader, context) : undefined;
    const object = this.#listOf(id)?.shown?.get(id) as Cached<T> | undefined;
    const result = object && (await this.#present(reader, context, object));
    // It is told again, and what has its name comes after that.
    if (failure) throw failure.error;
    return object ? result : this.remove(id);
  }

  /** Does what is due for an object that is there. */
  #present(
    reader: Reader,
    context: ReconcileContext,
    object: Cached<T>,
  ): Promise<Result | void> | undefined {
    const { task } = this.#options;
    const seen = this.#see(reader, object as Cached<KubernetesObject>);
    // Ours again since, it may have made again what was done away with.
    if (!object.metadata?.deletionTimestamp) seen.isFinalized = false;
    const { finalizer } = task;
    if (!finalizer) {
      // What it owns goes with it; brought back, it would hold up a deletion in the foreground for ever.
      if (object.metadata?.deletionTimestamp) return this.#drop(reader);
      return this.#run(reader, context, object, task.reconcile);
    }
    switch (dueStep(object as Cached<KubernetesObject>, finalizer.name)) {
      case 'reconcile':
        return this.#run(reader, context, object, task.reconcile);
      case 'add':
        return this.#begin(reader, context, object, finalizer.name);
      case 'finalize':
        return this.#finalize(reader, context, object, seen);
      case 'nothing':
        return this.#drop(reader);
    }
  }

  /** Adds the finalizer first. */
  async #begin(
    reader: Reader,
    context: ReconcileContext,
    object: Cached<T>,
    finalizer: string,
  ): Promise<Result | void> {
    const client = this.#client(reader, context);
    const added = await changeFinalizer(client, object, finalizer, 'add');
    // Its end is a change that it comes for.
    if (!added) return undefined;
    return this.#run(reader, context, added as Cached<T>, this.#options.task.reconcile);
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

  /** @returns why it is to be told again, where that failed */
  async #tellRemoved(
    reader: Reader,
    context: ReconcileContext,
  ): Promise<{ readonly error: unknown } | undefined> {
    const turn = this.#turn(reader, context);
    try {
      await this.#batch(turn, () =>
        this.#options.task.removed!(reader.id, new Reading(this.#options, turn)),
      );
    } catch (error) {
      // What it has asked for is nobody's, and the object of that name opens a batch of its own.
      await turn.batch.abort();
      return { error };
    }
    this.#gone.delete(reader.key);
    return undefined;
  }

  #run(
    reader: Reader,
    context: ReconcileContext,
    object: Cached<T>,
    run: ControllerTask<T>['reconcile'],
  ): Promise<Result | void> {
    const turn = this.#turn(reader, context);
    return this.#batch(turn, () => run(object, new Reconciling(this.#options, turn, object)));
  }

  #turn(reader: Reader, context: ReconcileContext): Turn {
    const connect = (over: AbortSignal): ObjectClient => this.#client(reader, context, over);
    return new Turn(this.#options.watcher, reader, context, connect);
  }

  /** Runs something whose reads are what wakes the object from then on; when it fails, what woke it before does, too. */
  async #batch<R>(turn: Turn, run: () => Promise<R> | R): Promise<R> {
    const { reads } = this.#options;
    const { batch, reader } = turn;
    let result: R;
    try {
      result = await run();
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

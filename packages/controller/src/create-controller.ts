import {
  checkCallOptions,
  describeObjectIdentifier,
  guardLogger,
  objectIdentifierFrom,
  objectIdentifierKey,
  objectKey,
  silentLogger,
  type Cached,
  type GroupVersionKind,
  type KubernetesObject,
  type Logger,
  type ObjectIdentifier,
  type ReconcileContext,
  type Result,
} from '@depwatch/core';
import {
  createDynamicWatcher,
  systemClock,
  type DynamicWatcher,
  type MapChange,
  type MappedChange,
} from '@depwatch/dynamic-watcher';
import { checkControllerOptions } from './check-options.ts';
import { ClusterWatches, ownOptions } from './cluster-watches.ts';
import type { Controller } from './controller.ts';
import { EventRecorder } from './events/event-recorder.ts';
import { HeldList, HeldReads, type Reader } from './held-lists.ts';
import { ObjectReconciler } from './object-reconciler.ts';
import type { ControllerOptions, ControllerSettings, ControllerTask } from './options.ts';
import { checkOwnId } from './own-id.ts';
import { ownerOfKind } from './ownership.ts';
import { Readiness } from './readiness.ts';
import { ownedBeside } from './replica.ts';
import { untilReachable } from './until-reachable.ts';
import { wakesOn } from './wake-on.ts';
import { Writes } from './writes.ts';

/**
 * Makes a controller of the objects of one kind; it does nothing until it is started.
 *
 * @typeParam T the objects: a class of client-node, an interface of kubernetes-models, or your own
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function createController<T extends KubernetesObject = KubernetesObject>(
  options: ControllerOptions<T>,
): Controller {
  checkControllerOptions(options as ControllerOptions);
  return new KindController(options);
}

/** Holds the lists, and has each object that they wake reconciled. */
export class KindController<T extends KubernetesObject> implements Controller {
  readonly watcher: DynamicWatcher;
  /** What it watches; until it starts it may be given that of another one. */
  cluster: ClusterWatches;
  readonly #task: ControllerTask<T>;
  readonly #settings: ControllerSettings;
  readonly #own: readonly HeldList[];
  /** The lists of what is owned, by their keys. */
  readonly #owned: Map<string, HeldList>;
  /** Under what the lists stand in the graph. */
  readonly #self: Reader;
  readonly #readiness = new Readiness();
  readonly #end = new AbortController();
  #hasStarted = false;
  #forgetOwnership: (() => void) | undefined;
  #objects: ObjectReconciler<T> | undefined;

  constructor(options: ControllerOptions<T>) {
    const { kind, namespaces, selector, owns, ownership } = options;
    this.#task = options;
    this.#settings = options;
    this.cluster = new ClusterWatches(options);
    const id = { group: 'depwatch.dev', version: 'v1', kind: 'Controller', name: this.#name };
    this.#self = { key: objectIdentifierKey(id), id };
    this.watcher = createDynamicWatcher({
      unavailable: 'wait',
      ...ownOptions(options),
      ...(ownership && { ownership: ownedBeside(this.#self.key, ownership) }),
      name: options.name ?? kind.kind.toLowerCase(),
      sharedWatches: () => this.cluster.shared,
      reconciler: {
        reconcile: (id, context) => this.#reconcile(id, context),
        stopped: () => this.#ended(),
      },
    });
    void this.watcher.stopped.then(() => this.#ended());
    const inEach = (query: ObjectIdentifier): readonly HeldList[] =>
      (namespaces ?? [undefined]).map(
        (namespace) => new HeldList({ ...query, ...(namespace && { namespace }) }, this.watcher),
      );
    this.#own = inEach({ ...kind, ...(selector && { selector }) });
    this.#owned = new Map(
      (owns ?? []).flatMap((one) => inEach({ ...one })).map((list) => [list.key, list]),
    );
    // Where the own kind owns its own, it is one list.
    for (const list of this.#own) if (this.#owned.has(list.key)) this.#owned.set(list.key, list);
  }

  get ready(): Promise<void> {
    return this.#readiness.ready;
  }

  get stopped(): Promise<void> {
    return this.watcher.stopped;
  }

  /** Of the objects that it reconciles. */
  get kind(): GroupVersionKind {
    return this.#task.kind;
  }

  /** Whether it was told to start. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  async start(options: { signal?: AbortSignal } = {}): Promise<void> {
    checkCallOptions(options);
    this.#hasStarted = true;
    await this.watcher.start(options);
    this.#objects = this.#createObjects();
    this.#forgetOwnership = this.#settings.ownership?.onChange(() => this.#ownedChanged());
    try {
      // First, so that what is owned by objects that aren't known yet wakes none of them once more.
      await Promise.all(this.#others().map((list) => this.#hold(list, this.#ownersOf(list))));
      await Promise.all(this.#own.map((list) => this.#hold(list, this.#itself(list))));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#checkListed();
  }

  async stop(): Promise<void> {
    this.#ended();
    await this.watcher.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.stopped;
  }

  enqueue(id: ObjectIdentifier): void {
    checkOwnId(id, this.#task.kind);
    const shown = this.#shown(id);
    // A namespace means nothing where the kind has none.
    this.watcher.enqueue(shown ? objectIdentifierFrom(shown) : id);
  }

  get #name(): string {
    const { kind, fieldManager } = this.#task;
    // No longer than events can have it.
    return fieldManager ?? `${kind.kind.toLowerCase().slice(0, 52)}-controller`;
  }

  get #logger(): Logger {
    return guardLogger(this.#settings.logger ?? silentLogger);
  }

  #createObjects(): ObjectReconciler<T> {
    const { clock = systemClock } = this.#settings;
    const logger = this.#logger;
    const { client } = this.cluster;
    const { signal } = this.#end;
    return new ObjectReconciler({
      task: this.#task,
      settled: (reader) => this.#settled(reader),
      watcher: this.watcher,
      client,
      fieldManager: this.#name,
      ownership: this.#settings.ownership,
      own: this.#own,
      lists: [...this.#own, ...this.#others()],
      reads: new HeldReads(),
      writes: new Writes(this.watcher, clock),
      recorder: new EventRecorder({ client, clock, logger, controller: this.#name, signal }),
    });
  }

  /** Watches a list, as soon as the API server can be reached. */
  #hold(list: HeldList, map: MapChange): Promise<void> {
    const { clock = systemClock } = this.#settings;
    const logger = this.#logger;
    const watched = describeObjectIdentifier(list.query);
    const { signal } = this.#end;
    const hold = (): Promise<void> => this.watcher.addMapping(this.#self.id, list.query, map);
    return untilReachable(hold, { clock, logger, watched, signal });
  }

  /** The lists of what is owned that are not lists of the own kind, too. */
  #others(): readonly HeldList[] {
    return [...this.#owned.values()].filter((list) => !this.#own.includes(list));
  }

  #itself(list: HeldList): MapChange {
    const { wakeOn = 'generation', finalizer } = this.#task;
    const wakes = wakesOn(wakeOn, finalizer?.name);
    const others = this.#ownersOf(list);
    return (change) => {
      const id = objectIdentifierFrom((change.after ?? change.before)!);
      return [...(this.#concerns(id, change) && wakes(change) ? [id] : []), ...others(change)];
    };
  }

  /**
   * Whether a change of an own object may be for this replica. Of what goes, its owner at that moment is told, whether it has
   * reconciled it or another one had; the others forget it.
   */
  #concerns(id: ObjectIdentifier, { before, after }: MappedChange): boolean {
    if (!this.#settings.ownership || !before) return true;
    if (before.metadata?.uid === after?.metadata?.uid) return true;
    if (this.#isOurs(objectIdentifierKey(id))) {
      this.#objects!.known(id, before);
      return true;
    }
    if (!after) this.#objects!.remove(id);
    return after !== undefined;
  }

  #isOurs(key: string): boolean {
    return this.#settings.ownership?.owns(key) ?? true;
  }

  #ownedChanged(): void {
    this.#objects?.retain((key) => this.#isOurs(key));
    this.#checkListed();
  }

  /** Whom a change wakes but the object itself: who has read it, and who controls it, or did. */
  #ownersOf(list: HeldList): MapChange {
    const isOwned = this.#owned.has(list.key);
    return (change) => {
      const readers = list.readersOf(change);
      if (!isOwned) return readers;
      const states = [change.before, change.after].filter((object) => object !== undefined);
      return [...states.flatMap((object) => this.#ownerOf(object)), ...readers];
    };
  }

  /** The object of ours that controls another, if it is one. */
  #ownerOf(object: Cached<KubernetesObject>): readonly ObjectIdentifier[] {
    const owner = ownerOfKind(object, this.#task.kind);
    if (!owner) return [];
    const shown = this.#shown(owner.id);
    return shown?.metadata?.uid === owner.uid ? [objectIdentifierFrom(shown!)] : [];
  }

  #reconcile(id: ObjectIdentifier, context: ReconcileContext): Promise<Result | void> | undefined {
    const key = objectIdentifierKey(id);
    if (key !== this.#self.key) return this.#objects!.reconcile({ key, id }, context);
    this.#listsChanged(context);
    return undefined;
  }

  /** An object's reconcile is over, whatever came of it. */
  #settled({ key, id }: Reader): void {
    this.#readiness.reconciled(objectKey({ metadata: id }));
    if (!this.#isOurs(key)) this.#objects!.forget(key);
  }

  /** Lists can be seen from now on, or no longer. What they show wakes itself; what has gone meanwhile does not. */
  #listsChanged({ causes }: ReconcileContext): void {
    if (causes.every(({ type }) => type !== 'available' && type !== 'unavailable')) return;
    for (const id of this.#objects!.missing()) this.watcher.enqueue(id);
    if (this.#owned.size > 0) {
      for (const object of this.#all()) this.watcher.enqueue(objectIdentifierFrom(object));
    }
    this.#checkListed();
  }

  #checkListed(): void {
    if (!this.#readiness.isWaiting || !this.#own.every((list) => list.shown)) return;
    const { ownership } = this.#settings;
    const all = this.#all();
    const ours = ownership
      ? all.filter((object) => this.#isOurs(objectIdentifierKey(objectIdentifierFrom(object))))
      : all;
    this.#readiness.listed(ours.map((object) => objectKey(object as KubernetesObject)));
  }

  #shown(id: ObjectIdentifier): Cached<KubernetesObject> | undefined {
    return this.#own.map(({ shown }) => shown?.get(id)).find((object) => object !== undefined);
  }

  #all(): readonly Cached<KubernetesObject>[] {
    return this.#own.flatMap(({ shown }) => shown?.all() ?? []);
  }

  #ended(): void {
    this.#end.abort();
    this.#forgetOwnership?.();
    this.#readiness.stopped();
  }
}

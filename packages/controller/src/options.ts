import type {
  Cached,
  GroupVersionKind,
  KubernetesObject,
  ObjectClient,
  ObjectIdentifier,
  Result,
  Transport,
} from '@depwatch/core';
import type { DynamicWatcherSettings, KubeConfigLike } from '@depwatch/dynamic-watcher';

import type { ControllerContext, ReadContext } from './context.ts';

/** What is done for objects that need something done before they go. */
export interface Finalizer<T extends KubernetesObject = KubernetesObject> {
  /** Its name in `metadata.finalizers`: `example.com/widgets`, qualified as Kubernetes asks. */
  name: string;
  /**
   * Called in place of `reconcile` for an object that is being deleted. When it has resolved, the finalizer is taken away and
   * the object may go; with a `requeueAfterMs` it isn't through yet, and is called again. It may be called again after a
   * crash, so it has to bear what it has done already.
   */
  run(object: Cached<T>, context: ControllerContext<T>): Promise<Result | void> | Result | void;
}

/**
 * Which changes of an own object reconcile it. `generation`: those of its spec (of anything but metadata and status, and of
 * what else the server counts), its deletion, finalizers, labels, annotations and owners; objects of kinds without a generation,
 * such as ConfigMap, count every change. `any`: every change. A function: those of what it returns, compared as JSON.
 */
export type WakeOn<T extends KubernetesObject = KubernetesObject> =
  | 'generation'
  | 'any'
  | ((object: Cached<T>) => unknown);

/** Settings of the dynamic watcher underneath, which mean the same here. */
export type ControllerSettings = Omit<
  DynamicWatcherSettings,
  'reconciler' | 'reconcileGroup' | 'enableCache' | 'disableInitialReconcile' | 'cluster'
>;

/** What a controller is to do. */
export interface ControllerTask<T extends KubernetesObject = KubernetesObject> {
  /** The kind of objects that it reconciles, its own kind: one list watch, or one a namespace. */
  kind: GroupVersionKind;
  /** Only objects in these namespaces; of a kind that has none, all. @default all */
  namespaces?: readonly string[];
  /** Only objects with such labels; one that loses them is gone, as far as this controller is concerned. @default all */
  selector?: string;
  /**
   * Brings the world to what an object says. Called for each object at the start, and whenever it, or something that it read
   * in its last reconcile, has changed. One object never runs twice at once. When it throws, it is tried again after a
   * delay that the rate limiter chooses. An object that is being deleted is not reconciled: what it owns would come
   * back as fast as it is collected.
   */
  reconcile(
    object: Cached<T>,
    context: ControllerContext<T>,
  ): Promise<Result | void> | Result | void;
  /**
   * Called when an object that was reconciled is gone; what it reads wakes nobody. Not called for what goes meanwhile no
   * controller runs. With an `ownership`, called by whom it belongs to at that moment, whoever had reconciled it, and by
   * nobody while it changes hands. When it throws, it is called again later; an object that has come by that name meanwhile is
   * reconciled after each call, so that it isn't held up.
   */
  removed?(id: ObjectIdentifier, context: ReadContext): Promise<void> | void;
  /** Added before an object's first reconcile, taken away when its `run` is through. */
  finalizer?: Finalizer<T>;
  /** Kinds of objects whose changes wake the object of the own kind that is their controller: one list watch each. @default none */
  owns?: readonly GroupVersionKind[];
  /** @default 'generation' */
  wakeOn?: WakeOn<T>;
  /** As whom it writes, for managedFields and events. @default the kind in lower case and `-controller` */
  fieldManager?: string;
}

/**
 * A way to the API server: what `loadKubeConfig` of k8s-transport gives, or a KubeConfig of client-node; or a transport that
 * writes, too, which stays yours to close. With neither it is what `loadKubeConfig()` finds at the start.
 */
export type ClusterOptions =
  | { kubeConfig?: KubeConfigLike; transport?: never }
  | { transport: Transport & ObjectClient; kubeConfig?: never };

/**
 * Options of `createController`: a task, a way to the API server, and settings of the dynamic watcher, where `unavailable` is
 * `wait` by default.
 */
export type ControllerOptions<T extends KubernetesObject = KubernetesObject> = ControllerTask<T> &
  ControllerSettings &
  ClusterOptions;

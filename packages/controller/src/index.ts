/**
 * Controllers of Kubernetes objects. A controller watches the objects of one kind by one list, and reconciles each at the
 * start, when it changes, and when something changes that its last reconcile has read: level-triggered and at least once,
 * one run an object at a time, after the cache shows what the run before has written.
 */
export { createController } from './create-controller.ts';
export type { Controller } from './controller.ts';
export type {
  ControllerApplyOptions,
  ControllerContext,
  EventOptions,
  ReadContext,
  StatusPatch,
} from './context.ts';
export type {
  ClusterOptions,
  ControllerOptions,
  ControllerSettings,
  ControllerTask,
  Finalizer,
  WakeOn,
} from './options.ts';
export { run } from './run.ts';
export type { ControllerHealth, Health, Run, RunOptions } from './run.ts';
export { setCondition } from './helpers/conditions.ts';
export type { Condition } from './helpers/conditions.ts';
export { gvkOf, parseApiVersion } from './helpers/kinds.ts';
export { formatLabelSelector } from './helpers/label-selector.ts';
export type { LabelSelectorObject } from './helpers/label-selector.ts';
export { ownerReferenceTo } from './helpers/owner-reference.ts';

// What users of this package name in their own code, so that they need not install others beside it.
export { systemClock } from '@depwatch/dynamic-watcher';
export {
  DepwatchError,
  formatObjectIdentifier,
  isDepwatchError,
  objectIdentifierFrom,
} from '@depwatch/core';
export type {
  Cached,
  Clock,
  GroupVersionKind,
  KubernetesObject,
  Logger,
  Metrics,
  ObjectClient,
  ObjectIdentifier,
  ReconcileContext,
  Result,
  Transport,
} from '@depwatch/core';

/**
 * What depwatch is made of, without a client: identifiers, label selectors, errors, the dependency graph, query
 * batches, the reflector and the membership of replicas as pure state machines, and the ports (Transport, Reconciler, Clock…) that the other
 * packages plug into. It has no dependency, starts no timer and imports no node: module.
 */
export { backOffMs } from './back-off.ts';
export type { BackOff } from './back-off.ts';
export {
  checkBoolean,
  checkCallOptions,
  checkMethods,
  checkRecord,
  checkSignal,
  checkText,
  encodeJson,
  endingWith,
  isRecord,
} from './check-input.ts';
export { createDependencyGraph } from './dependency-graph.ts';
export type { DependencyGraph, DependencyGraphSnapshot, GraphChange } from './dependency-graph.ts';
export {
  DepwatchError,
  abortedError,
  errorFromStatus,
  expiredError,
  invalidInput,
  isDepwatchError,
  isRefusal,
  typeName,
  wrongType,
} from './errors.ts';
export type { DepwatchErrorOptions, ErrorCode, TransportFailure } from './errors.ts';
export { fencedClient } from './fenced-client.ts';
export type { Fence } from './fenced-client.ts';
export { dependencyGraphToDot, dependencyGraphToMermaid } from './graph-export.ts';
export type {
  Cached,
  KubernetesObject,
  KubernetesStatus,
  ObjectMeta,
  OwnerReference,
} from './kubernetes-object.ts';
export { matchesLabelSelector, parseLabelSelector } from './label-selector.ts';
export type { LabelOperator, LabelRequirement, LabelSelector } from './label-selector.ts';
export type { ObjectCall } from './object-call.ts';
export { objectClientOver } from './object-client-over.ts';
export { errorFromObjectStatus, isConfidential } from './object-error.ts';
export type { ObjectRequest } from './object-error.ts';
export {
  copyObjectIdentifier,
  describeObjectIdentifier,
  formatGroupVersion,
  formatObjectIdentifier,
  groupVersionKindFrom,
  groupVersionKindKey,
  objectIdentifierFrom,
  objectIdentifierKey,
  validateObjectIdentifier,
  validateQuery,
} from './object-identifier.ts';
export type { GroupVersionKind, ObjectIdentifier } from './object-identifier.ts';
export { hasEnded, holdingOf, membersOf, ownershipTest } from './membership/holding.ts';
export type { Holding } from './membership/holding.ts';
export { otherOwners } from './membership/owners.ts';
export { overdueAt } from './membership/phases.ts';
export { createRendezvous } from './membership/rendezvous.ts';
export type { Rendezvous } from './membership/rendezvous.ts';
export { initialMembershipState, membershipStep } from './membership/step.ts';
export type {
  Drain,
  LeaseVersion,
  MembershipContext,
  MembershipEffect,
  MembershipInput,
  MembershipPhase,
  MembershipState,
  ReplicaLease,
  ReplicaRecord,
  SeenLease,
  SentRecord,
} from './membership/types.ts';
export { ObjectStore, keepVersion, objectKey } from './object-store.ts';
export type { ChangeType, ObjectChange } from './object-store.ts';
export { placeOf } from './planner/place.ts';
export type { Place } from './planner/place.ts';
export { initialPlanState, plan } from './planner/plan.ts';
export { wholeKind } from './planner/types.ts';
export type {
  Avoided,
  AvoidReason,
  BranchObserved,
  BranchState,
  PlanBranch,
  PlanEffect,
  PlanFacts,
  PlanInput,
  PlanReason,
  PlanState,
  WatchPlan,
  WatchPlanBounds,
} from './planner/types.ts';
export type { Clock } from './ports/clock.ts';
export { guardLogger, guardMetrics, onRejected } from './ports/guard.ts';
export { silentLogger } from './ports/logger.ts';
export type { Logger } from './ports/logger.ts';
export { GaugeLevels } from './ports/gauge-levels.ts';
export { defaultBuckets, knownMetrics } from './ports/known-metrics.ts';
export type { MetricDefinition } from './ports/known-metrics.ts';
export { noMetrics } from './ports/metrics.ts';
export type { MetricLabels, Metrics } from './ports/metrics.ts';
export type {
  ApplyOptions,
  DeleteOptions,
  JsonPatchOperation,
  ObjectClient,
  ObjectWriteOptions,
  SubresourceOptions,
  WriteOptions,
} from './ports/object-client.ts';
export { outcomeOf, succeeded } from './reconcile-outcome.ts';
export type { Outcome } from './reconcile-outcome.ts';
export { SeriesByLabels } from './ports/series.ts';
export type { Ownership } from './ports/ownership.ts';
export type { RateLimiter } from './ports/rate-limiter.ts';
export type {
  Cause,
  ReconcileContext,
  Reconciler,
  ReconcileItem,
  Result,
} from './ports/reconciler.ts';
export type {
  ApiResource,
  ListPage,
  ResourceQuery,
  ScopedGVR,
  ServedKinds,
  Transport,
  WatchEvent,
} from './ports/transport.ts';
export { createQueryBatchRecord } from './query-batch.ts';
export type { QueryBatchRecord } from './query-batch.ts';
export { compareResourceVersions } from './resource-version.ts';
export { initialReflectorState, step } from './reflector/step.ts';
export type {
  ReflectorContext,
  ReflectorEffect,
  ReflectorInput,
  ReflectorMemory,
  ReflectorOrigin,
  ReflectorState,
} from './reflector/types.ts';
export { describeObjectRequest, describeRequest } from './resource-query.ts';
export type { ObjectVerb } from './resource-query.ts';
export { sameJson } from './same-json.ts';
export { SmallMap } from './small-map.ts';

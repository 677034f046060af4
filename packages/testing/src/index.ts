/**
 * What tests of Kubernetes controllers need: a Transport in memory and in virtual time, an API server within the
 * process, and the conformance cases that say what any Transport must do. Nothing here belongs in production.
 */
export type { Faults, FaultyAnswer, Undo } from './api-server/faults/faults.ts';
export type { ObjectAccess, ObjectReference } from './api-server/store/object-access.ts';
export type { ApiServerOptions } from './api-server/options.ts';
export type {
  RequestFilter as ApiRequestFilter,
  RequestLog,
} from './api-server/http/request-log.ts';
export { startApiServer } from './api-server/start-api-server.ts';
export type { ApiServer } from './api-server/start-api-server.ts';
export type {
  ConformanceCapability,
  ConformanceCase,
  ConformanceHarness,
  CustomKind,
} from './conformance/harness.ts';
export { transportConformance } from './conformance/transport-conformance.ts';
export { createFakeTransport } from './fake-transport/create-fake-transport.ts';
export type {
  FakeRequestCounts,
  FakeTransport,
  FakeTransportOptions,
  StoredObject,
} from './fake-transport/fake-transport.ts';
export type { KindDefinition } from './fake-transport/kinds/kinds.ts';
export type {
  DenyRule,
  DenyVerb,
  FailureRule,
  FakeOperation,
  FakeRequest,
  FakeRequestFilter,
  FakeRequestMatch,
  HoldRule,
  ObjectOperation,
  SpoilRule,
} from './fake-transport/faults/rules.ts';
export { createVirtualClock } from './virtual-clock.ts';
export type { VirtualClock, VirtualClockOptions } from './virtual-clock.ts';

// What users of this package name in their own tests, so that they need not install core beside it.
export { DepwatchError, isDepwatchError } from '@depwatch/core';
export type {
  ApiResource,
  ApplyOptions,
  Clock,
  DeleteOptions,
  DepwatchErrorOptions,
  ErrorCode,
  GroupVersionKind,
  JsonPatchOperation,
  KubernetesObject,
  KubernetesStatus,
  ListPage,
  ObjectClient,
  ObjectIdentifier,
  ObjectMeta,
  ObjectWriteOptions,
  ResourceQuery,
  ScopedGVR,
  SubresourceOptions,
  Transport,
  WatchEvent,
  WriteOptions,
} from '@depwatch/core';

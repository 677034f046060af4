/**
 * A controller that rolls Deployments, StatefulSets and DaemonSets when the data of a ConfigMap or Secret that their
 * pod template names changes. The data decides, not the event: it is hashed and compared with a record that each
 * workload carries; nothing else is kept, and no data of an object is ever cached, logged or part of an error.
 * `createReloader` runs it; the rest are the pure functions that it decides with. The program is `depwatch-reloader`.
 */
export { hashReference } from './content-hash.ts';
export type { Content, Finding } from './content-hash.ts';
export type {
  Change,
  DecisionEvent,
  FailedEvent,
  Level,
  NoticeEvent,
  Outcome,
  ProblemEvent,
  ReloaderEvent,
  SyncedEvent,
} from './events.ts';
export { levelOf } from './events.ts';
export { readOptIn, reloadAnnotation } from './opt-in.ts';
export type { OptIn } from './opt-in.ts';
export { decide, formatRecord, parseRecord, recordAnnotation } from './record.ts';
export type { ContentRecord, Decision, Evidence, Known, TemplateState } from './record.ts';
export { formatReference, referencesOf } from './references.ts';
export type { KeyUse, PodSpecLike, Reference, ReferenceKind } from './references.ts';
export { createReloader } from './reloader.ts';
export type { Reloader, ReloaderOptions, ReloaderSettings } from './reloader.ts';
export { createTextReport, jsonReport } from './report.ts';
export type { Paint, Report, Tone } from './report.ts';
export { interestOf, rolledAnnotation, workloadKinds } from './workload.ts';
export type { Interest, WorkloadKind, WorkloadLike, WorkloadName } from './workload.ts';

/**
 * Rolls Deployments, StatefulSets and DaemonSets when the data of a ConfigMap or Secret changes that their pod template names. The
 * data decides, not the event: it is hashed and compared with a record that each workload carries; nothing else is kept, and
 * no data of an object is ever cached, logged or part of an error. `createReloader` makes the controllers, which `run` of
 * `@depwatch/controller` runs; the rest are the pure functions that they decide with. The program is `depwatch-reloader`.
 */
export { hashReference } from './content-hash.ts';
export type { Content, Finding } from './content-hash.ts';
export { reloadAnnotation } from './opt-in.ts';
export { decide, formatRecord, recordAnnotation } from './record.ts';
export type { ContentRecord, Decision, Evidence, Known, TemplateState } from './record.ts';
export { referencesOf } from './references.ts';
export type { KeyUse, PodSpecLike, Reference, ReferenceKind } from './references.ts';
export { createReloader } from './reloader.ts';
export type { ReloaderOptions, ReloaderSettings } from './reloader.ts';

// So that who runs a reloader need not install the controllers beside it.
export { run } from '@depwatch/controller';
export type { Run, RunOptions } from '@depwatch/controller';
export { rolledAnnotation } from './workload.ts';
export type { DecisionFields, Outcome } from './workload-reconciler.ts';

/**
 * A live page of a dynamic watcher or a controller: what depends on what, what each watch is doing and why, which reconciles ran
 * and by what cause, and what waits. It shows names, states and versions, and never what is in an object; it is for reading
 * alone unless `actions` are wanted.
 */
export { createInspector } from './create-inspector.ts';
export type { Inspected, Inspector } from './create-inspector.ts';
export type { InspectedReplicas, InspectorOptions } from './options.ts';

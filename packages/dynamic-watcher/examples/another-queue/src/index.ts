/** A controller with an informer and a queue of its own, which a dynamic watcher feeds, too. */
export { handOver } from './hand-over.ts';
export { mirrorOf, startMirror } from './mirror.ts';
export type { MirrorOptions } from './mirror.ts';
export { work } from './work.ts';

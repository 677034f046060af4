/**
 * What watches have seen, by query, for synchronous reads: frozen, shared, in the order of the list, at one Map.set an
 * event. And which resource serves a kind, asked for once for all who want to know.
 */
export { createGvrCache } from './gvr-cache.ts';
export type { GvrCache } from './gvr-cache.ts';
export { createObjectCache } from './object-cache.ts';
export type { ObjectCache, ObjectCacheReader } from './object-cache.ts';
export type { GvrCacheOptions, ObjectCacheOptions } from './options.ts';

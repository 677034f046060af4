/** Injects the DynamicWatcher, which is an interface and so no token of its own. */
export const DYNAMIC_WATCHER = Symbol('DYNAMIC_WATCHER');

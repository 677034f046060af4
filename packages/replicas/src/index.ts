/**
 * Several processes share the watchers of a controller, each watcher one owner at a time, through Kubernetes Leases; or one
 * of them leads, by the protocol of client-go. Nobody's clock is compared with another's, and who can't renew owns nothing
 * before anybody else begins.
 */
export { createReplicas } from './create-replicas.ts';
export type { Replicas } from './create-replicas.ts';
export type { Member } from './mode.ts';
export type { ReplicasOptions, ReplicasSettings } from './options.ts';
export type { KubeConfigLike } from '@depwatch/k8s-transport';
// What its users need beside it.
export { fencedClient } from '@depwatch/core';
export type { Fence } from '@depwatch/core';

/**
 * A Transport and an ObjectClient over HTTP/2 for the API server of a kubeconfig: list, watch and discovery on as few
 * connections as the server allows, reads and writes of objects beside them, with credentials that are resolved once and
 * again when they change. It is the only package of depwatch with an HTTP client. It knows client-node's KubeConfig by its
 * methods alone, and loads that package only to read a kubeconfig file: a pod's own service account needs none.
 */
export { createK8sTransport } from './k8s-transport.ts';
export type { K8sTransport } from './k8s-transport.ts';
export type {
  KubeConfigCluster,
  KubeConfigLike,
  KubeConfigUser,
} from './credentials/kube-config.ts';
export { inClusterConfig, inClusterNamespace } from './credentials/in-cluster.ts';
export { loadKubeConfig } from './credentials/load-kube-config.ts';
export type { LoadKubeConfigOptions } from './credentials/load-kube-config.ts';
export type { K8sTransportOptions } from './options.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export { DepwatchError, isDepwatchError } from '@depwatch/core';
export type {
  ApplyOptions,
  DeleteOptions,
  ErrorCode,
  JsonPatchOperation,
  KubernetesObject,
  ObjectClient,
  ObjectIdentifier,
  ObjectWriteOptions,
  ServedKinds,
  Transport,
  WriteOptions,
} from '@depwatch/core';

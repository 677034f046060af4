import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';

import type { Lab } from '../lab/lab.ts';

/** A Deployment, as far as the cases look at it. */
export interface Deployment extends KubernetesObject {
  spec: { replicas?: number; selector: object; template: object };
  status?: { replicas?: number; readyReplicas?: number; observedGeneration?: number };
}

/** The Scale of a Deployment. */
export interface Scale extends KubernetesObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

export function deployment(lab: Lab, name: string, replicas: number): Deployment {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: lab.namespace },
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
}

export function deploymentId(lab: Lab, name: string): ObjectIdentifier {
  return { group: 'apps', version: 'v1', kind: 'Deployment', namespace: lab.namespace, name };
}

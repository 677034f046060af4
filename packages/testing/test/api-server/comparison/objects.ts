import type { StepOptions } from './script.ts';

export const merge: StepOptions = { type: 'application/merge-patch+json' };
export const json: StepOptions = { type: 'application/json-patch+json' };
export const strategic: StepOptions = { type: 'application/strategic-merge-patch+json' };
export const apply: StepOptions = { type: 'application/apply-patch+yaml' };
export const table: StepOptions = {
  accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
};
export const metadataOnly: StepOptions = {
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
};

const core = '/api/v1/namespaces/{ns}';
export const maps = `${core}/configmaps`;
export const secrets = `${core}/secrets`;
export const services = `${core}/services`;
export const pods = `${core}/pods`;
export const serviceAccounts = `${core}/serviceaccounts`;
export const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
export const replicaSets = '/apis/apps/v1/namespaces/{ns}/replicasets';
export const statefulSets = '/apis/apps/v1/namespaces/{ns}/statefulsets';
export const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases';
export const jobs = '/apis/batch/v1/namespaces/{ns}/jobs';
export const budgets = '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets';
export const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles';
export const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings';
export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export function configMap(name: string, metadata: object = {}, more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    data: { a: '1' },
    ...more,
  };
}

const podSpec = { containers: [{ name: 'c', image: 'registry.example/image:1.2' }] };

export function pod(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { ...podSpec, ...spec },
  };
}

/** A Deployment, or what else has a template of pods. */
export function workload(name: string, spec: object = {}, kind = 'Deployment'): object {
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec },
      ...spec,
    },
  };
}

/** A schema that takes anything. */
export const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A schema of an object. */
export const object = (properties: object, more: object = {}): object => ({
  type: 'object',
  properties,
  ...more,
});

/** A definition of the kind Widget in the group `{ns}.example.com`. */
export function definition(schema: object, version: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.{ns}.example.com' },
    spec: {
      group: '{ns}.example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } },
          ...version,
        },
      ],
      ...spec,
    },
  };
}

export const widgets = '/apis/{ns}.example.com/v1/namespaces/{ns}/widgets';

export function widget(name: string, spec: unknown, more: object = {}): object {
  return {
    apiVersion: '{ns}.example.com/v1',
    kind: 'Widget',
    metadata: { name },
    spec,
    ...more,
  };
}

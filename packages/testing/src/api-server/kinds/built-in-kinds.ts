import { asJsonObject, type ApiObject, asText } from '../http/api-object.ts';
import { eventFields, eventView } from './events.ts';
import type { ResourceType, Subresource } from './resource-type.ts';

/** What is particular about a built-in kind; whatever is left out is what most kinds have. */
export interface BuiltInKind extends Partial<
  Pick<
    ResourceType,
    | 'namespaced'
    | 'shortNames'
    | 'categories'
    | 'verbs'
    | 'nameRule'
    | 'generation'
    | 'fieldRefusal'
    | 'unconditionalUpdate'
    | 'createOnUpdate'
    | 'deleteReturnsObject'
    | 'deprecation'
    | 'view'
  >
> {
  readonly resource: string;
  readonly kind: string;
  /** Whether it has a status with a subresource of its own. */
  readonly status?: boolean;
  /** Whether it has the subresource scale. */
  readonly scale?: boolean;
  /** Subresources that something is posted to. */
  readonly actions?: readonly Omit<Subresource, 'verbs'>[];
  readonly fields?: Readonly<Record<string, (object: ApiObject) => string>>;
}

/** The built-in kinds of a group, in its one version. */
export interface BuiltInGroup {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly BuiltInKind[];
}

/** Reads a string below the object; absent is `""`, as a field selector sees it. */
function field(...path: readonly string[]): (object: ApiObject) => string {
  return (object) => {
    let value: unknown = object;
    for (const key of path) value = asJsonObject(value)[key];
    return asText(value);
  };
}

/** The same with what an absent one stands for. */
function fieldOr(fallback: string, ...path: readonly string[]): (object: ApiObject) => string {
  const read = field(...path);
  return (object) => read(object) || fallback;
}

const all = { categories: ['all'] };
const cluster = { namespaced: false };
const strict = { unconditionalUpdate: false };
const extension = { ...cluster, categories: ['api-extensions'] };

const core: readonly BuiltInKind[] = [
  { resource: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] },
  {
    resource: 'endpoints',
    kind: 'Endpoints',
    shortNames: ['ep'],
    createOnUpdate: true,
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  },
  {
    resource: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    createOnUpdate: true,
    fields: eventFields.core,
    fieldRefusal: 'notSupported',
  },
  { resource: 'limitranges', kind: 'LimitRange', shortNames: ['limits'], createOnUpdate: true },
  {
    resource: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    nameRule: 'dnsLabel',
    status: true,
    fields: { name: field('metadata', 'name'), 'status.phase': field('status', 'phase') },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'nodes',
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    status: true,
    fields: { 'spec.unschedulable': fieldOr('false', 'spec', 'unschedulable') },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    status: true,
    deleteReturnsObject: true,
  },
  {
    resource: 'persistentvolumes',
    kind: 'PersistentVolume',
    namespaced: false,
    shortNames: ['pv'],
    status: true,
    deleteReturnsObject: true,
  },
  {
    resource: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    ...all,
    status: true,
    generation: 'spec',
    deleteReturnsObject: true,
    actions: [
      { name: 'binding', kind: 'Binding' },
      { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction' },
    ],
    fields: {
      'spec.nodeName': field('spec', 'nodeName'),
      'spec.restartPolicy': field('spec', 'restartPolicy'),
      'spec.schedulerName': field('spec', 'schedulerName'),
      'spec.serviceAccountName': field('spec', 'serviceAccountName'),
      'spec.hostNetwork': fieldOr('false', 'spec', 'hostNetwork'),
      'status.phase': field('status', 'phase'),
      'status.podIP': field('status', 'podIP'),
      'status.podIPs': field('status', 'podIP'),
      'status.nominatedNodeName': field('status', 'nominatedNodeName'),
    },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'podtemplates',
    kind: 'PodTemplate',
    generation: 'allButMetadataAndStatus',
    deleteReturnsObject: true,
  },
  {
    resource: 'replicationcontrollers',
    kind: 'ReplicationController',
    shortNames: ['rc'],
    ...all,
    status: true,
    scale: true,
    generation: 'spec',
    fields: { 'status.replicas': fieldOr('0', 'status', 'replicas') },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'resourcequotas',
    kind: 'ResourceQuota',
    shortNames: ['quota'],
    status: true,
    deleteReturnsObject: true,
  },
  {
    resource: 'secrets',
    kind: 'Secret',
    fields: { type: field('type') },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'serviceaccounts',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    deleteReturnsObject: true,
    actions: [
      { name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
    ],
  },
  {
    resource: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    ...all,
    nameRule: 'dnsLabel',
    status: true,
    createOnUpdate: true,
    deleteReturnsObject: true,
    fields: { 'spec.clusterIP': field('spec', 'clusterIP'), 'spec.type': field('spec', 'type') },
    fieldRefusal: 'notSupported',
  },
];

const apps: readonly BuiltInKind[] = [
  { resource: 'controllerrevisions', kind: 'ControllerRevision' },
  {
    resource: 'daemonsets',
    kind: 'DaemonSet',
    shortNames: ['ds'],
    ...all,
    status: true,
    generation: 'spec',
  },
  {
    resource: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
    ...all,
    status: true,
    scale: true,
    generation: 'specAndAnnotations',
  },
  {
    resource: 'replicasets',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    ...all,
    status: true,
    scale: true,
    generation: 'spec',
    fields: { 'status.replicas': fieldOr('0', 'status', 'replicas') },
  },
  {
    resource: 'statefulsets',
    kind: 'StatefulSet',
    shortNames: ['sts'],
    ...all,
    status: true,
    scale: true,
    generation: 'spec',
  },
];

const rbac = [
  { resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', ...cluster },
  { resource: 'clusterroles', kind: 'ClusterRole', ...cluster },
  { resource: 'rolebindings', kind: 'RoleBinding' },
  { resource: 'roles', kind: 'Role' },
].map((kind): BuiltInKind => ({ ...kind, nameRule: 'pathSegment', createOnUpdate: true }));

const batch: readonly BuiltInKind[] = [
  {
    resource: 'cronjobs',
    kind: 'CronJob',
    shortNames: ['cj'],
    ...all,
    status: true,
    generation: 'spec',
  },
  {
    resource: 'jobs',
    kind: 'Job',
    ...all,
    status: true,
    generation: 'spec',
    fields: { 'status.successful': fieldOr('0', 'status', 'succeeded') },
    fieldRefusal: 'notSupported',
  },
];

const networking: readonly BuiltInKind[] = [
  { resource: 'ingressclasses', kind: 'IngressClass', ...cluster, generation: 'spec' },
  {
    resource: 'ingresses',
    kind: 'Ingress',
    shortNames: ['ing'],
    status: true,
    generation: 'spec',
  },
  {
    resource: 'networkpolicies',
    kind: 'NetworkPolicy',
    shortNames: ['netpol'],
    generation: 'spec',
  },
];

const storage: readonly BuiltInKind[] = [
  { resource: 'csidrivers', kind: 'CSIDriver', ...cluster, ...strict },
  { resource: 'csinodes', kind: 'CSINode', ...cluster, ...strict },
  { resource: 'storageclasses', kind: 'StorageClass', ...cluster, shortNames: ['sc'] },
  { resource: 'volumeattachments', kind: 'VolumeAttachment', ...cluster, ...strict, status: true },
].map((kind): BuiltInKind => ({ ...kind, deleteReturnsObject: true }));

const webhooks = [
  { resource: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration' },
  { resource: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration' },
].map((kind): BuiltInKind => ({
  ...kind,
  ...extension,
  ...strict,
  generation: 'allButMetadataAndStatus',
}));

// Questions, which are answered and not stored.
const question = { verbs: ['create'] };
const identityReviews = [
  { resource: 'selfsubjectreviews', kind: 'SelfSubjectReview', ...cluster, ...question },
  { resource: 'tokenreviews', kind: 'TokenReview', ...cluster, ...question },
];
const accessReviews = [
  { resource: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', ...question },
  {
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    ...cluster,
    ...question,
  },
  { resource: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', ...cluster, ...question },
  { resource: 'subjectaccessreviews', kind: 'SubjectAccessReview', ...cluster, ...question },
];

/** All built-in kinds, in the order of discovery. */
export const builtInGroups: readonly BuiltInGroup[] = [
  { group: '', version: 'v1', kinds: core },
  {
    group: 'apiregistration.k8s.io',
    version: 'v1',
    kinds: [
      {
        resource: 'apiservices',
        kind: 'APIService',
        ...extension,
        ...strict,
        nameRule: 'pathSegment',
        status: true,
      },
    ],
  },
  { group: 'apps', version: 'v1', kinds: apps },
  { group: 'authentication.k8s.io', version: 'v1', kinds: identityReviews },
  { group: 'authorization.k8s.io', version: 'v1', kinds: accessReviews },
  {
    group: 'events.k8s.io',
    version: 'v1',
    kinds: [
      {
        resource: 'events',
        kind: 'Event',
        shortNames: ['ev'],
        createOnUpdate: true,
        fields: eventFields.events,
        fieldRefusal: 'notSupported',
        view: eventView,
      },
    ],
  },
  {
    group: 'autoscaling',
    version: 'v2',
    kinds: [
      {
        resource: 'horizontalpodautoscalers',
        kind: 'HorizontalPodAutoscaler',
        shortNames: ['hpa'],
        ...all,
        status: true,
      },
    ],
  },
  { group: 'batch', version: 'v1', kinds: batch },
  { group: 'networking.k8s.io', version: 'v1', kinds: networking },
  {
    group: 'policy',
    version: 'v1',
    kinds: [
      {
        resource: 'poddisruptionbudgets',
        kind: 'PodDisruptionBudget',
        shortNames: ['pdb'],
        ...strict,
        status: true,
        generation: 'spec',
      },
    ],
  },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kinds: rbac },
  { group: 'storage.k8s.io', version: 'v1', kinds: storage },
  { group: 'admissionregistration.k8s.io', version: 'v1', kinds: webhooks },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kinds: [
      {
        resource: 'customresourcedefinitions',
        kind: 'CustomResourceDefinition',
        ...extension,
        ...strict,
        shortNames: ['crd', 'crds'],
        generation: 'spec',
        status: true,
      },
    ],
  },
  {
    group: 'scheduling.k8s.io',
    version: 'v1',
    kinds: [
      {
        resource: 'priorityclasses',
        kind: 'PriorityClass',
        ...cluster,
        shortNames: ['pc'],
        // It begins at 1, and stays there: nothing but its description may change.
        generation: 'spec',
      },
    ],
  },
  {
    group: 'coordination.k8s.io',
    version: 'v1',
    kinds: [{ resource: 'leases', kind: 'Lease', ...strict, createOnUpdate: true }],
  },
  {
    group: 'node.k8s.io',
    version: 'v1',
    kinds: [
      {
        resource: 'runtimeclasses',
        kind: 'RuntimeClass',
        ...cluster,
        ...strict,
        createOnUpdate: true,
      },
    ],
  },
  {
    group: 'discovery.k8s.io',
    version: 'v1',
    kinds: [
      {
        resource: 'endpointslices',
        kind: 'EndpointSlice',
        generation: 'allAndLabels',
      },
    ],
  },
];

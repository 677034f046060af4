import {
  all,
  cluster,
  extension,
  strict,
  type BuiltInGroup,
  type BuiltInKind,
} from './built-in-kind.ts';
import { core } from './core-kinds.ts';
import { eventFields, eventView } from './events.ts';
import { apps, batch } from './workload-kinds.ts';

const rbac = [
  { resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', ...cluster },
  { resource: 'clusterroles', kind: 'ClusterRole', ...cluster },
  { resource: 'rolebindings', kind: 'RoleBinding' },
  { resource: 'roles', kind: 'Role' },
].map((kind): BuiltInKind => ({ ...kind, nameRule: 'pathSegment', createOnUpdate: true }));

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

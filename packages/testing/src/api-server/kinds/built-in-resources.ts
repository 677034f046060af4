import { asJsonObject, type ApiObject, asText } from '../http/api-object.ts';
import type { ResourceType } from './resource-type.ts';

const allVerbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

interface BuiltIn {
  readonly resource: string;
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  readonly nameRule?: ResourceType['nameRule'];
  readonly generation?: ResourceType['generation'];
  readonly hasStatus?: boolean;
  readonly fields?: Readonly<Record<string, (object: ApiObject) => string>>;
  readonly fieldRefusal?: ResourceType['fieldRefusal'];
  readonly unconditionalUpdate?: boolean;
}

function define(group: string, version: string, builtIn: BuiltIn): ResourceType {
  const { resource, kind, hasStatus = false } = builtIn;
  return {
    group,
    resource,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: builtIn.namespaced ?? true,
    shortNames: builtIn.shortNames ?? [],
    categories: builtIn.categories ?? [],
    verbs: builtIn.verbs ?? allVerbs,
    versions: [{ name: version, hasStatus }],
    storageVersion: version,
    custom: false,
    nameRule: builtIn.nameRule ?? 'dnsSubdomain',
    generation: builtIn.generation ?? 'none',
    hasStatus,
    fields: new Map(Object.entries(builtIn.fields ?? {})),
    fieldRefusal: builtIn.fieldRefusal ?? 'notKnown',
    unconditionalUpdate: builtIn.unconditionalUpdate ?? true,
  };
}

/** Reads a string below the object; absent is `""`, as a field selector sees it. */
function field(...path: readonly string[]): (object: ApiObject) => string {
  return (object) => {
    let value: unknown = object;
    for (const key of path) value = asJsonObject(value)[key];
    return asText(value);
  };
}

const core: readonly BuiltIn[] = [
  { resource: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] },
  {
    resource: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    nameRule: 'dnsLabel',
    hasStatus: true,
    fields: { name: field('metadata', 'name'), 'status.phase': field('status', 'phase') },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'nodes',
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    hasStatus: true,
    fields: { 'spec.unschedulable': (object) => field('spec', 'unschedulable')(object) || 'false' },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    hasStatus: true,
    generation: 'spec',
    fields: {
      'spec.nodeName': field('spec', 'nodeName'),
      'spec.restartPolicy': field('spec', 'restartPolicy'),
      'spec.schedulerName': field('spec', 'schedulerName'),
      'spec.serviceAccountName': field('spec', 'serviceAccountName'),
      'spec.hostNetwork': (object) => field('spec', 'hostNetwork')(object) || 'false',
      'status.phase': field('status', 'phase'),
      'status.podIP': field('status', 'podIP'),
      'status.podIPs': field('status', 'podIP'),
      'status.nominatedNodeName': field('status', 'nominatedNodeName'),
    },
    fieldRefusal: 'notSupported',
  },
  {
    resource: 'secrets',
    kind: 'Secret',
    fields: { type: field('type') },
    fieldRefusal: 'notSupported',
  },
  { resource: 'serviceaccounts', kind: 'ServiceAccount', shortNames: ['sa'] },
  {
    resource: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    nameRule: 'dnsLabel',
    hasStatus: true,
    fields: { 'spec.clusterIP': field('spec', 'clusterIP'), 'spec.type': field('spec', 'type') },
    fieldRefusal: 'notSupported',
  },
];

const workloads: readonly BuiltIn[] = [
  { resource: 'daemonsets', kind: 'DaemonSet', shortNames: ['ds'], generation: 'spec' },
  {
    resource: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
    generation: 'specAndAnnotations',
  },
  {
    resource: 'replicasets',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    generation: 'spec',
    fields: { 'status.replicas': (object) => field('status', 'replicas')(object) || '0' },
  },
  { resource: 'statefulsets', kind: 'StatefulSet', shortNames: ['sts'], generation: 'spec' },
];

const apps = workloads.map((builtIn): BuiltIn => ({
  categories: ['all'],
  hasStatus: true,
  ...builtIn,
}));

const rbac: readonly BuiltIn[] = [
  { resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false },
  { resource: 'clusterroles', kind: 'ClusterRole', namespaced: false },
  { resource: 'rolebindings', kind: 'RoleBinding' },
  { resource: 'roles', kind: 'Role' },
].map((builtIn): BuiltIn => ({ nameRule: 'pathSegment', ...builtIn }));

/** Questions that are answered and not stored, by group. */
const reviews: Readonly<Record<string, readonly BuiltIn[]>> = {
  'authentication.k8s.io': [
    { resource: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
    { resource: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  ],
  'authorization.k8s.io': [
    { resource: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview' },
    { resource: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
    { resource: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
    { resource: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  ],
};

/** The resource that makes other resources. */
export const customResourceDefinitions: ResourceType = define('apiextensions.k8s.io', 'v1', {
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  generation: 'spec',
  hasStatus: true,
  unconditionalUpdate: false,
});

/** What the server serves from its start, in the order of discovery. */
export const builtInResources: readonly ResourceType[] = [
  ...core.map((builtIn) => define('', 'v1', builtIn)),
  ...apps.map((builtIn) => define('apps', 'v1', builtIn)),
  ...Object.entries(reviews).flatMap(([group, kinds]) =>
    kinds.map((builtIn) => define(group, 'v1', { ...builtIn, verbs: ['create'] })),
  ),
  ...rbac.map((builtIn) => define('rbac.authorization.k8s.io', 'v1', builtIn)),
  customResourceDefinitions,
  define('coordination.k8s.io', 'v1', { resource: 'leases', kind: 'Lease' }),
];

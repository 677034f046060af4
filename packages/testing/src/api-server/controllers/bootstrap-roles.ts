import type { JsonObject } from '../http/api-object.ts';

/** A cluster role that every cluster starts with. */
export interface BootstrapRole {
  readonly name: string;
  readonly rules: readonly JsonObject[];
  /** The role that gathers this one's rules: `admin`, `edit` or `view`. */
  readonly joins?: string;
  /** Whether it gathers those of the roles that join it, in place of rules of its own. */
  readonly gathers?: string;
}

const read = 'get list watch';
const change = 'create delete deletecollection patch update';

function rule(verbs: string, groups: string, resources: string): JsonObject {
  const apiGroups = groups.split(' ').map((group) => (group === 'core' ? '' : group));
  return { verbs: verbs.split(' '), apiGroups, resources: resources.split(' ') };
}

function paths(verbs: string, urls: string): JsonObject {
  return { verbs: verbs.split(' '), nonResourceURLs: urls.split(' ') };
}

/**
 * The roles that are there for users, in the order of their names, as of Kubernetes 1.36; those for its own components are left out. From
 * `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`.
 */
export const bootstrapRoles: readonly BootstrapRole[] = [
  {
    name: 'admin',
    gathers: 'admin',
    rules: [],
  },
  {
    name: 'cluster-admin',
    rules: [rule('*', '*', '*'), paths('*', '*')],
  },
  {
    name: 'edit',
    joins: 'admin',
    gathers: 'edit',
    rules: [],
  },
  {
    name: 'system:aggregate-to-admin',
    joins: 'admin',
    rules: [
      rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
      rule(
        'create delete deletecollection get list patch update watch',
        'rbac.authorization.k8s.io',
        'rolebindings roles',
      ),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    joins: 'edit',
    rules: [
      rule(
        read,
        'core',
        'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy',
      ),
      rule('impersonate', 'core', 'serviceaccounts'),
      rule(change, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      rule('create', 'core', 'pods/eviction'),
      rule(
        change,
        'core',
        'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      rule('create', 'core', 'serviceaccounts/token'),
      rule(change, 'core events.k8s.io', 'events'),
      rule(
        change,
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
      ),
      rule(change, 'autoscaling', 'horizontalpodautoscalers'),
      rule(change, 'batch', 'cronjobs jobs'),
      rule(
        change,
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      rule(change, 'policy', 'poddisruptionbudgets'),
      rule(change, 'networking.k8s.io', 'ingresses networkpolicies'),
      rule(
        'create delete deletecollection get list patch update watch',
        'coordination.k8s.io',
        'leases',
      ),
      rule(change, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    joins: 'view',
    rules: [
      rule(
        read,
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      rule(
        read,
        'core',
        'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      rule(read, 'core', 'namespaces'),
      rule(read, 'core events.k8s.io', 'events'),
      rule(read, 'discovery.k8s.io', 'endpointslices'),
      rule(
        read,
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      rule(
        read,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
      rule(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      paths(
        'get',
        '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
      ),
    ],
  },
  {
    name: 'system:monitoring',
    rules: [
      paths(
        'get',
        '/flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz',
      ),
      rule('get', 'core', 'nodes/metrics'),
    ],
  },
  {
    name: 'system:public-info-viewer',
    rules: [paths('get', '/healthz /livez /readyz /version /version/')],
  },
  {
    name: 'view',
    joins: 'edit',
    gathers: 'view',
    rules: [],
  },
];

/** Whom they are bound to, by binding, which has the name of its role. */
export const bootstrapBindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['system:masters'],
  'system:basic-user': ['system:authenticated'],
  'system:discovery': ['system:authenticated'],
  'system:monitoring': ['system:monitoring'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
};

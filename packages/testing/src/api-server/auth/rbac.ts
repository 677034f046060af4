import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import type { User } from './user.ts';

/** What is to be allowed. */
export interface Attributes {
  readonly verb: string;
  /** Set for a path that is no resource, such as `/version`; the other fields don't matter then. */
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Where the RBAC objects are read. Keys are names, or `namespace/name`. */
export interface RbacObjects {
  clusterRoleBindings(): Iterable<ApiObject>;
  roleBindings(namespace: string): Iterable<ApiObject>;
  clusterRole(name: string): ApiObject | undefined;
  role(namespace: string, name: string): ApiObject | undefined;
}

/** Whether RBAC allows it, as `plugin/pkg/auth/authorizer/rbac` of Kubernetes decides. Members of system:masters may do all. */
export function isAllowed(user: User, wanted: Attributes, objects: RbacObjects): boolean {
  if (user.groups.includes('system:masters')) return true;
  for (const binding of objects.clusterRoleBindings()) {
    if (!isBound(user, binding, '')) continue;
    if (allowsSome(objects.clusterRole(roleName(binding)), wanted)) return true;
  }
  if (wanted.path !== undefined || wanted.namespace === '') return false;
  for (const binding of objects.roleBindings(wanted.namespace)) {
    if (!isBound(user, binding, wanted.namespace)) continue;
    const role =
      asJsonObject(binding.roleRef).kind === 'ClusterRole'
        ? objects.clusterRole(roleName(binding))
        : objects.role(wanted.namespace, roleName(binding));
    if (allowsSome(role, wanted)) return true;
  }
  return false;
}

function roleName(binding: ApiObject): string {
  return asText(asJsonObject(binding.roleRef).name);
}

function isBound(user: User, binding: ApiObject, namespace: string): boolean {
  return list(binding.subjects).some((subject) => {
    const { kind, name, namespace: ownNamespace } = asJsonObject(subject);
    switch (kind) {
      case 'User':
        return user.name === name;
      case 'Group':
        return user.groups.includes(asText(name));
      case 'ServiceAccount': {
        const home = asText(ownNamespace) || namespace;
        return home !== '' && user.name === `system:serviceaccount:${home}:${asText(name)}`;
      }
      default:
        return false;
    }
  });
}

function allowsSome(role: ApiObject | undefined, wanted: Attributes): boolean {
  return list(role?.rules).some((rule) => allows(asJsonObject(rule), wanted));
}

function allows(rule: JsonObject, wanted: Attributes): boolean {
  if (!includes(rule.verbs, wanted.verb)) return false;
  if (wanted.path !== undefined) return matchesPath(rule.nonResourceURLs, wanted.path);
  const { group, resource, subresource, name } = wanted;
  const names = list(rule.resourceNames);
  return (
    includes(rule.apiGroups, group) &&
    (includes(rule.resources, subresource ? `${resource}/${subresource}` : resource) ||
      (subresource !== '' && list(rule.resources).includes(`*/${subresource}`))) &&
    (names.length === 0 || names.includes(name))
  );
}

function matchesPath(patterns: unknown, path: string): boolean {
  return list(patterns).some((pattern) => {
    const wanted = asText(pattern);
    return (
      wanted === '*' ||
      wanted === path ||
      (wanted.endsWith('*') && path.startsWith(wanted.replace(/\*+$/, '')))
    );
  });
}

function includes(values: unknown, value: string): boolean {
  return list(values).some((candidate) => candidate === '*' || candidate === value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

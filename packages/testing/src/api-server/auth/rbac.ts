import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import type { User } from './user.ts';

/** What is to be allowed; every member that says nothing is `""`. */
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

/** Whether something is allowed, and what is to be said of it: by which binding, or why a role couldn't be asked. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** What a binding grants: a rule, or the lack of the role that it names. */
export type Grant =
  | { readonly rule: JsonObject; readonly source: string }
  | { readonly missing: string };

/** Whether RBAC allows it, as `plugin/pkg/auth/authorizer/rbac` of Kubernetes decides. Members of system:masters may do all. */
export function decide(user: User, wanted: Attributes, objects: RbacObjects): Decision {
  if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
  const missing: string[] = [];
  const namespace = wanted.path === undefined ? wanted.namespace : '';
  for (const grant of grantsOf(user, namespace, objects)) {
    if ('missing' in grant) missing.push(grant.missing);
    else if (allows(grant.rule, wanted)) {
      return { allowed: true, reason: `RBAC: allowed by ${grant.source}` };
    }
  }
  return { allowed: false, reason: missing.length > 0 ? `RBAC: ${aggregate(missing)}` : '' };
}

/** All that is granted to a user: everywhere, and in one namespace if it is named. */
export function* grantsOf(user: User, namespace: string, objects: RbacObjects): Iterable<Grant> {
  for (const binding of objects.clusterRoleBindings()) {
    yield* grantsBy(user, binding, 'ClusterRoleBinding', '', objects);
  }
  if (namespace === '') return;
  for (const binding of objects.roleBindings(namespace)) {
    yield* grantsBy(user, binding, 'RoleBinding', namespace, objects);
  }
}

function* grantsBy(
  user: User,
  { metadata, roleRef, subjects }: ApiObject,
  kind: string,
  namespace: string,
  objects: RbacObjects,
): Iterable<Grant> {
  const subject = list(subjects).find((candidate) => isSubject(user, candidate, namespace));
  if (subject === undefined) return;
  const rules = rulesOfRole(roleRef, namespace, objects);
  if (!Array.isArray(rules)) {
    yield rules as { missing: string };
    return;
  }
  const role = asJsonObject(roleRef);
  const name = namespace ? `${metadata.name}/${namespace}` : metadata.name;
  const source = `${kind} ${JSON.stringify(name)} of ${asText(role.kind)} ${JSON.stringify(role.name)} to ${describeSubject(subject, namespace)}`;
  for (const rule of rules) yield { rule: asJsonObject(rule), source };
}

/** The rules of the role that a binding names, or that there is no such role. */
export function rulesOfRole(
  roleRef: unknown,
  namespace: string,
  objects: RbacObjects,
): readonly unknown[] | { readonly missing: string } {
  const { kind, name } = asJsonObject(roleRef);
  const isClusterRole = kind === 'ClusterRole';
  const role = isClusterRole
    ? objects.clusterRole(asText(name))
    : objects.role(namespace, asText(name));
  if (role) return list(role.rules);
  const resource = isClusterRole ? 'clusterrole' : 'role';
  return { missing: `${resource}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found` };
}

/** Several errors in one text, as Kubernetes writes them: each once, in brackets if there is more than one. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
}

function describeSubject(subject: unknown, namespace: string): string {
  const { kind, name, namespace: home } = asJsonObject(subject);
  const shown =
    kind === 'ServiceAccount' ? `${asText(name)}/${asText(home) || namespace}` : asText(name);
  return `${asText(kind)} ${JSON.stringify(shown)}`;
}

function isSubject(user: User, subject: unknown, namespace: string): boolean {
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

import { asJsonObject, type ApiObject, type JsonObject } from '../http/api-object.ts';
import { forbidden, type StatusError } from '../http/status.ts';
import type { Registry } from '../store/registry.ts';
import { storageKey } from '../store/store.ts';
import { type Attributes, type Decision, decide, grantsOf, rulesOfRole } from './rbac.ts';
import type { RbacObjects } from './rbac.ts';
import type { User } from './user.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** Says what users may do, by the RBAC objects of a server as they are at the moment. */
export class Authorizer {
  readonly #objects: RbacObjects;

  constructor(registry: Registry) {
    this.#objects = rbacObjects(registry);
  }

  decide(user: User, wanted: Attributes): Decision {
    return decide(user, wanted, this.#objects);
  }

  /** @throws StatusError 403 when it isn't allowed */
  require(user: User, wanted: Attributes): void {
    const { allowed, reason } = this.decide(user, wanted);
    if (!allowed) throw accessRefused(user, wanted, reason);
  }

  /** The rules that hold for a user in a namespace, and what went wrong when they were gathered. */
  rulesOf(user: User, namespace: string): { rules: JsonObject[]; missing: string[] } {
    const rules: JsonObject[] = [];
    const missing: string[] = [];
    for (const grant of grantsOf(user, namespace, this.#objects)) {
      if ('missing' in grant) missing.push(grant.missing);
      else rules.push(grant.rule);
    }
    return { rules, missing };
  }

  /** The rules of the role that a binding names; the text of an error where there is none. */
  rulesOfRole(roleRef: unknown, namespace: string): JsonObject[] | { readonly missing: string } {
    const rules = rulesOfRole(roleRef, namespace, this.#objects);
    return 'missing' in rules ? rules : rules.map(asJsonObject);
  }
}

/** 403, in the real server's words for what a user was refused. */
export function accessRefused(user: User, wanted: Attributes, reason: string): StatusError {
  const { verb, path, group, resource, subresource, namespace, name } = wanted;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  const because = reason ? `: ${reason}` : '';
  if (path !== undefined) {
    return forbidden(undefined, '', `${clean(`${who} path ${JSON.stringify(path)}`)}${because}`);
  }
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace
    ? `in the namespace ${JSON.stringify(namespace)}`
    : 'at the cluster scope';
  const why = `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
  return forbidden({ group, resource }, name, `${clean(why)}${because}`);
}

/** As the real server does, lest a browser takes it for HTML. */
function clean(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function rbacObjects(registry: Registry): RbacObjects {
  const objects = function* (resource: string, prefix = ''): Iterable<ApiObject> {
    for (const { object } of registry.get(rbacGroup, resource)!.table.list(prefix)) yield object;
  };
  return {
    clusterRoleBindings: () => objects('clusterrolebindings'),
    roleBindings: (namespace) => objects('rolebindings', `${namespace}/`),
    clusterRole: (name) => registry.get(rbacGroup, 'clusterroles')!.table.get(name)?.object,
    role: (namespace, name) =>
      registry.get(rbacGroup, 'roles')!.table.get(storageKey(namespace, name))?.object,
  };
}

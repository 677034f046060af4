import {
  asJsonObject,
  type ApiObject,
  asText,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import { forbidden, notFound, type StatusError } from '../http/status.ts';
import { type Authorizer, rbacGroup } from './authorizer.ts';
import { missingRights } from './rule-coverage.ts';
import type { User } from './user.ts';

/** Refuses an object that is about to be written, by throwing. `old` is what it takes the place of. */
export type Admission = (object: ApiObject, old: ApiObject | undefined) => void;

/** What is written to, and by its name in the URL. */
export interface WrittenResource {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  /** `""` where one is created. */
  readonly name: string;
}

const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const allAuthority: readonly JsonObject[] = [everything, { nonResourceURLs: ['*'], verbs: ['*'] }];

/**
 * Keeps users from granting what they lack, as the storage of roles and bindings does beyond what RBAC allows; undefined
 * where nothing can be granted, or the user may do all.
 */
export function escalationGuard(
  user: User,
  written: WrittenResource,
  authorizer: Authorizer,
): Admission | undefined {
  const { group, resource, namespace } = written;
  if (group !== rbacGroup || user.groups.includes('system:masters')) return undefined;
  const may = (verb: string, what: string, name: string): boolean =>
    authorizer.decide(user, { verb, group, resource: what, subresource: '', namespace, name })
      .allowed;
  const isRole = resource === 'roles' || resource === 'clusterroles';
  if (isRole && may('escalate', resource, written.name)) return undefined;
  const { rules: held } = authorizer.rulesOf(user, namespace);
  const refuse = (object: ApiObject, rules: readonly JsonObject[]): StatusError | undefined => {
    const missing = missingRights(held, rules);
    if (missing.length === 0) return undefined;
    const groups = user.groups.map((name) => JSON.stringify(name)).join(' ');
    const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`;
    return forbidden(written, object.metadata.name, why);
  };
  return (object, old) => {
    if (old && changesOnlyOwnership(object, old)) return;
    if (isRole) {
      const refusal = refuse(object, rulesOf(object)) ?? refuseGathering(object, old, refuse);
      if (refusal) throw refusal;
      return;
    }
    const { kind, name } = asJsonObject(object.roleRef);
    if (may('bind', kind === 'ClusterRole' ? 'clusterroles' : 'roles', asText(name))) return;
    const rules = authorizer.rulesOfRole(object.roleRef, namespace);
    // The real server says so of the binding, not of the role.
    if ('missing' in rules) throw notFound(written, asText(name));
    const refusal = refuse(object, rules);
    if (refusal) throw refusal;
  };
}

/** A role that gathers whatever others grant takes the right to everything. */
function refuseGathering(
  object: ApiObject,
  old: ApiObject | undefined,
  refuse: (object: ApiObject, rules: readonly JsonObject[]) => StatusError | undefined,
): StatusError | undefined {
  if (!gathers(object) && !(old && gathers(old))) return undefined;
  if (!refuse(object, allAuthority)) return undefined;
  const why = 'must have cluster-admin privileges to use the aggregationRule';
  return forbidden({ group: rbacGroup, resource: 'clusterroles' }, object.metadata.name, why);
}

function gathers({ aggregationRule }: ApiObject): boolean {
  const { clusterRoleSelectors } = asJsonObject(aggregationRule);
  return Array.isArray(clusterRoleSelectors) && clusterRoleSelectors.length > 0;
}

function rulesOf({ rules }: ApiObject): JsonObject[] {
  return Array.isArray(rules) ? rules.map(asJsonObject) : [];
}

/** What the garbage collector must be able to do, whoever it is. */
function changesOnlyOwnership(object: ApiObject, old: ApiObject): boolean {
  const rest = ({ metadata, ...others }: ApiObject): unknown => {
    const {
      ownerReferences: _owners,
      finalizers: _finalizers,
      managedFields: _managed,
      resourceVersion: _version,
      ...kept
    } = metadata;
    return { ...others, metadata: kept };
  };
  return !jsonEquals(object, old) && jsonEquals(rest(object), rest(old));
}

import { type ApiObject, asJsonObject, asText, jsonEquals } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { invalidValue, oneOf, required } from './field-errors.ts';
import { checkName } from './names.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/** What is wrong with the rules of a Role or ClusterRole. */
export function checkRules({ kind, rules }: ApiObject): FieldError[] {
  return asArray(rules).flatMap((rule, index) =>
    checkRule(asJsonObject(rule), `rules[${index}]`, kind === 'Role'),
  );
}

function checkRule(
  rule: Readonly<Record<string, unknown>>,
  field: string,
  namespaced: boolean,
): FieldError[] {
  const { verbs, nonResourceURLs } = rule;
  const [groups, resources] = [asArray(rule.apiGroups), asArray(rule.resources)];
  const names = asArray(rule.resourceNames);
  const errors: FieldError[] = [];
  if (asArray(verbs).length === 0) {
    errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  }
  if (asArray(nonResourceURLs).length > 0) {
    const wrong = (why: string) => invalidValue(`${field}.nonResourceURLs`, nonResourceURLs, why);
    if (namespaced) errors.push(wrong('namespaced rules cannot apply to non-resource URLs'));
    if (groups.length + resources.length + names.length > 0) {
      errors.push(wrong('rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (groups.length === 0) {
    errors.push(
      required(`${field}.apiGroups`, 'resource rules must supply at least one api group'),
    );
  }
  if (resources.length === 0) {
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

/** What is wrong with a RoleBinding or ClusterRoleBinding; what it binds never changes. */
export function checkBinding(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const { apiGroup, kind, name } = asJsonObject(object.roleRef);
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const errors = [
    ...oneOf('roleRef.apiGroup', apiGroup, [rbacGroup]),
    ...oneOf('roleRef.kind', kind, kinds),
    ...(name ? checkName(asText(name), 'pathSegment', 'roleRef.name') : [required('roleRef.name')]),
    ...asArray(object.subjects).flatMap((subject, index) =>
      checkSubject(asJsonObject(subject), `subjects[${index}]`),
    ),
  ];
  if (old && !jsonEquals(old.roleRef, object.roleRef)) {
    const shown = { APIGroup: apiGroup, Kind: kind, Name: name };
    errors.push(invalidValue('roleRef', shown, 'cannot change roleRef'));
  }
  return errors;
}

function checkSubject(subject: Readonly<Record<string, unknown>>, field: string): FieldError[] {
  const { kind, name, apiGroup } = subject;
  const errors = name ? [] : [required(`${field}.name`)];
  if (kind === 'ServiceAccount') {
    return [
      ...errors,
      ...(name ? checkName(asText(name), 'dnsSubdomain', `${field}.name`) : []),
      ...oneOf(`${field}.apiGroup`, apiGroup, ['']),
    ];
  }
  if (kind === 'User' || kind === 'Group') {
    return [...errors, ...oneOf(`${field}.apiGroup`, apiGroup, [rbacGroup])];
  }
  return [...errors, ...oneOf(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

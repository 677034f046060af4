import { parseLabelSelector } from '@depwatch/core';

import type { Authorizer } from '../auth/authorizer.ts';
import { aggregate, type Attributes } from '../auth/rbac.ts';
import type { User } from '../auth/user.ts';
import { asJsonObject, asText, isJsonObject, type JsonObject } from '../http/api-object.ts';
import { badRequest, type FieldError, invalid } from '../http/status.ts';

/** The reviews that ask whether somebody may do something. */
export type AccessReviewKind =
  | 'SelfSubjectAccessReview'
  | 'SubjectAccessReview'
  | 'LocalSubjectAccessReview';

/**
 * Says whether somebody may do something, and why.
 *
 * @param requester who asks, which is whom a SelfSubjectAccessReview is about
 * @param namespace the one of the URL; `""` but for a LocalSubjectAccessReview
 * @throws StatusError 422 when the question isn't one
 */
export function reviewAccess(
  kind: AccessReviewKind,
  { metadata, spec }: JsonObject,
  requester: User,
  namespace: string,
  authorizer: Authorizer,
): JsonObject {
  const given = { ...asJsonObject(metadata), ...(namespace && { namespace }) };
  const asked = asJsonObject(spec);
  const errors = checkAccessReview(kind, given, asked, namespace);
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);
  const user = kind === 'SelfSubjectAccessReview' ? requester : subjectOf(asked);
  const { allowed, reason } = authorizer.decide(user, attributesOf(asked));
  const evaluationError = selectorProblems(asJsonObject(asked.resourceAttributes));
  return {
    metadata: namespace ? { namespace } : {},
    spec: asked,
    status: {
      allowed,
      ...(reason && { reason }),
      ...(evaluationError && { evaluationError }),
    },
  };
}

/**
 * All that somebody may do in a namespace.
 *
 * @throws StatusError 400 without a namespace
 */
export function reviewRules(
  { spec }: JsonObject,
  requester: User,
  authorizer: Authorizer,
): JsonObject {
  const namespace = asText(asJsonObject(spec).namespace);
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, missing } = authorizer.rulesOf(requester, namespace);
  const chosen = (field: 'resources' | 'nonResourceURLs', ...others: readonly string[]): unknown =>
    rules
      .filter((rule) => Array.isArray(rule[field]) && rule[field].length > 0)
      .map((rule) =>
        Object.fromEntries(
          ['verbs', ...others, field, 'resourceNames']
            .filter((key) => key in rule && (field === 'resources' || key !== 'resourceNames'))
            .map((key) => [key, rule[key]]),
        ),
      );
  return {
    metadata: {},
    spec: {},
    status: {
      resourceRules: chosen('resources', 'apiGroups'),
      nonResourceRules: chosen('nonResourceURLs'),
      incomplete: false,
      ...(missing.length > 0 && { evaluationError: aggregate(missing) }),
    },
  };
}

function checkAccessReview(
  kind: AccessReviewKind,
  metadata: JsonObject,
  spec: JsonObject,
  namespace: string,
): FieldError[] {
  const { resourceAttributes, nonResourceAttributes, user, groups } = spec;
  const resource = isJsonObject(resourceAttributes) ? resourceAttributes : undefined;
  const { path, verb } = asJsonObject(nonResourceAttributes);
  const other = isJsonObject(nonResourceAttributes)
    ? JSON.stringify({ Path: asText(path), Verb: asText(verb) })
    : undefined;
  const errors: FieldError[] = [];
  const refuse = (field: string, value: string, why: string): void => {
    errors.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}`, field });
  };
  if (resource && other) {
    refuse(
      'spec.nonResourceAttributes',
      other,
      'cannot be specified in combination with resourceAttributes',
    );
  }
  if (!resource && !other) {
    refuse(
      'spec.resourceAttributes',
      'null',
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  }
  const isLocal = kind === 'LocalSubjectAccessReview';
  if (kind !== 'SelfSubjectAccessReview' && !user && list(groups).length === 0) {
    refuse('spec.user', '""', 'at least one of user or group must be specified');
  }
  for (const name of ['fieldSelector', 'labelSelector']) {
    errors.push(...checkSelector(resource?.[name], `spec.resourceAttributes.${name}`));
  }
  const { managedFields: _managedFields, ...given } = metadata;
  const unexpected = Object.keys(given).filter((key) => !isLocal || key !== 'namespace');
  if (unexpected.length > 0) {
    const why = isLocal ? 'must be empty except for namespace' : 'must be empty';
    refuse('metadata', JSON.stringify(given), why);
  }
  if (isLocal) {
    const own = asText(resource?.namespace);
    if (resource && own !== namespace) {
      refuse(
        'spec.resourceAttributes.namespace',
        JSON.stringify(own),
        'must match metadata.namespace',
      );
    }
    if (other) refuse('spec.nonResourceAttributes', other, 'disallowed on this kind of request');
  }
  return errors;
}

function checkSelector(selector: unknown, field: string): FieldError[] {
  if (!isJsonObject(selector)) return [];
  const raw = asText(selector.rawSelector);
  const hasRequirements = list(selector.requirements).length > 0;
  if (raw !== '' && hasRequirements) {
    const message = `Invalid value: ${JSON.stringify(raw)}: may not specified at the same time as requirements`;
    return [{ reason: 'FieldValueInvalid', message, field: `${field}.rawSelector` }];
  }
  if (raw !== '' || hasRequirements) return [];
  const message = `Required value: when ${field} is specified, requirements or rawSelector is required`;
  return [{ reason: 'FieldValueRequired', message, field: `${field}.requirements` }];
}

/** RBAC doesn't look at selectors; that one can't be read is said all the same. */
function selectorProblems({ fieldSelector, labelSelector }: JsonObject): string {
  const raw = (selector: unknown): string => asText(asJsonObject(selector).rawSelector);
  const problem = (name: string): string =>
    `spec.resourceAttributes.${name} ignored due to parse error`;
  return [
    ...(isFieldSelector(raw(fieldSelector)) ? [] : [problem('fieldSelector')]),
    ...(isLabelSelector(raw(labelSelector)) ? [] : [problem('labelSelector')]),
  ].join('; ');
}

function isFieldSelector(text: string): boolean {
  return text === '' || text.split(',').every((term) => term.includes('='));
}

function isLabelSelector(text: string): boolean {
  try {
    parseLabelSelector(text);
    return true;
  } catch {
    return false;
  }
}

function subjectOf({ user, groups }: JsonObject): User {
  return { name: asText(user), groups: list(groups).map(asText) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: JsonObject): Attributes {
  const { path, verb: pathVerb } = asJsonObject(nonResourceAttributes);
  const { verb, group, resource, subresource, namespace, name } = asJsonObject(resourceAttributes);
  return {
    verb: asText(isJsonObject(nonResourceAttributes) ? pathVerb : verb),
    ...(isJsonObject(nonResourceAttributes) && { path: asText(path) }),
    group: asText(group),
    resource: asText(resource),
    subresource: asText(subresource),
    namespace: asText(namespace),
    name: asText(name),
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

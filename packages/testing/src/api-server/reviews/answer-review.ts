import type { Authorizer } from '../auth/authorizer.ts';
import type { User } from '../auth/user.ts';
import type { Users } from '../auth/users.ts';
import type { JsonObject } from '../http/api-object.ts';
import { formatApiVersion, type ResourceType } from '../kinds/resource-type.ts';
import { type AccessReviewKind, reviewAccess, reviewRules } from './access-review.ts';
import { reviewSelf, reviewToken } from './identity-review.ts';

/** What reviews are answered from. */
export interface ReviewParts {
  readonly authorizer: Authorizer;
  readonly users: Users;
  now(): Date;
}

/**
 * The answer to an object that is a question: created, answered and not stored.
 *
 * @param namespace the one of the URL; `""` where there is none
 * @throws StatusError 400 or 422
 */
export function answerReview(
  { group, storageVersion, kind }: ResourceType,
  body: JsonObject,
  requester: User,
  namespace: string,
  { authorizer, users, now }: ReviewParts,
): JsonObject {
  const head = { kind, apiVersion: formatApiVersion(group, storageVersion) };
  switch (kind) {
    case 'TokenReview':
      return { ...head, ...reviewToken(body, users) };
    case 'SelfSubjectReview':
      return { ...head, ...reviewSelf(requester, now()) };
    case 'SelfSubjectRulesReview':
      return { ...head, ...reviewRules(body, requester, authorizer) };
    default:
      return {
        ...head,
        ...reviewAccess(kind as AccessReviewKind, body, requester, namespace, authorizer),
      };
  }
}

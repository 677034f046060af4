import type { Authorizer } from '../auth/authorizer.ts';
import type { User } from '../auth/user.ts';
import type { Users } from '../auth/users.ts';
import type { JsonObject } from '../http/api-object.ts';
import { encodeTyped } from '../kinds/typed-encoding.ts';
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
  parts: ReviewParts,
): JsonObject {
  const answer = answerOf(kind, body, requester, namespace, parts);
  const apiVersion = formatApiVersion(group, storageVersion);
  return encodeTyped(kind, { kind, apiVersion, ...answer });
}

function answerOf(
  kind: string,
  body: JsonObject,
  requester: User,
  namespace: string,
  { authorizer, users, now }: ReviewParts,
): JsonObject {
  switch (kind) {
    case 'TokenReview':
      return reviewToken(body, users);
    case 'SelfSubjectReview':
      return reviewSelf(requester, now());
    case 'SelfSubjectRulesReview':
      return reviewRules(body, requester, authorizer);
    default:
      return reviewAccess(kind as AccessReviewKind, body, requester, namespace, authorizer);
  }
}

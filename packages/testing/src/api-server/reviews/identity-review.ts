import type { User } from '../auth/user.ts';
import type { Users } from '../auth/users.ts';
import { asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import { badRequest } from '../http/status.ts';
import { timestamp } from '../writes/server-fields.ts';

/**
 * Says whose a token is, or that it is nobody's.
 *
 * @throws StatusError 400 without a token
 */
export function reviewToken({ metadata, spec }: JsonObject, users: Users): JsonObject {
  const { token, audiences } = asJsonObject(spec);
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const wanted = Array.isArray(audiences) && audiences.length > 0 ? audiences : undefined;
  const verdict = users.review(asText(token), wanted?.map(asText));
  return {
    metadata: asJsonObject(metadata),
    spec: asJsonObject(spec),
    status:
      'user' in verdict
        ? {
            authenticated: true,
            user: userInfo(verdict.user),
            audiences: verdict.audiences,
          }
        : { user: {}, error: verdict.error },
  };
}

/** Says who asks. */
export function reviewSelf(requester: User, now: Date): JsonObject {
  return {
    metadata: { creationTimestamp: timestamp(now) },
    status: { userInfo: userInfo(requester) },
  };
}

function userInfo({ name, uid, groups, extra = {} }: User): JsonObject {
  return {
    username: name,
    ...(uid && { uid }),
    groups,
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

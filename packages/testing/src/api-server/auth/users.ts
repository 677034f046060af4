import { createHmac, randomBytes } from 'node:crypto';

import type { User } from './rbac.ts';

/** Who sends no token. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The users of a server, each known by a bearer token of its own. */
export class Users {
  readonly #secret = randomBytes(32);
  readonly #byToken = new Map<string, User>();

  /** The token of a user, who is made up on first sight; the same name always has the same token. */
  tokenOf(name: string, groups: readonly string[] = []): string {
    const token = createHmac('sha256', this.#secret).update(name).digest('base64url');
    if (!this.#byToken.has(token)) {
      this.#byToken.set(token, {
        name,
        groups: [...groups, ...groupsOf(name), 'system:authenticated'],
      });
    }
    return token;
  }

  /** The user of a request by its Authorization header; undefined when the token is nobody's. */
  authenticate(authorization: string | undefined): User | undefined {
    const [scheme, token] = (authorization ?? '').trim().split(/ +/);
    // Only a bearer token is looked at; anything else is as good as nothing.
    if (scheme?.toLowerCase() !== 'bearer' || !token) return anonymous;
    return this.#byToken.get(token);
  }
}

function groupsOf(name: string): string[] {
  const serviceAccount = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  return serviceAccount
    ? ['system:serviceaccounts', `system:serviceaccounts:${serviceAccount[1]}`]
    : [];
}
